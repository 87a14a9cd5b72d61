"""A call that is interrupted at any moment leaves model, draft model and cache as they can be used; calls that end leave no memory behind."""
import gc, os, random
import pytest, torch
import nbformers
from nbformers.generation.steps import stream
from tests.seeds import SEED
from tests.test_generation_oracle import WAYS, small

pytestmark = pytest.mark.usefixtures('quiet')

ALL = WAYS | dict(sample=dict(do_sample=True), beam_sample=dict(do_sample=True, num_beams=3), lookup=dict(prompt_lookup_num_tokens=3), exit=dict(assistant_early_exit=1, num_assistant_tokens=3), draft=dict(assistant_model=True),
    guided=dict(guidance_scale=1.5), outputs=dict(return_dict_in_generate=True, output_attentions=True, output_hidden_states=True, output_scores=True), logprobs=dict(logprobs=2))
PROMPT = torch.tensor([[3, 4, 5, 3, 4, 6]])
COMMON = dict(max_new_tokens=14, eos_token_id=None, pad_token_id=0)
BATCH = torch.tensor([[3, 4, 5, 3, 4, 6], [0, 0, 7, 8, 9, 3]])

class At:
    "Raises on the n-th time that something happens."
    def __init__(self, n): self.left = n
    def __call__(self, *a, **kw):
        self.left -= 1
        if self.left == 0: raise KeyboardInterrupt
        return a[-1] if len(a) == 2 else None
    put = end = __call__

def flags(way):
    kw = dict(ALL[way])
    if kw.get('assistant_model'): kw['assistant_model'] = small(1, 20)
    return kw

def call(model, way, ids, kw, seed=0):
    torch.manual_seed(seed)
    out = model.generate(ids, attention_mask=(ids != 0).long(), **COMMON, **kw)
    return getattr(out, 'sequences', out)

@pytest.mark.parametrize('way', ALL)
def test_model_is_as_before(way):
    rng = random.Random(f'{SEED}{way}')
    model, kw = small(0, 20), flags(way)
    ids = PROMPT if way in ('lookup', 'exit', 'draft') else BATCH
    want, keys = call(model, way, ids, kw), {n: (p.data_ptr(), p._version) for n, p in model.named_parameters()}
    state = {n: dict(m.__dict__) for n, m in model.named_modules()}
    config = vars(model.generation_config).copy()
    cut = 0
    for where in ('attention', 'mlp', 'head', 'processor', 'criterion', 'streamer'):
        at, more, hook = At(rng.randint(1, 12)), {}, None
        layer = model.model.layers[rng.randrange(2)]
        if where == 'attention': hook = layer.self_attn.register_forward_pre_hook(lambda m, x: at(1, 2, 3) and None)
        if where == 'mlp': hook = layer.mlp.register_forward_hook(lambda m, x, y: at() and None)
        if where == 'head': hook = model.lm_head.register_forward_hook(lambda m, x, y: at() and None)
        if where == 'processor': more = dict(logits_processor=[at])
        if where == 'criterion': more = dict(stopping_criteria=[lambda i, s: at() or torch.zeros(len(i), dtype=torch.bool)])
        if where == 'streamer':
            if len(ids) > 1 and kw.get('num_beams'): continue
            more = dict(streamer=at)
        try: call(model, way, ids, kw | more)
        except KeyboardInterrupt: cut += 1
        finally:
            if hook is not None: hook.remove()
        assert torch.is_grad_enabled() and not torch.is_inference_mode_enabled() and not model.training
        assert vars(model.generation_config) == config and {n: (p.data_ptr(), p._version) for n, p in model.named_parameters()} == keys
        for n, m in model.named_modules(): assert m.__dict__.keys() == state[n].keys()
        assert torch.equal(call(model, way, ids, kw), want)
    assert cut
    model.train()
    model(input_ids=want, labels=want).loss.backward()                       # what was written can be learnt from

@pytest.mark.parametrize('way', [w for w in ALL if 'use_cache' not in ALL[w] and 'cache_implementation' not in ALL[w] and w not in ('logprobs', 'contrast')])
def test_a_cache_that_was_given_is_of_use(way):
    rng = random.Random(f'{SEED}{way}')
    model, kw, kind = small(0, 20), flags(way), rng.choice(['growing', 'static', 'sliding'])
    if kind == 'sliding':
        keep = 'vocab_size hidden_size intermediate_size num_hidden_layers num_attention_heads num_key_value_heads max_position_embeddings'.split()
        other = nbformers.MistralForCausalLM(nbformers.MistralConfig(**{k: getattr(model.config, k) for k in keep}, sliding_window=5)).eval()
        other.load_state_dict(model.state_dict()); model = other
    new = lambda: nbformers.Cache(model.config, max_len=40 if kind == 'static' else None)
    read = lambda c, ids: model(input_ids=ids, past_key_values=c, use_cache=True)
    for trial in range(3):
        cache, at = new(), At(rng.randint(1, 14))
        if trial:
            with torch.no_grad(): read(cache, PROMPT[:, :4])
        hook = model.model.layers[1].mlp.register_forward_hook(lambda m, x, y: at() and None)
        try: call(model, way, PROMPT, kw | dict(past_key_values=cache))
        except KeyboardInterrupt: pass
        finally: hook.remove()
        n = {l.seen for l in cache.layers if l.seen} or {0}
        rows = {l.keys.shape[0] for l in cache.layers if l.keys is not None} or {1}
        assert len(n) == 1 and {l.seen for l in cache.layers} == n, (n, way, trial)
        if rows != {1}: cache.select(torch.zeros(1, dtype=torch.long))
        n, = n
        if at.left > 0 or n < 6 and n < PROMPT.shape[1]:                          # it ended, or only prompt tokens are held: go on with the prompt
            cache.crop(min(n, 3)) if kind != 'sliding' else cache.crop(n)
            held = cache.get_seq_length()
            if held >= 6: continue
            a = model.generate(PROMPT, past_key_values=cache, max_new_tokens=6, eos_token_id=None)
            assert torch.equal(a, model.generate(PROMPT, max_new_tokens=6, eos_token_id=None)), (way, trial)

@pytest.mark.parametrize('way', ['greedy', 'sample', 'lookup', 'static'])
def test_a_text_goes_on_from_where_it_was_cut(way):
    "What was written until the interruption is in the cache; the text goes on from there as if nothing had happened."
    model = small(0, 20)
    want = model.generate(PROMPT, max_new_tokens=16, eos_token_id=None)
    for n in (1, 4, 9):
        cache, got = nbformers.Cache(model.config, max_len=40 if way == 'static' else None), []
        it = stream(model, PROMPT, past_key_values=cache, max_new_tokens=16, eos_token_id=None, **(dict(prompt_lookup_num_tokens=3) if way == 'lookup' else {}))
        for step in it:
            got += step.tokens[0].tolist()
            if len(got) >= n: it.close(); break
        text = torch.cat((PROMPT, torch.tensor([got])), 1)
        assert cache.get_seq_length() < text.shape[1]
        assert torch.equal(model.generate(text, past_key_values=cache, max_new_tokens=16-len(got), eos_token_id=None), want)

def tensors(): # bytes of all tensors that are alive
    gc.collect()
    seen = {}
    for x in gc.get_objects():
        if issubclass(type(x), torch.Tensor):
            try: s = x.untyped_storage(); seen[s.data_ptr()] = s.nbytes()
            except Exception: continue                                        # a compiler's tensors without memory
    return sum(seen.values())

@pytest.fixture(scope='module')
def only_new():
    "The collector looks at what is made from here on only: what older tests left would be gone through three times for each way."
    gc.collect(); gc.freeze()
    yield
    gc.unfreeze()

@pytest.mark.parametrize('way', ALL)
def test_ten_calls_leave_nothing_behind(way, only_new):
    model, kw = small(0, 20), flags(way)
    call(model, way, PROMPT, kw)                                              # tables that are made once
    before = tensors()
    for i in range(10): call(model, way, PROMPT, kw, i)
    assert tensors() == before
    at = At(9)
    hook = model.model.layers[1].mlp.register_forward_hook(lambda m, x, y: at() and None)
    try: call(model, way, PROMPT, kw)
    except KeyboardInterrupt: pass
    finally: hook.remove()
    assert tensors() == before

GROWTH = """if 1:
    import gc, os, torch, nbformers
    read = lambda: int(open('/proc/self/statm').read().split()[1])*os.sysconf('SC_PAGE_SIZE')
    kw = dict(vocab_size=20, hidden_size=128, intermediate_size=16, num_hidden_layers=4, num_attention_heads=4, num_key_value_heads=4, max_position_embeddings=512, eos_token_id=None, pad_token_id=0, bos_token_id=1)
    llama = nbformers.LlamaForCausalLM(nbformers.LlamaConfig(**kw)).eval()
    mistral = nbformers.MistralForCausalLM(nbformers.MistralConfig(**kw, sliding_window=210)).eval()
    ids = torch.randint(1, 20, (4, 200))
    for kind in ('static', 'sliding', 'quantized', 'offloaded', 'growing'):
        flags = dict(cache_implementation=kind) if kind in ('static', 'quantized', 'offloaded') else {}
        at = []
        for _ in range(13):
            (mistral if kind == 'sliding' else llama).generate(ids, max_new_tokens=4, do_sample=False, **flags)
            gc.collect()
            at.append(read())
        print(kind, at[12]-at[2])
"""

@pytest.mark.skipif(not os.path.exists('/proc/self/statm'), reason='asks Linux how large the process is')
def test_memory_of_the_process_returns(python):
    """Ten calls whose caches take 3.3 MB each: the process may not grow by half of one. A fresh process in which every tensor is given
    back to the system at once: the allocator's holes, which come and go by tens of megabytes, are no leak."""
    grown = dict(line.rsplit(' ', 1) for line in python(GROWTH, MALLOC_MMAP_THRESHOLD_='65536').splitlines())
    assert len(grown) == 5 and all(int(n) < 1.6e6 for n in grown.values()), grown
