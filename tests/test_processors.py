"""Every processor of scores against the reference on random scores with odd values: infinities, ties, zeros, nan, huge and tiny ones; and
random sets of flags, whose processors must be the same, in the same order, with the same result. NBFORMERS_SEED draws others."""
import math, os, random
import pytest
transformers = pytest.importorskip('transformers')
import torch
import transformers.generation as ref
import nbformers.generation.filters as F
import nbformers.generation.rules as R
from nbformers.generation.config import GenerationConfig, resolve_config
from tests.seeds import SEED

transformers.logging.set_verbosity_error()
COUNT = int(os.environ.get('NBFORMERS_COUNT', 25))

pytestmark = pytest.mark.usefixtures('quiet')

class Ours: pass
for m in (F, R):
    for name in dir(m):
        if not name.startswith('_'): setattr(Ours, name, getattr(m, name))

class Case:
    "Random tokens and scores; what a processor may be given with them."
    def __init__(self, seed):
        self.r = r = random.Random(seed)
        self.v, self.b, self.t, g = r.choice([5, 11, 60, 200]), r.choice([1, 2, 3, 5]), r.choice([1, 2, 5, 9]), torch.Generator().manual_seed(seed)
        self.ids = torch.randint(0, min(self.v, 7), (self.b, self.t), generator=g)
        self.odd = r.choice(['plain', 'inf', 'one', 'big', 'zeros', 'nan', 'ties'])
        s = torch.randn(self.b, self.v, generator=g, dtype=r.choice([torch.float32]*3 + [torch.float64]))*r.choice([.1, 1, 3, 10, 100, 1e4])
        if self.odd == 'inf': s[torch.rand(self.b, self.v, generator=g) < .4] = -math.inf; s[:, r.randrange(self.v)] = 1.
        if self.odd == 'one': x = s[:, 0].clone(); s[:] = -math.inf; s[:, r.randrange(self.v)] = x
        if self.odd == 'big': s *= 1e30
        if self.odd == 'zeros': s *= 0
        if self.odd == 'ties': s = s.round()
        if self.odd == 'nan': s[0, r.randrange(self.v)], s[-1, r.randrange(self.v)] = math.nan, math.inf
        self.scores = s
    def tokens(self, n): return [self.r.randrange(self.v) for _ in range(n)]
    def sequences(self, n): # some of which end where the text stands
        row = lambda: self.ids[self.r.randrange(self.b)].tolist()
        ending = lambda: (row()[-self.r.randint(1, 2):] if self.r.random() < .7 else []) + self.tokens(1)
        return [list(s) for s in dict.fromkeys(tuple(f()) for _ in range(n) for f in (ending, lambda: self.tokens(self.r.randint(1, 3))))]
    def eos(self): return self.r.choice([2 % self.v, sorted(set(self.tokens(2))), torch.tensor(sorted(set(self.tokens(3))))])
    def source(self): return torch.tensor([self.tokens(6) for _ in range(self.b)])

def filters(name):
    def make(c):
        x, keep = min(max(c.r.choice([c.r.random(), .9, .99, .05]), .0001), .9999), c.r.choice([1, 1, 1, 2, 3])
        return lambda m: getattr(m, name)(x, min_tokens_to_keep=keep)
    return make

def made(f): # a maker that draws its arguments once, for both libraries
    return lambda c: f(c, c.r)

def bias(c, r): b = {tuple(s): r.choice([r.uniform(-5, 5), -math.inf, 10., -100.]) for s in c.sequences(4)}; return lambda m: m.SequenceBiasLogitsProcessor(dict(b))
def bias_list(c, r): b = [[s, r.uniform(-5, 5)] for s in c.sequences(3)]; return lambda m: m.SequenceBiasLogitsProcessor([[list(s), x] for s, x in b])
def bad(c, r): b, e = c.sequences(3), c.eos(); return lambda m: m.NoBadWordsLogitsProcessor([list(s) for s in b], e)
def repeat(c, r): p, n = r.choice([r.uniform(.2, 3), 1.]), r.choice([None, r.randint(0, c.t), torch.tensor([r.randint(0, c.t) for _ in range(c.b)])]); return lambda m: m.RepetitionPenaltyLogitsProcessor(p, n)
def encoder_repeat(c, r): p, s = r.uniform(.2, 3), c.source(); return lambda m: m.EncoderRepetitionPenaltyLogitsProcessor(p, s)
def encoder_ngram(c, r): n, s = r.randint(1, 3), c.source(); return lambda m: m.EncoderNoRepeatNGramLogitsProcessor(n, s)
def suppress(c, r): s = c.tokens(4); return lambda m: m.SuppressTokensLogitsProcessor(s)
def begin(c, r): s, n = c.tokens(4), r.choice([c.t, c.t-1]); return lambda m: m.SuppressTokensAtBeginLogitsProcessor(s, n)
def min_length(c, r): n, e = r.choice([c.t, c.t+1, 0, 99]), c.eos(); return lambda m: m.MinLengthLogitsProcessor(n, e)
def min_new(c, r): a, n, e = r.randint(0, c.t), r.randint(0, 4), c.eos(); return lambda m: m.MinNewTokensLengthLogitsProcessor(a, n, e)
def forced_eos(c, r): n, e = c.t+r.randint(0, 2), c.eos(); return lambda m: m.ForcedEOSTokenLogitsProcessor(n, e)
def forced_bos(c, r): i = r.randrange(c.v); return lambda m: m.ForcedBOSTokenLogitsProcessor(i)
def decay(c, r): a, n, e = (r.randint(0, c.t), r.uniform(.5, 2)), r.randint(0, c.t), c.eos(); return lambda m: m.ExponentialDecayLengthPenalty(a, e, n)
def prefix(c, r): allowed = [c.tokens(r.randint(1, 4)) for _ in range(c.b)]; return lambda m: m.PrefixConstrainedLogitsProcessor(lambda i, ids: allowed[i], 1)
def temperature(c, r): x = r.choice([.01, .3, 1., 4.]); return lambda m: m.TemperatureLogitsWarper(x)
def top_k(c, r): k, keep = r.randint(1, c.v+3), r.choice([1, 1, 2, 3]); return lambda m: m.TopKLogitsWarper(k, min_tokens_to_keep=keep)
def top_h(c, r): x = r.choice([.01, .4, .9]); return lambda m: m.TopHLogitsWarper(x)
def ngram(c, r): n = r.randint(1, 4); return lambda m: m.NoRepeatNGramLogitsProcessor(n)
def norm(c, r): return lambda m: m.LogitNormalization()
def finite(c, r): return lambda m: m.InfNanRemoveLogitsProcessor()

MAKERS = dict(top_p=filters('TopPLogitsWarper'), min_p=filters('MinPLogitsWarper'), typical=filters('TypicalLogitsWarper'), epsilon=filters('EpsilonLogitsWarper'), eta=filters('EtaLogitsWarper'),
    **{f.__name__: made(f) for f in (bias, bias_list, bad, repeat, encoder_repeat, encoder_ngram, suppress, begin, min_length, min_new, forced_eos, forced_bos, decay, prefix, temperature, top_k, top_h,
                                     ngram, norm, finite)})

def close(a, b):
    assert a.dtype == b.dtype
    torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-5, equal_nan=True)
    assert torch.equal(a.isneginf(), b.isneginf())

@pytest.mark.parametrize('name', MAKERS)
def test_processor_equals_reference(name):
    for seed in range(COUNT*4):
        c = Case(SEED*1000 + seed)
        if c.odd == 'nan' and name in ('top_h', 'eta'): continue              # the reference raises, ours hands nan on to the draw, which names it
        if c.odd in ('ties', 'zeros') and name in ('top_p', 'typical', 'top_h'): continue # an unstable sort breaks ties as it likes
        if name == 'top_h': c.scores = c.scores.double()                       # in float32 the reference takes the log of a probability that has been rounded to 1
        make = MAKERS[name](c)
        close(make(Ours)(c.ids.clone(), c.scores.clone()), make(ref)(c.ids.clone(), c.scores.clone()))

@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16], ids=str)
def test_half_precision(dtype):
    for seed in range(COUNT):
        c = Case(SEED*1000 + seed)
        c.scores = c.scores.to(dtype)
        for name, maker in MAKERS.items():
            if name in ('top_p', 'typical', 'top_h', 'eta', 'epsilon', 'min_p') or c.odd in ('nan', 'big'): continue  # cuts lie where half precision rounds
            make = maker(c)
            a, b = make(Ours)(c.ids.clone(), c.scores.clone()), make(ref)(c.ids.clone(), c.scores.clone())
            torch.testing.assert_close(a.float(), b.float(), rtol=2e-2, atol=2e-2)

def test_each_row_is_served_by_itself():
    for seed in range(COUNT*2):
        c = Case(SEED*1000 + seed)
        for name, maker in MAKERS.items():
            if name in ('encoder_repeat', 'encoder_ngram', 'prefix', 'repeat') or c.odd == 'nan': continue        # those are told which row it is
            p = maker(c)(Ours)
            both = p(c.ids, c.scores)
            for i in range(c.b): assert torch.equal(both[i], p(c.ids[i:i+1], c.scores[i:i+1])[0]), name

# all flags together --------------------------------------------------------------------------------------------------
def flags(c):
    r, out = c.r, {}
    some = dict(temperature=r.choice([.3, 1., 1.7]), top_k=r.choice([0, 1, 7, 50]), top_p=r.choice([.3, .9, 1.]), min_p=r.choice([.01, .3]), typical_p=r.choice([.2, .9, 1.]), epsilon_cutoff=r.choice([0., .01]),
        eta_cutoff=r.choice([0., .02]), top_h=r.choice([.3, .9]), renormalize_logits=True, repetition_penalty=r.choice([1., .7, 1.4]), no_repeat_ngram_size=r.choice([0, 1, 2]), bad_words_ids=c.sequences(2),
        suppress_tokens=c.tokens(2), begin_suppress_tokens=c.tokens(2), sequence_bias=[[s, r.uniform(-3, 3)] for s in c.sequences(2)], forced_eos_token_id=r.randrange(c.v), forced_bos_token_id=r.randrange(c.v),
        exponential_decay_length_penalty=(r.randint(0, 3), 1.1), remove_invalid_values=True, min_length=r.choice([0, 3, 30]), min_new_tokens=r.choice([1, 4]), do_sample=True, num_beams=r.choice([1, 3]),
        encoder_repetition_penalty=r.choice([1., 1.3]), encoder_no_repeat_ngram_size=r.choice([0, 2]))
    for k, v in some.items():
        if r.random() < (.6 if k == 'do_sample' else .2): out[k] = v
    return out

@pytest.fixture(scope='module')
def llama():
    kw = dict(vocab_size=60, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16)
    return transformers.LlamaForCausalLM(transformers.LlamaConfig(**kw))

def rounds(processors, c):
    "Whether top-h sees rows whose entropy the reference rounds away: one token is all but certain, or scores are so large that nothing can be added to them."
    x = c.scores.clone()
    for p in processors:
        if isinstance(p, F.TopHLogitsWarper): return bool((torch.special.entr(x.double().softmax(-1)).sum(-1) < 1e-3).any() or (x.masked_fill(x.isinf(), 0).abs() > 1e30).any())
        x = p(c.ids, x)
    return False

def test_random_flags_make_the_same_list_with_the_same_result(llama):
    tried = 0
    for seed in range(COUNT*12):
        c = Case(SEED*1000 + seed)
        kw, eos = flags(c), sorted(set(c.tokens(2)))
        if c.odd in ('nan', 'ties', 'zeros'): continue
        if {kw.get('forced_eos_token_id'), kw.get('forced_bos_token_id')} & set(kw.get('suppress_tokens', [])): kw.pop('suppress_tokens')
        theirs, _ = llama._prepare_generation_config(None, **kw, eos_token_id=eos)
        theirs.max_length = c.t+c.r.randint(1, 4)
        llama._prepare_special_tokens(theirs, True, device='cpu')
        ours, _ = resolve_config(GenerationConfig(eos_token_id=eos), None, kw)
        ours.max_length, start = theirs.max_length, c.r.randint(1, c.t)
        source = c.source() if c.r.random() < .5 else None
        want = llama._get_logits_processor(theirs, start, source, None, device='cpu', model_kwargs={})
        got = R.build_processors(ours, start, torch.tensor(eos), encoder_ids=source)
        assert [type(p).__name__ for p in got] == [type(p).__name__ for p in want], kw
        a = got(c.ids, c.scores.clone())
        if not a.amax(-1).isfinite().all(): continue                          # nothing is left of a row: some of the reference's filters raise
        b = want(c.ids, c.scores.clone())
        same = torch.equal(a.isneginf(), b.isneginf()) and torch.allclose(a, b, rtol=1e-4, atol=1e-4, equal_nan=True)
        assert same or rounds(got, c), (seed, kw)
        tried += len(got) > 2
    assert tried > COUNT
