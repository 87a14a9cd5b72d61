"""Drafts: greedy text is the plain text token for token whoever drafts, and drawn text has the model's own distribution. The reference drafts
beside us. `DRAFTS_ALL=1` goes through every decoder and encoder-decoder of the registry; without it eight of different build.
`DRAWS=20000 pytest tests/test_drafts.py -k drawn` draws that many texts with each kind of draft; without it a thousand."""
import os, random, re, tempfile, threading
import pytest
transformers = pytest.importorskip('transformers')
import torch
import nbformers
from tests.parity.cases import CASES
from tests.parity.harness import draw, head_names, make_reference
from tests.seeds import SEED
from nbformers import AutoTokenizer, GenerationConfig
from nbformers.generation.drafts import *
from nbformers.generation.drafts import best_threshold
from nbformers.generation.translated import *
from nbformers.generation.translated import splice
from nbformers.generation.loop import generate
from nbformers.generation.steps import stream
from nbformers.generation.prepare import prepare
from nbformers.generation.prompt import takes

transformers.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()

pytestmark = pytest.mark.usefixtures('quiet')

def pair(kind, name, cfg, seed=0):
    theirs = make_reference(kind, name, cfg, seed=seed)
    with tempfile.TemporaryDirectory() as d:
        theirs.save_pretrained(d)
        return theirs, getattr(nbformers, name).from_pretrained(d).eval()

ends = dict(bos_token_id=1, eos_token_id=2, pad_token_id=0)
decoder = dict(vocab_size=99, hidden_size=32, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2, intermediate_size=48, max_position_embeddings=96, **ends)
seq2seq = dict(vocab_size=99, d_model=32, encoder_layers=2, decoder_layers=2, encoder_attention_heads=4, decoder_attention_heads=4, encoder_ffn_dim=48, decoder_ffn_dim=48,
    max_position_embeddings=96, decoder_start_token_id=2, forced_eos_token_id=None, **ends)
FAMILIES = {'llama': ('LlamaForCausalLM', decoder), 'mistral': ('MistralForCausalLM', decoder | dict(sliding_window=5)), 'qwen3': ('Qwen3ForCausalLM', decoder | dict(head_dim=16)),
    'gpt2': ('GPT2LMHeadModel', dict(vocab_size=99, n_embd=32, n_layer=3, n_head=4, n_positions=96, **ends)),
    'gemma2': ('Gemma2ForCausalLM', decoder | dict(head_dim=16, sliding_window=6)),
    'bloom': ('BloomForCausalLM', dict(vocab_size=99, hidden_size=32, n_layer=3, n_head=4, **ends)),
    'bart': ('BartForConditionalGeneration', seq2seq), 'marian': ('MarianMTModel', seq2seq),
    't5': ('T5ForConditionalGeneration', dict(vocab_size=99, d_model=32, d_kv=8, d_ff=48, num_layers=2, num_heads=4, decoder_start_token_id=0, **ends))}

@pytest.fixture(scope='module', params=FAMILIES)
def family(request):
    name, cfg = FAMILIES[request.param]
    main, other = pair(request.param, name, cfg), pair(request.param, name, cfg, 7)
    with torch.no_grad():                                       # a draft model that is right now and then
        for k in (0, 1):
            for a,b in zip(main[k].parameters(), other[k].parameters()): b.copy_(.93*a + .07*b)
    return request.param, main, other

def ways(other, decoder=True, **kw):
    yield dict(prompt_lookup_num_tokens=4, max_matching_ngram_size=2)
    for more in (dict(num_assistant_tokens=3, assistant_confidence_threshold=0.), dict(), dict(num_assistant_tokens=5, num_assistant_tokens_schedule='heuristic_transient')): yield dict(assistant_model=other, **more)
    if decoder: yield dict(assistant_early_exit=1, num_assistant_tokens=3, assistant_confidence_threshold=0.)

CALLS = [{}, dict(repetition_penalty=1.4, no_repeat_ngram_size=3), dict(eos_token_id=list(range(2, 30))), dict(min_new_tokens=20, eos_token_id=list(range(2, 30)), bad_words_ids=[[31], [32, 33]])]

@pytest.mark.parametrize('kw', CALLS, ids=['plain', 'repetition', 'ends', 'rules'])
def test_greedy_is_plain_greedy_and_the_references(family, kw):
    kind, (theirs, ours), (their_other, other) = family
    for seed in range(2):
        ids = torch.randint(3, 99, (1, 5+seed), generator=torch.Generator().manual_seed(seed))
        call = dict(max_new_tokens=24, do_sample=False) | kw
        want = ours.generate(ids, **call)
        for how in ways(other, 'decoder_input_ids' not in takes(ours)):
            out = ours.generate(ids, return_dict_in_generate=True, **call, **how)
            assert torch.equal(out.sequences, want), how
            assert out.acceptance.tokens == want.shape[1] - (ids.shape[1] if 'decoder_input_ids' not in takes(ours) else 1)
    their_other.generation_config.num_assistant_tokens = 3
    ref = theirs.generate(ids, assistant_model=their_other, **call)
    assert torch.equal(ref, want)

def test_padding_and_a_cache_that_came_along(family):
    _, (_, ours), (_, other) = family
    ids = torch.randint(3, 99, (1, 9), generator=torch.Generator().manual_seed(4))
    if 'decoder_input_ids' in takes(ours):
        mask = torch.tensor([[1]*6 + [0]*3])
        want = ours.generate(ids, attention_mask=mask, max_new_tokens=12, eos_token_id=None)
        for how in ways(other, False): assert torch.equal(ours.generate(ids, attention_mask=mask, max_new_tokens=12, eos_token_id=None, **how), want)
        return
    mask = torch.tensor([[0]*3 + [1]*6])
    want = ours.generate(ids, attention_mask=mask, max_new_tokens=12, eos_token_id=None)
    for how in ways(other):
        assert torch.equal(ours.generate(ids, attention_mask=mask, max_new_tokens=12, eos_token_id=None, **how), want)
        first = ours.generate(ids, attention_mask=mask, max_new_tokens=5, eos_token_id=None, return_dict_in_generate=True, **how)
        assert first.past_key_values.get_seq_length() == 13
        more = torch.cat((mask, torch.ones(1, 5, dtype=torch.long)), 1)
        assert torch.equal(ours.generate(first.sequences, attention_mask=more, past_key_values=first.past_key_values, max_new_tokens=7, eos_token_id=None, **how), want)

def test_outputs_are_those_of_plain_search(family):
    _, (_, ours), (_, other) = family
    ids = torch.randint(3, 99, (1, 6), generator=torch.Generator().manual_seed(3))
    call = dict(max_new_tokens=9, eos_token_id=None, do_sample=False, return_dict_in_generate=True, output_scores=True, output_logits=True, output_attentions=True, output_hidden_states=True)
    a = ours.generate(ids, **call)
    for how in ways(other, 'decoder_input_ids' not in takes(ours)):
        b = ours.generate(ids, **call, **how)
        assert set(a.keys()) == set(b.keys())
        for f in a.keys():
            if f in ('sequences', 'past_key_values') or f.startswith('encoder'): continue
            assert len(a[f]) == len(b[f]) == 9, f
            for x,y in zip(a[f], b[f]):
                for u,v in zip(x if isinstance(x, tuple) else (x,), y if isinstance(y, tuple) else (y,)):
                    if 'attentions' in f and u.shape != v.shape: u = u[..., -v.shape[-1]:] if u.shape[-1] > v.shape[-1] else u; v = v[..., -u.shape[-1]:]
                    torch.testing.assert_close(u, v, rtol=1e-4, atol=1e-4)

LMS = [(kind, n) for kind in CASES for n in (head_names(kind) if kind in CASES else ()) if re.search('CausalLM|LMHeadModel|ForConditionalGeneration|MTModel', n) and hasattr(nbformers, n)]
FEW = ['GptOssForCausalLM', 'DeepseekV3ForCausalLM', 'BloomForCausalLM', 'FalconForCausalLM', 'Cohere2ForCausalLM', 'BertLMHeadModel', 'T5ForConditionalGeneration', 'MarianMTModel']   # sinks, latent heads, slopes, one key for all, windows by turns, …
if not os.environ.get('DRAFTS_ALL'): LMS = random.Random(SEED).sample(LMS, 8) if 'NBFORMERS_SEED' in os.environ else [x for x in LMS if x[1] in FEW]

@pytest.mark.parametrize('kind,name', LMS)
def test_registry(kind, name):
    cfg = draw(kind, name)[0]
    _, ours = pair(kind, name, cfg)
    _, other = pair(kind, name, cfg, 5)
    if not ours.can_generate(): pytest.skip('no next token')
    ids = torch.randint(3, 60, (1, 7), generator=torch.Generator().manual_seed(1))
    call = dict(max_new_tokens=12, min_new_tokens=12, do_sample=False, num_beams=1)
    want, layers = ours.generate(ids, **call), getattr(ours.config, 'num_hidden_layers', 2)
    try: ours.generate(ids, prompt_lookup_num_tokens=3, **call)
    except ValueError as e:
        assert 'use_cache=True' in str(e)
        pytest.skip('no cache')
    for how in ways(other, 'decoder_input_ids' not in takes(ours) and layers > 1): assert torch.equal(ours.generate(ids, **call, **how), want), how
    assert torch.equal(ours.generate(ids, assistant_model=ours, num_assistant_tokens=4, assistant_confidence_threshold=0., **call), want)

# drawing -------------------------------------------------------------------------------------------------------------
def chi_square(counts, p): # the statistic and a bound that chance passes once in about 10,000 times
    n, keep = counts.sum(), p*counts.sum() >= 5
    c, e = torch.cat((counts[keep], counts[~keep].sum()[None])), torch.cat((p[keep]*n, (p[~keep].sum()*n)[None]))
    ok = e > 1e-6
    x, k = float(((c-e)**2/e)[ok].sum()), int(ok.sum())-1
    return x, k*(1-2/(9*k)+3.72*(2/(9*k))**.5)**3

def test_a_token_is_kept_or_replaced_in_the_right_proportion():
    torch.manual_seed(0)
    p, q = torch.randn(8).mul(1.5).softmax(-1), torch.randn(8).mul(1.5).softmax(-1)
    for w in (None, .5):
        got, kept = torch.zeros(8), 0
        for _ in range(20000):
            t, same = keep_or_replace(p, q, int(q.multinomial(1)), w)
            got[t] += 1; kept += same
        x, bound = chi_square(got, p if w is None else w*p + (1-w)*q)
        assert x < bound
        assert abs(kept/20000 - (float(torch.minimum(p, q).sum()) if w is None else 1-w*(1-float(torch.minimum(p, q).sum())))) < .02

tiny = dict(vocab_size=8, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24, max_position_embeddings=32, bos_token_id=1, eos_token_id=None, pad_token_id=0)

def exact(model, prompt, n, **kw):
    "Probability of every continuation of n tokens, processors included."
    rows, p = prompt, torch.ones(1)
    for _ in range(n):
        run = prepare(model, prompt, dict(max_new_tokens=n, do_sample=True, **kw))
        with torch.no_grad(): s = model(input_ids=rows).logits[:, -1].float()
        p = (p[:, None]*run.processors(rows, s).softmax(-1)).flatten()
        rows = torch.cat((rows.repeat_interleave(8, 0), torch.arange(8).repeat(len(rows))[:, None]), 1)
    return p

@pytest.fixture(scope='module')
def small():
    from nbformers import LlamaConfig, LlamaForCausalLM
    out = []
    for seed in (0, 1):
        torch.manual_seed(seed)
        m = LlamaForCausalLM(LlamaConfig(**tiny)).eval()
        for p in m.parameters(): p.data.add_(.35*torch.randn(p.shape))
        out.append(m)
    return out

DRAWN = dict(model=dict(num_assistant_tokens=2, assistant_confidence_threshold=0.), stops=dict(num_assistant_tokens=3, assistant_confidence_threshold=.5),
    lookup=dict(prompt_lookup_num_tokens=2), exit=dict(assistant_early_exit=1, num_assistant_tokens=2, assistant_confidence_threshold=0.),
    filters=dict(num_assistant_tokens=2, assistant_confidence_threshold=0., temperature=.7, top_k=5, top_p=.9, repetition_penalty=1.3))

@pytest.mark.parametrize('how', DRAWN)
def test_drawn_text_has_the_models_own_distribution(small, how):
    model, other = small
    kw, n, draws = dict(DRAWN[how]), 3, int(os.environ.get('DRAWS', 1000))
    flags = {k: v for k,v in kw.items() if k in ('temperature', 'top_k', 'top_p', 'repetition_penalty')} or dict(top_k=0)
    kw |= flags
    prompt = torch.tensor([[3, 4, 5, 3, 4]])
    if how in ('model', 'stops', 'filters'): kw['assistant_model'] = other
    torch.manual_seed(11)
    got, some = torch.zeros(8**n), 0
    for _ in range(draws):
        out = generate(model, prompt, max_new_tokens=n, do_sample=True, return_dict_in_generate=True, **kw)
        got[int((out.sequences[0, 5:]*torch.tensor([64, 8, 1])).sum())] += 1
        some += out.acceptance.accepted
    x, bound = chi_square(got, exact(model, prompt, n, **flags))
    assert x < bound
    assert some > draws*.02                                                     # guesses were kept, or nothing was tested

class Letters:
    "A tokenizer of eight letters, in an order of its own."
    eos_token_id = sep_token_id = None
    all_special_ids = []
    def __init__(self, letters): self.letters = letters
    def get_vocab(self): return {c: i for i,c in enumerate(self.letters)}
    def decode(self, ids, **kw): return ''.join(self.letters[int(i)] for i in ids)
    def encode(self, text, **kw): return [self.letters.index(c) for c in text if c in self.letters]
    def __call__(self, text, **kw): return dict(input_ids=self.encode(text))
    def convert_ids_to_tokens(self, i): return self.letters[i]

def test_drawn_through_another_vocabulary(small):
    model, other = small
    a, b = Letters('abcdefgh'), Letters('hgfaxyzb')                             # five letters are shared
    shared = AssistantVocabTranslatorCache.get_translator(a, b, 8, other)
    assert len(shared.target_to_assistant_input_ids) == 5
    assert AssistantVocabTranslatorCache.get_translator(a, b, 8, other) is shared
    before = {k: v.clone() for k,v in other.state_dict().items()}
    prompt, got, some = torch.tensor([[3, 4, 5, 3, 4]]), torch.zeros(512), 0
    torch.manual_seed(3)
    for _ in range(int(os.environ.get('DRAWS', 1000))):
        out = generate(model, prompt, max_new_tokens=3, do_sample=True, top_k=0, assistant_model=other, tokenizer=a, assistant_tokenizer=b, num_assistant_tokens=2,
            assistant_confidence_threshold=0., return_dict_in_generate=True)
        got[int((out.sequences[0, 5:]*torch.tensor([64, 8, 1])).sum())] += 1
        some += out.acceptance.accepted
    x, bound = chi_square(got, exact(model, prompt, 3, top_k=0))
    assert x < bound and some > 100
    assert all(torch.equal(v, before[k]) for k,v in other.state_dict().items()) # the draft model is left as it was

def test_ensemble_equals_reference(family):
    kind, (theirs, ours), (their_other, other) = family
    ids = torch.randint(3, 99, (1, 6), generator=torch.Generator().manual_seed(5))
    their_other.generation_config.num_assistant_tokens, their_other.generation_config.assistant_confidence_threshold = 3, 0.
    call = dict(max_new_tokens=16, do_sample=False, eos_token_id=None)
    plain, out = ours.generate(ids, **call), ours.generate(ids, assistant_model=other, assistant_ensemble_weight=.05, num_assistant_tokens=3, assistant_confidence_threshold=0., return_dict_in_generate=True, **call)
    exact = ours.generate(ids, assistant_model=other, num_assistant_tokens=3, assistant_confidence_threshold=0., return_dict_in_generate=True, **call)
    assert out.acceptance.rate >= exact.acceptance.rate and out.sequences.shape == plain.shape
    with pytest.raises(ValueError, match='prompt lookup has none'): ours.generate(ids, prompt_lookup_num_tokens=3, assistant_ensemble_weight=.5, **call)

# another vocabulary, greedy ------------------------------------------------------------------------------------------
def test_greedy_through_another_tokenizer():
    tok = AutoTokenizer.from_pretrained('starter/lm')
    from nbformers import AutoModelForCausalLM
    model = AutoModelForCausalLM.from_pretrained('starter/lm')
    ids = tok('And the king said unto them, I will', return_tensors='pt')['input_ids']
    want = generate(model, ids, max_new_tokens=40, eos_token_id=None)
    for t in (3, 10):
        out = generate(model, ids, max_new_tokens=40, eos_token_id=None, assistant_model=model, tokenizer=tok, assistant_tokenizer=tok, assistant_confidence_threshold=0., num_assistant_tokens=5,
            target_lookbehind=t, assistant_lookbehind=t, return_dict_in_generate=True)
        assert torch.equal(out.sequences, want) and out.acceptance.rate > .7, out.acceptance
    assert splice([1, 2, 3, 4], [9, 3, 4, 5]) == (4, 3) and splice([1], [2]) is None and splice([5, 6, 5, 6], [5, 6, 7]) == (4, 2)

# pieces --------------------------------------------------------------------------------------------------------------
def test_lookup_equals_reference():
    from transformers.generation.candidate_generator import PromptLookupCandidateGenerator as Ref
    for seed in range(200):
        g = torch.Generator().manual_seed(seed)
        ids = torch.randint(0, 4, (1, 3+seed % 17), generator=g)
        kw = dict(num_output_tokens=1+seed % 5, max_matching_ngram_size=1+seed % 3, max_length=200)
        eos = torch.tensor([3]) if seed % 2 else None
        assert torch.equal(PromptLookupCandidateGenerator(eos, **kw).get_candidates(ids)[0], Ref(eos, **kw).get_candidates(ids)[0]), (seed, ids)

def test_threshold_equals_roc_curve():
    roc = pytest.importorskip('sklearn.metrics').roc_curve
    import numpy as np
    for seed in range(50):
        r = random.Random(seed)
        sure = [round(r.random(), 2) for _ in range(8+seed)]
        right = [int(r.random() < s) for s in sure]
        if len(set(right)) < 2: continue
        fpr, tpr, at = roc(right, sure, drop_intermediate=False)
        cost = fpr + 3*(1-tpr)
        got = best_threshold(right, sure)
        if got is not None: assert abs(cost[np.argmin(np.abs(at-got))] - cost.min()) < 1e-9

def test_streamers_steps_stop_strings_and_errors(small):
    tok = AutoTokenizer.from_pretrained('starter/lm')
    from nbformers import AutoModelForCausalLM, TextIteratorStreamer
    model = AutoModelForCausalLM.from_pretrained('starter/lm')
    ids = tok('And the king said', return_tensors='pt')['input_ids']
    kw = dict(max_new_tokens=40, assistant_model=model, assistant_confidence_threshold=0., num_assistant_tokens=6)
    plain = generate(model, ids, max_new_tokens=40)
    text = ''.join
    s = TextIteratorStreamer(tok, timeout=900)
    t = threading.Thread(target=lambda: generate(model, ids, streamer=s, **kw)); t.start()
    assert text(s) == tok.decode(plain[0]); t.join()
    steps = list(stream(model, ids, **kw))
    assert torch.equal(torch.cat([s.tokens for s in steps], 1), plain[:, ids.shape[1]:]) and len(steps) < 12
    assert all(len(s.drafted) >= s.tokens.shape[1]-1 for s in steps)
    for stop in ('king', ' go', 'hou', ','):
        call = dict(max_new_tokens=40, stop_strings=stop, tokenizer=tok)
        assert torch.equal(generate(model, ids, **call, **{k: v for k,v in kw.items() if k != 'max_new_tokens'}), generate(model, ids, **call))
    with pytest.raises(ValueError, match='one text at a time'): generate(model, ids.repeat(2, 1), **kw)
    with pytest.raises(ValueError, match='one text at a time'): generate(model, ids, do_sample=True, num_return_sequences=2, **kw)
    with pytest.raises(ValueError, match='use_cache=True'): generate(model, ids, use_cache=False, **kw)
    with pytest.raises(ValueError, match='assistant_tokenizer='): generate(model, ids, max_new_tokens=3, assistant_model=small[0])
    with pytest.raises(TypeError, match='loaded model'): generate(model, ids, max_new_tokens=3, assistant_model='starter/lm')
    with pytest.raises(ValueError, match='between 1 and 5'): generate(model, ids, max_new_tokens=3, assistant_early_exit=6)
    with pytest.raises(ValueError, match='at least 1'): generate(model, ids, max_new_tokens=3, prompt_lookup_num_tokens=0)

def test_schedules(small):
    model, other = small
    prompt = torch.tensor([[3, 4, 5, 3, 4]])
    call = dict(max_new_tokens=20, assistant_confidence_threshold=0., eos_token_id=None)
    lens = lambda m, **kw: [len(s.drafted) for s in stream(model, prompt, assistant_model=m, **call, **kw)][1:-1]
    assert set(lens(model, num_assistant_tokens=2)) == {2}
    grown = lens(model, num_assistant_tokens=2, num_assistant_tokens_schedule='heuristic')
    assert grown[:3] == [2, 4, 6]
    assert model.generation_config.num_assistant_tokens > 2                      # remembered for the next call
    model.generation_config.num_assistant_tokens = None
    lens(model, num_assistant_tokens=2, num_assistant_tokens_schedule='heuristic_transient')
    assert model.generation_config.num_assistant_tokens is None
    model.generation_config.num_assistant_tokens = 4                             # said once, on the draft model
    assert set(lens(model)) == {4}
    model.generation_config.num_assistant_tokens = None

def test_interruption_leaves_the_cache_whole(small):
    model, other = small
    from nbformers.attention.cache import Cache
    prompt = torch.tensor([[3, 4, 5, 3, 4]])
    plain = generate(model, prompt, max_new_tokens=20)
    class Stop(Exception): ...
    for how in (dict(assistant_model=other), dict(assistant_early_exit=1), dict(prompt_lookup_num_tokens=3)):
        for at in (2, 3, 5, 8):
            cache, count = Cache(model.config), 0
            def hook(*a):
                nonlocal count
                count += 1
                if count == at: raise Stop
            h = model.model.layers[0].register_forward_hook(hook)
            try: generate(model, prompt, past_key_values=cache, max_new_tokens=20, assistant_confidence_threshold=0., num_assistant_tokens=3, **how); assert at > 4
            except Stop: pass
            finally: h.remove()
            n = {l.seen for l in cache.layers}
            assert len(n) == 1
            n, = n
            if n < 24: assert torch.equal(generate(model, plain[:, :n+1], past_key_values=cache, max_new_tokens=25-n-1), plain)

def test_a_drafter_of_ones_own(small):
    model, _ = small
    prompt = torch.tensor([[3, 4, 5, 3, 4]])
    plain = generate(model, prompt, max_new_tokens=12)
    class Oracle(CandidateGenerator):
        def get_candidates(self, ids): return plain[:, :ids.shape[1]+4], None
    out = generate(model, prompt, max_new_tokens=12, assistant_model=Oracle(), return_dict_in_generate=True)
    assert torch.equal(out.sequences, plain) and out.acceptance.rate == 1

def test_a_text_that_outgrows_its_angles_and_experts_with_padding():
    theirs, ours = pair('phi3', 'Phi3ForCausalLM', decoder | dict(num_key_value_heads=4, original_max_position_embeddings=15,
        rope_parameters=dict(rope_type='longrope', rope_theta=1e4, short_factor=[1.1]*4, long_factor=[2., 2.5, 3., 4.])))
    ids = torch.randint(3, 60, (1, 7), generator=torch.Generator().manual_seed(1))
    call = dict(max_new_tokens=14, do_sample=False, eos_token_id=None)
    want = theirs.generate(ids, **call)
    padded = dict(inputs=torch.cat((torch.zeros(1, 3, dtype=torch.long), ids), 1), attention_mask=torch.tensor([[0]*3 + [1]*7]))
    for how in ({}, dict(use_cache=False), *ways(ours)):
        assert torch.equal(ours.generate(ids, **call, **how), want)
        assert torch.equal(ours.generate(**padded, **call, **how)[:, 3:], want)
    _, moe = pair('mixtral', 'MixtralForCausalLM', decoder | dict(num_local_experts=4, num_experts_per_tok=2, output_router_logits=True))
    want = moe.generate(ids, **call)
    for how in ({}, *ways(moe)): assert torch.equal(moe.generate(**padded, **call, **how)[:, 3:], want)
