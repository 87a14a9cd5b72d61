"Solutions to the exercises of nbs/07_generate/23_packed."
import time
import pytest, torch
from torch import nn
from nbformers import LlamaConfig, LlamaForCausalLM
from nbformers.generation.packed import can_pack, pack, packed, prepare_layers, product, unpack
from . import judged

def tiny(**kw):
    torch.manual_seed(0)
    cfg = LlamaConfig(**dict(vocab_size=600, hidden_size=256, intermediate_size=512, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, eos_token_id=None) | kw)
    model = LlamaForCausalLM(cfg).eval()
    for p in model.parameters(): p.data.add_(.1*torch.randn_like(p))
    return model

@pytest.mark.skipif(not can_pack(torch.bfloat16), reason='this processor has no bfloat16')
def test_where_packing_pays():
    "Exercise 1: the curve that tells `WORTH`. (Its crossing depends on the machine, so only the products are checked.)"
    curve = {}
    with torch.no_grad():
        for n in (32, 128, 512):
            w, x = torch.randn(n, n).bfloat16(), torch.randn(1, n).bfloat16()
            p = pack(w)
            for name,f in dict(plain=lambda: nn.functional.linear(x, w), packed=lambda: product(x, p)).items():
                s = time.perf_counter()
                for _ in range(20): y = f()
                curve[n, name] = time.perf_counter() - s, y
            torch.testing.assert_close(curve[n, 'plain'][1], curve[n, 'packed'][1], rtol=2e-2, atol=.3)
    assert len(curve) == 6 and all(t > 0 for t,_ in curve.values())

def test_reading_the_curve():
    "Times of one machine, written down."
    curve = {32: (2e-6, 3e-6), 128: (3e-6, 4e-6), 256: (8e-6, 6e-6), 1024: (9e-5, 4e-5), 2048: (5e-4, 2e-4)}
    judged('generation.packed', 1, (curve, 256), (curve, 128), (curve, 1024), ({n: (1., 1.) for n in curve}, None), ({32: curve[32]}, None))

class Adapted(nn.Module):
    "A linear layer and a thin way around it."
    def __init__(self, layer, rank=4):
        super().__init__()
        self.layer, self.down, self.up = layer, nn.Linear(layer.in_features, rank, bias=False), nn.Linear(rank, layer.out_features, bias=False)
    def forward(self, x): return self.layer(x) + self.up(self.down(x))

class Alone(Adapted):
    def forward(self, x): return self.layer(x)

class Wide(Adapted):
    def __init__(self, layer): super().__init__(layer, rank=64)

def by_hand(m, ids, new):
    with torch.no_grad():
        for _ in range(new): ids = torch.cat((ids, m(ids).logits[:, -1].argmax(-1, keepdim=True)), 1)
    return ids

def test_adapters():
    "Exercise 2: a fan with a foreign layer is no fan; the rest stays fast, and the text is that of the model with adapters."
    model, ids = tiny(), torch.randint(5, 600, (4, 6))
    attn = model.model.layers[0].self_attn
    assert (attn, 'joined') in {(m, name) for m,name,_ in prepare_layers(model, rows=4)}
    attn.q_proj = Adapted(attn.q_proj)
    after = {(m, name) for m,name,_ in prepare_layers(model, rows=4)}
    assert (attn, 'joined') not in after and (model.model.layers[1].self_attn, 'joined') in after
    out = model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=20, do_sample=False, pad_token_id=0)
    assert torch.equal(out, by_hand(model, ids, 20))
    if can_pack(torch.bfloat16):
        model.bfloat16()
        assert (attn.q_proj.layer, 'forward') in {(m, name) for m,name,_ in prepare_layers(model, rows=4)}
        assert unpack(model) > 0
    judged('generation.packed', 2, Adapted, Alone, Wide)
