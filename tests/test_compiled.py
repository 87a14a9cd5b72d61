"""The compiled step of `generate`: the same tokens, one recording for all lengths, nothing that a GPU would have to wait for.

`python -m tests.test_compiled [pattern]` tries every class of the registry that writes and says which cannot be compiled."""
import gc, re, sys, warnings, weakref
from collections import Counter
import pytest, torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
import nbformers
from nbformers import AutoConfig, AutoModelForCausalLM, AutoModelForSeq2SeqLM, CompileConfig
from nbformers.attention.cache import Cache
from nbformers.config import utils
from nbformers.generation import loop
from nbformers.generation.steps import stream

SMALL = dict(hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, vocab_size=100)
CONFIGS = dict(
    llama=SMALL, mistral=SMALL|dict(sliding_window=8), gemma=SMALL|dict(head_dim=8), mixtral=SMALL|dict(num_local_experts=4),
    gemma3_text=SMALL|dict(head_dim=8, sliding_window=8, layer_types=['sliding_attention', 'full_attention']),
    phi3=SMALL|dict(pad_token_id=0, max_position_embeddings=96, original_max_position_embeddings=24, rope_scaling=dict(type='longrope', short_factor=[1.]*4, long_factor=[1., 2., 3., 4.])),
    gpt2=dict(n_embd=32, n_layer=2, n_head=4, vocab_size=100, bos_token_id=1, eos_token_id=2),
    t5=dict(d_model=32, d_kv=8, d_ff=64, num_layers=2, num_heads=4, vocab_size=100, decoder_start_token_id=0),
    bart=dict(d_model=32, encoder_layers=2, decoder_layers=2, encoder_attention_heads=4, decoder_attention_heads=4, encoder_ffn_dim=64, decoder_ffn_dim=64,
              vocab_size=100, forced_eos_token_id=None))

def make(name):
    torch.manual_seed(0)
    cfg = AutoConfig.for_model(name, **CONFIGS[name])
    model = (AutoModelForSeq2SeqLM if cfg.is_encoder_decoder else AutoModelForCausalLM).from_config(cfg).eval()
    with torch.no_grad():
        for p in model.parameters(): p.add_(.3*torch.randn_like(p))
    return model

@pytest.fixture(scope='module')
def models():
    made = {}
    return lambda name: made[name] if name in made else made.setdefault(name, make(name))

@pytest.fixture(autouse=True)
def fresh():
    torch.set_num_threads(1)
    utils._said.clear()
    with warnings.catch_warnings():
        warnings.simplefilter('ignore', UserWarning)
        yield

class Recorder:
    "A backend that translates nothing, and keeps what it was given."
    def __init__(self): self.graphs, self.calls = [], 0
    def __call__(self, graph, inputs):
        self.graphs.append(graph)
        def run(*args): self.calls += 1; return graph.forward(*args)
        return run
    def asks(self): # operations whose result the processor waits for
        return [n for g in self.graphs for n in g.graph.nodes if n.op.startswith('call') and re.search(r'(?<!get)item|local_scalar|nonzero|tolist|bincount|masked_select|unique', str(n.target))]
    config = property(lambda self: CompileConfig(backend=self))

def text(rows, t, pad_right=False):
    "A prompt; with several rows the first has padding."
    ids = torch.randint(3, 100, (rows, t), generator=torch.Generator().manual_seed(rows*100+t))
    mask = torch.ones_like(ids)
    if rows > 1: mask[0, slice(-2, None) if pad_right else slice(2)] = 0
    return dict(input_ids=ids, attention_mask=mask)

def both(model, how, rows=1, t=5, **kw):
    kw = dict(eos_token_id=None, **text(rows, t, model.config.is_encoder_decoder), **kw)
    torch.manual_seed(1); want = model.generate(**kw)
    torch.manual_seed(1); return want, model.generate(**kw, compile_config=how)

# the same tokens from one recording ----------------------------------------------------------------------------------
@pytest.mark.parametrize('name', CONFIGS)
def test_one_recording_for_all_lengths(models, name):
    rec = Recorder()
    for t,new in ((5, 12), (9, 40), (3, 92), (30, 60)): # 64 and 128 slots; windows that fill and move; LongRoPE's turn
        if name == 'phi3' and t+new > 96: new = 96-t
        want, got = both(models(name), rec.config, 1, t, max_new_tokens=new)
        assert torch.equal(want, got), (t, new)
    assert len(rec.graphs) == 1 and rec.calls > 150 and not rec.asks()

@pytest.mark.parametrize('name', ('mistral', 'mixtral', 't5'))
def test_rows(models, name):
    "Several rows are one more recording: padded batches, beams and several answers share it."
    rec = Recorder()
    for rows,t,kw in ((2, 5, {}), (3, 7, dict(max_new_tokens=70)), (1, 6, dict(num_beams=3)), (2, 6, dict(num_beams=2, num_return_sequences=2, length_penalty=0.)),
                      (1, 4, dict(do_sample=True, num_return_sequences=4, top_k=9)), (5, 4, dict(do_sample=True, temperature=.7))):
        want, got = both(models(name), rec.config, rows, t, **dict(max_new_tokens=12)|kw)
        assert torch.equal(want, got), (rows, t, kw)
    assert len(rec.graphs) == 1 and not rec.asks()

@pytest.mark.parametrize('name', ('llama', 't5'))
def test_machine_code(models, name):
    "What `compile=True` means: inductor and a C++ compiler."
    model, counters = models(name), torch._dynamo.utils.counters
    counters.clear()
    kw = dict(eos_token_id=None, **text(1, 6))
    first = model.generate(**kw, max_new_tokens=10, compile=True)
    assert torch.equal(first, model.generate(**kw, max_new_tokens=10)) and not utils._said
    with torch._dynamo.config.patch(error_on_recompile=True):
        for t,new in ((3, 70), (40, 20)):
            kw = dict(eos_token_id=None, **text(1, t), max_new_tokens=new)
            assert torch.equal(model.generate(**kw), model.generate(**kw, compile=True))
        scores = dict(return_dict_in_generate=True, output_logits=True)
        a, b = model.generate(**kw, **scores), model.generate(**kw, **scores, compile=True, cache_implementation='static')
        assert max((x-y).abs().max() for x,y in zip(a.logits, b.logits)) < 1e-4
    assert counters['stats']['unique_graphs'] == 1 and not counters['graph_break']

def test_ends_and_streams(models):
    model, rec, kw = models('llama'), Recorder(), text(3, 6)
    plain = model.generate(**kw, max_new_tokens=20, eos_token_id=None)
    end = dict(eos_token_id=[int(plain[0, 9]), int(plain[1, 12])], pad_token_id=0, max_new_tokens=20, return_dict_in_generate=True)
    a, b = model.generate(**kw, **end), model.generate(**kw, **end, compile_config=rec.config)
    assert torch.equal(a.sequences, b.sequences) and a.finish_reason == b.finish_reason and 'eos' in b.finish_reason
    steps = [list(stream(model, **kw, max_new_tokens=8, eos_token_id=None, do_sample=True, top_p=.9, **how)) for how in ({}, dict(compile_config=rec.config)) if torch.manual_seed(3)]
    assert [s.tokens.tolist() for s in steps[0]] == [s.tokens.tolist() for s in steps[1]]
    assert len(rec.graphs) == 1

# who asks, and who cannot have it ------------------------------------------------------------------------------------
def test_switches(models):
    model, rec = models('gpt2'), Recorder()
    kw = dict(**text(1, 4), max_new_tokens=3, eos_token_id=None)
    for off in (dict(compile=False, compile_config=rec.config), dict(disable_compile=True, compile_config=rec.config), dict(cache_implementation='static')):
        model.generate(**kw, **off)
    assert not rec.calls
    model.generate(**kw, compile=True, compile_config=dict(backend=rec))
    assert rec.calls
    with pytest.raises(ValueError, match='CompileConfig'): model.generate(**kw, compile_config='inductor')
    assert CompileConfig().to_dict() == dict(fullgraph=False, dynamic=None, backend='inductor', mode='reduce-overhead', options=None)

@pytest.mark.parametrize('kw,why', [(dict(use_cache=False), 'no cache'), (dict(cache_implementation='quantized', cache_config=dict(nbits=8)), 'kind'), (dict(prompt_lookup_num_tokens=3), 'several tokens'),
    (dict(penalty_alpha=.5, top_k=3), 'several tokens'), (dict(output_hidden_states=True, return_dict_in_generate=True), 'hidden_states'), (dict(output_attentions=True, return_dict_in_generate=True), 'attentions')])
def test_calls_that_are_not_compiled(models, kw, why):
    rec = Recorder()
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter('always')
        want, got = both(models('llama'), rec.config, max_new_tokens=9, **kw)
    seq = lambda x: x if isinstance(x, torch.Tensor) else x.sequences
    assert torch.equal(seq(want), seq(got)) and not rec.calls
    assert sum(why in str(w.message) for w in said) == 1

def test_a_model_that_cannot(models):
    model = make('llama')
    def hook(module, inputs, out): return out if out.sum() > 0 else out*1.
    hook = model.model.layers[1].mlp.register_forward_hook(hook)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter('always')
        for _ in range(2):
            want, got = both(model, CompileConfig(backend='eager'), max_new_tokens=9)
            assert torch.equal(want, got)
    assert ['cannot be compiled' in str(w.message) for w in said] == [True]
    with pytest.raises(Exception, match='(?i)branch'): both(model, CompileConfig(backend='eager', fullgraph=True), max_new_tokens=4)
    hook.remove()
    rec = Recorder()
    assert both(model, rec.config, max_new_tokens=4) and rec.calls

# what a recording must notice ----------------------------------------------------------------------------------------
def test_changes_are_noticed():
    model, rec = make('gpt2'), Recorder()
    def same():
        want, got = both(model, rec.config, max_new_tokens=8)
        assert torch.equal(want, got)
        return want.tolist(), len(rec.graphs)
    first, n = same()
    hook = model.transformer.h[1].mlp.register_forward_hook(lambda m, i, o: o*-30)
    assert same()[0] != first
    hook.remove()
    assert same()[0] == first
    with torch.no_grad(): model.transformer.h[0].mlp.c_proj.weight.mul_(-9.)
    n = len(rec.graphs)
    assert same() == (same()[0], n) and same()[0] != first # new values need no recording
    model.transformer.h[0], model.transformer.h[1] = model.transformer.h[1], model.transformer.h[0]
    model.transformer.h[0].attn.i, model.transformer.h[1].attn.i = 0, 1
    same()
    model.set_attn_implementation('eager'); same()
    model.double(); same()

def test_a_model_is_let_go():
    model, rec = make('llama'), Recorder()
    both(model, rec.config, max_new_tokens=6)
    gone = weakref.ref(model)
    rec.graphs.clear(); del model, rec
    torch._dynamo.reset(); gc.collect()
    assert gone() is None

# caches --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize('name', ('mistral', 'gpt2'))
def test_a_cache_goes_on(models, name):
    "A cache is filled by compiled and plain calls in turn."
    model, rec = models(name), Recorder()
    ids, new = text(1, 5)['input_ids'], dict(max_new_tokens=30, eos_token_id=None)
    caches, texts = [Cache(model.config), Cache(model.config)], [ids, ids]
    for turn in range(4):
        hows = {}, dict(compile_config=rec.config) if turn != 2 else {}
        texts = [model.generate(t, past_key_values=c, **new, **how) for t,c,how in zip(texts, caches, hows)]
        assert torch.equal(*texts) and caches[0].get_seq_length() == caches[1].get_seq_length() == texts[0].shape[1]-1
        texts = [torch.cat((t, torch.tensor([[5, 6, 7]])), 1) for t in texts]
    assert len(rec.graphs) == 1
    with torch.no_grad(): # and by a plain call of the model
        a, b = (model(input_ids=texts[0][:, -4:], past_key_values=c).logits for c in caches)
    assert torch.allclose(a, b, atol=1e-4)

@pytest.mark.parametrize('at', (1, 4))
def test_interrupted(models, at):
    model, ids = models('llama'), text(1, 5)['input_ids']
    want, cache, rec = model.generate(ids, max_new_tokens=12, eos_token_id=None), Cache(model.config), Recorder()
    forward = loop.Chooser.__call__
    class Stop(loop.Chooser):
        def __call__(self, logits, slot, n):
            if n-self.run.start == at: raise KeyboardInterrupt
            return super().__call__(logits, slot, n)
    with pytest.MonkeyPatch.context() as m:
        m.setattr(loop, 'Chooser', Stop)
        with pytest.raises(KeyboardInterrupt): model.generate(ids, past_key_values=cache, max_new_tokens=12, eos_token_id=None, compile_config=rec.config)
    n = cache.get_seq_length()
    assert n == 5+at
    for how in (rec.config, None):
        more = model.generate(want[:, :n+1], past_key_values=cache, max_new_tokens=12-at-1, eos_token_id=None, compile_config=how)
        assert torch.equal(more, want)
        cache.crop(n)

# what a GPU would wait for -------------------------------------------------------------------------------------------
class AsOnGPU(TorchFunctionMode):
    "Tensors say that they lie on a GPU, and whoever brings a number to Python is counted."
    def __init__(self): super().__init__(); self.waits, self.free = Counter(), []
    def __torch_function__(self, f, types, args=(), kwargs=None):
        name = getattr(f, '__name__', '')
        if f in (torch.Tensor.is_cuda.__get__, torch.Tensor.is_cpu.__get__): return f == torch.Tensor.is_cuda.__get__
        if name in ('item', 'tolist', '__bool__', '__int__', '__float__', '__index__', 'nonzero', 'cpu', 'numpy', 'bincount', 'unique', 'masked_select'):
            if not any(args[0] is x for x in self.free): self.waits[name] += 1
        if name == 'tensor': self.waits['made from numbers'] += 1
        return f(*args, **(kwargs or {}))

def waits(model, new, monkeypatch, **kw):
    gpu, told = AsOnGPU(), Counter()
    class Event:
        def record(self): told['record'] += 1
        def synchronize(self): told['wait'] += 1
    class Stopper(loop.Stopper):
        def __init__(self, run):
            with monkeypatch.context() as m:
                plain = torch.empty
                m.setattr(torch, 'empty', lambda *a, pin_memory=False, **k: plain(*a, **k))
                m.setattr(torch.cuda, 'Event', Event)
                super().__init__(run)
            assert self.late
            gpu.free.append(self.host)
    with monkeypatch.context() as m, gpu:
        m.setattr(loop, 'Stopper', Stopper)
        out = model.generate(max_new_tokens=new, eos_token_id=[2], min_new_tokens=new, pad_token_id=0, **kw)
    return out, gpu.waits, told

@pytest.mark.parametrize('name', CONFIGS)
def test_one_wait_for_a_token(models, name, monkeypatch):
    "Each token waits once, for the event that the token before it has arrived; no layer and no filter waits."
    model = models(name)
    for kw in ({}, dict(do_sample=True, top_k=5, temperature=.7, top_p=.9), dict(repetition_penalty=1.3, no_repeat_ngram_size=0, min_p=.1, do_sample=True)):
        if name == 'phi3': kw = kw | dict(max_length=None)
        kw = kw | dict(input_ids=text(2, 5)['input_ids'])
        torch.manual_seed(0); short, a, _ = waits(model, 4, monkeypatch, **kw)
        torch.manual_seed(0); long, b, told = waits(model, 14, monkeypatch, **kw)
        assert b-a == Counter(), (kw, b-a)
        assert told['wait'] == told['record'] == 14
        torch.manual_seed(0)
        if not kw.get('do_sample'): assert torch.equal(long, model.generate(max_new_tokens=14, min_new_tokens=14, eos_token_id=[2], pad_token_id=0, **kw))

# the whole registry, by command --------------------------------------------------------------------------------------
def sweep(pattern=''):
    from nbformers import _registry
    from nbformers.auto import lookup, roles
    from tests.test_conformance import PATHS, settings
    writers = '.*(ForCausalLM|LMHeadModel|ForConditionalGeneration|MarianMTModel|GenerationDecoder|EncoderDecoderModel|CausalImageModeling)'
    for key in sorted(PATHS):
        if not re.fullmatch(writers, key) or not re.search(pattern, key): continue
        (kind,path),name = PATHS[key],key.rpartition('/')[2]
        cls = next(lookup(kind, r) for r in roles(kind) if _registry.architectures[kind].get(r) == path)
        torch.manual_seed(0)
        model = cls(cls.config_class(**settings(kind, name))).eval()
        with torch.no_grad():
            for p in model.parameters(): p.normal_(0, .3)
        if getattr(model.config, 'output_router_logits', None): model.config.output_router_logits = False
        rec, kw = Recorder(), dict(max_new_tokens=10) | ({} if model.generation_config.decoder_start_token_id is not None else dict(decoder_start_token_id=1))
        utils._said.clear()
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter('always')
            want, got = both(model, rec.config, 2, 6, **kw)
        why = [str(w.message) for w in said if 'compiled' in str(w.message)]
        print(key, 'equal' if torch.equal(want, got) else 'DIFFERENT', len(rec.graphs), *rec.asks(), *why, flush=True)
        torch._dynamo.reset()

if __name__ == '__main__': sweep(*sys.argv[1:])
