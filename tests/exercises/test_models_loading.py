"Solutions to the exercises of nbs/04_models/03_loading."
import psutil, torch
from nbformers.config.checkpoint import open_checkpoint, save_checkpoint
from nbformers.models.llama import LlamaConfig, LlamaForCausalLM
from nbformers.models.loading import disk_tensors, load_tensors, save_model

tiny = LlamaConfig(hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32, vocab_size=50)
def model(seed, cfg=tiny):
    torch.manual_seed(seed)
    return LlamaForCausalLM.from_config(cfg).eval()

def touch(m):
    "1. Read one number of every page; a page is 4096 bytes."
    total = 0.
    with torch.no_grad():
        for p in m.parameters(): total += p.view(-1)[::4096//p.element_size()].float().sum().item()
    return total

def test_touch(tmp_path):
    big = LlamaConfig(hidden_size=256, num_hidden_layers=4, num_attention_heads=4, intermediate_size=1024, vocab_size=20000)
    m = model(0, big); m.save_pretrained(tmp_path); size = m.get_memory_footprint(); del m
    used = lambda: psutil.Process().memory_info().rss
    m = LlamaForCausalLM.from_pretrained(tmp_path)
    before = used(); touch(m); after = used()
    assert after - before > .8*size

def average(a, b, out):
    "2. One tensor at a time: the files are mapped, and the result is one model's worth."
    a,b,m = open_checkpoint(a),open_checkpoint(b),LlamaForCausalLM.from_pretrained(a)
    load_tensors(m, {n: (x + b.get(n))/2 for n,x in a.items()})
    save_model(m, out)

def test_average(tmp_path):
    a,b = model(0),model(1)
    a.save_pretrained(tmp_path/'a'); b.save_pretrained(tmp_path/'b')
    average(tmp_path/'a', tmp_path/'b', tmp_path/'c')
    c = LlamaForCausalLM.from_pretrained(tmp_path/'c')
    for x,y,z in zip(a.parameters(), b.parameters(), c.parameters()): torch.testing.assert_close(z, (x+y)/2)

def changed(m, base):
    "3. The tensors of `m` that the base checkpoint does not hold as they are."
    base = open_checkpoint(base)
    return {n: t for n,t in disk_tensors(m).items() if not torch.equal(t, base.get(n))}

def test_changed(tmp_path):
    base = model(0); base.save_pretrained(tmp_path/'base')
    m = LlamaForCausalLM.from_pretrained(tmp_path/'base')
    with torch.no_grad(): m.model.norm.weight += 1; m.model.layers[1].mlp.up_proj.weight *= 2
    delta = changed(m, tmp_path/'base')
    assert sorted(delta) == ['model.layers.1.mlp.up_proj.weight', 'model.norm.weight']
    save_checkpoint(delta, tmp_path/'delta')
    again = LlamaForCausalLM.from_pretrained(tmp_path/'base')
    load_tensors(again, {**disk_tensors(again), **dict(open_checkpoint(tmp_path/'delta').items())})
    ids = torch.tensor([[3, 4, 5]])
    assert torch.equal(again(ids).logits, m(ids).logits)
