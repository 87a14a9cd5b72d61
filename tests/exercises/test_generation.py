"Checked solutions to the exercises of the generation chapters."
import itertools, math, time
import pytest, torch
from nbformers.generation.config import GenerationConfig, idle_flags, NEUTRAL, resolve_config
from nbformers.generation.filters import LogitsProcessor, LogitsProcessorList, MinPLogitsWarper, TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper, draw
from nbformers.generation.rules import ForcedEOSTokenLogitsProcessor, MinLengthLogitsProcessor, PrefixConstrainedLogitsProcessor
from nbformers.generation.stopping import StoppingCriteria, StopStringCriteria, TokenText
from nbformers.generation.streamers import BaseStreamer
from nbformers.generation.prepare import prepare
from nbformers.generation.prompt import final_length, left_align
from nbformers.generation.loop import Reader, Stopper, generate, read_prompt
from nbformers.generation.steps import stream
from nbformers.models.llama import LlamaConfig, LlamaForCausalLM

SCORES = torch.tensor([[3.2, 2.6, 2.3, 1.7, 1.5, .9, .8, .2, .1, -.9, -1.6, -2.2, -2.5]])

@pytest.fixture(scope='module')
def model():
    torch.manual_seed(0)
    return LlamaForCausalLM(LlamaConfig(vocab_size=60, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
        max_position_embeddings=256, bos_token_id=1, eos_token_id=2, pad_token_id=0, initializer_range=.3)).eval()
PROMPT = torch.tensor([[1, 17, 42]])

# config ----------------------------------------------------------------------------------------------------------------
def test_the_quiet_flag():
    c = GenerationConfig(num_beams=1, length_penalty=2., top_k=20, return_dict_in_generate=True, output_scores=True)
    assert set(idle_flags(c)) == {'length_penalty', 'top_k'}
    c.update(num_beams=2, do_sample=True)
    assert not idle_flags(c)

def test_a_style_on_top():
    STYLES = dict(precise=dict(do_sample=False), wild=dict(do_sample=True, temperature=1.4, top_k=0, min_p=.05))
    def with_style(cfg, style): cfg.update(defaults_only=True, **STYLES[style]); return cfg
    c = with_style(GenerationConfig(do_sample=True, temperature=.3), 'wild')
    assert (c.temperature, c.top_k, c.min_p) == (.3, 0, .05)

# filters ---------------------------------------------------------------------------------------------------------------
class TopA(LogitsProcessor):
    rowwise = True
    def __init__(self, a): self.a = a
    def __call__(self, input_ids, scores):
        p = scores.softmax(-1)
        return scores.masked_fill(p < self.a*p.amax(-1, keepdim=True)**2, -math.inf)

def test_top_a_keeps_more_where_the_model_is_unsure():
    kept = lambda f, s: f(None, s).isfinite().sum().item()
    assert kept(TopA(.3), SCORES) >= kept(MinPLogitsWarper(.3), SCORES)      # the bound is lower by the factor max p < 1
    assert kept(TopA(.3), SCORES*.3) > kept(MinPLogitsWarper(.3), SCORES*.3)

def test_mirostats_question():
    s = TemperatureLogitsWarper(1.5)(None, SCORES)
    def entropy(p): q = TopPLogitsWarper(p)(None, s).softmax(-1); return -(q*q.clamp_min(1e-30).log()).sum().item()
    lo, hi = 0., 1.
    for _ in range(40): lo, hi = ((lo+hi)/2, hi) if entropy((lo+hi)/2) < 1 else (lo, (lo+hi)/2)
    assert entropy(lo-1e-3) < 1 <= entropy(hi+1e-3)                          # the entropy jumps as a word comes in

def test_top_one_leaves_no_randomness():
    for seed in range(20):
        torch.manual_seed(seed)
        assert draw(TopKLogitsWarper(1)(None, SCORES))[0].item() == SCORES.argmax().item()

# rules -----------------------------------------------------------------------------------------------------------------
WORDS = '<eos> the cat sat on mat and dog .'.split()
IDS = torch.tensor([[1, 2, 3, 4, 1, 5, 6, 1]])
RULE_SCORES = torch.tensor([[.2, -2., 2., -.5, -1., 1.2, -.8, 1., .1]])

def test_recency_penalty():
    def recency(ids, scores, a=2.):
        d = torch.full(scores.shape, math.inf)
        for back, t in enumerate(reversed(ids[0].tolist())): d[0, t] = min(d[0, t], torch.tensor(float(back)))
        return scores - a*.5**d
    assert WORDS[recency(IDS, RULE_SCORES).argmax()] == 'cat'                # said six words ago: 2 - 2/64
    assert WORDS[recency(IDS[:, :2], RULE_SCORES).argmax()] == 'mat'         # just said: 2 - 2

def test_exactly_five_tokens(model):
    n = PROMPT.shape[1]+5
    for eos in range(3, 20):
        rules = LogitsProcessorList([MinLengthLogitsProcessor(n-1, eos), ForcedEOSTokenLogitsProcessor(n, eos)])
        out = generate(model, PROMPT, max_new_tokens=30, eos_token_id=eos, logits_processor=rules)[0, 3:].tolist()
        assert len(out) == 5 and out[-1] == eos and eos not in out[:-1]

def test_answers_from_a_list():
    answers = [[1, 2, 8, 0], [1, 7, 8, 0]]
    def allowed(i, ids):
        said = ids.tolist()
        return sorted({a[len(said)] for a in answers if a[:len(said)] == said and len(said) < len(a)}) or [0]
    rule, ids = PrefixConstrainedLogitsProcessor(allowed), torch.empty(1, 0, dtype=torch.long)
    for _ in range(4): ids = torch.cat((ids, rule(ids, RULE_SCORES).argmax(-1, keepdim=True)), 1)
    assert ids[0].tolist() == answers[0]

# stopping --------------------------------------------------------------------------------------------------------------
class Pieces:
    def __init__(self, *pieces): self.pieces = ['a', *pieces]
    def decode(self, ids, **kw): return ''.join(self.pieces[i] for i in ids)
    def convert_ids_to_tokens(self, i): return self.pieces[i]
    def encode(self, s, **kw): return [0]

def test_enough_sentences():
    class Sentences(StoppingCriteria):
        def __init__(self, tok, n): self.text, self.n = TokenText(tok), n
        def __call__(self, input_ids, scores=None, **kw): return torch.tensor([sum(b'.' in self.text(i) for i in r) >= self.n for r in input_ids.tolist()])
    stop = Sentences(Pieces('No.', ' yes', '!.'), 3)
    assert stop(torch.tensor([[1, 2, 3, 1], [1, 2, 2, 3]])).tolist() == [True, False]

def test_split_anywhere():
    data, stop = 'Größe'.encode(), 'ö'.encode()
    for cut in range(1, len(data)):
        c = StopStringCriteria(Pieces('x'), 'ö')
        c.text.known = {1: data[:cut], 2: data[cut:]}
        fired = [c.row([1]), c.row([1, 2])]
        assert fired == [stop in data[:cut], stop not in data[:cut]]         # at the token that brings its last byte, and only there

# streamers -------------------------------------------------------------------------------------------------------------
def test_progress_and_two_readers(model, capsys):
    class Rate(BaseStreamer):
        def __init__(self): self.n = 0
        def put(self, v):
            if v.ndim > 1: self.start = time.perf_counter()
            else: self.n += 1
        def end(self): print(f'{self.n} tokens, {self.n/(time.perf_counter()-self.start):.0f} per second')
    class Both(BaseStreamer):
        def __init__(self, *to): self.to = to
        def put(self, v): [s.put(v) for s in self.to]
        def end(self): [s.end() for s in self.to]
    a, b = Rate(), Rate()
    generate(model, PROMPT, max_new_tokens=7, eos_token_id=None, streamer=Both(a, b))
    assert a.n == b.n == 7 and capsys.readouterr().out.count('7 tokens') == 2

# prepare ---------------------------------------------------------------------------------------------------------------
def test_holes():
    m, ids = left_align(torch.tensor([[1, 0, 1]]), torch.tensor([[5, 9, 6]]))
    assert ids.tolist() == [[9, 5, 6]] and m.tolist() == [[0, 1, 1]]          # the hole moves to the front
    assert (m.cumsum(1)-1).clamp_min(0).tolist() == [[0, 0, 1]]

def test_who_decides():
    where = lambda n, kw: [dict(model=GenerationConfig(**kw), given=None, kwargs={}), dict(model=GenerationConfig(), given=GenerationConfig(**kw), kwargs={}),
                           dict(model=GenerationConfig(), given=None, kwargs=kw)][n]
    for n in range(3):
        for kw, want in ((dict(max_length=9), 9), (dict(max_new_tokens=9), 13), (dict(max_length=30, max_new_tokens=2), 6), ({}, 24)):
            w = where(n, kw)
            assert final_length(resolve_config(w['model'], w['given'], w['kwargs'])[0], 4) == want

# loop ------------------------------------------------------------------------------------------------------------------
def test_a_penalty_for_haste(model):
    eos = generate(model, PROMPT, max_new_tokens=4, eos_token_id=None)[0, 4].item()     # what greedy says second
    def patience(ids, scores):
        for r, row in enumerate(ids.tolist()):
            if 59 not in row: scores[r, eos] = -math.inf
        return scores
    hasty = generate(model, PROMPT, max_new_tokens=12, eos_token_id=eos)
    patient = generate(model, PROMPT, max_new_tokens=12, eos_token_id=eos, logits_processor=[patience])
    assert hasty.shape[1] == 5 and eos not in patient[0, 3:patient[0].tolist().index(59) if 59 in patient[0] else None].tolist()

def test_second_best(model):
    def second_best(run):
        stop, out = Stopper(run), read_prompt(run)
        read = Reader(run)
        while True:
            slot = run.ids.narrow(1, run.n, 1)
            slot.copy_(out.logits[:, -1].topk(2).indices[:, 1:])
            run.n += 1
            yield slot
            if stop(slot, run.n): return
            out = read(slot, run.n)
    out, ids = generate(model, PROMPT, max_new_tokens=6, eos_token_id=None, custom_generate=second_best), PROMPT
    with torch.no_grad():
        for _ in range(6): ids = torch.cat((ids, model(input_ids=ids).logits[:, -1].topk(2).indices[:, 1:]), 1)
    assert torch.equal(out, ids)

def test_counting_passes(model):
    read = []
    hook = model.model.embed_tokens.register_forward_hook(lambda m, i, o: read.append(i[0].shape[1]))
    for cache, want in ((True, 3+49), (False, sum(range(3, 53)))):
        read.clear()
        generate(model, PROMPT, max_new_tokens=50, eos_token_id=None, use_cache=cache)
        assert sum(read) == want
    hook.remove()

# live ------------------------------------------------------------------------------------------------------------------
def test_surprise_and_second_opinion(model):
    from nbformers.generation.widgets import step_html
    torch.manual_seed(0)
    steps = list(stream(model, PROMPT, max_new_tokens=8, do_sample=True, temperature=1.5, top_k=0, watch=60, eos_token_id=None))
    assert all(-math.log2(dict(s.probs)[s.token]) >= 0 for s in steps)
    both = ''.join(step_html(next(stream(m, PROMPT, max_new_tokens=1)), str) for m in (model, model))
    assert both.count('nb-probs') == 2

# a run by hand, and steps seen from inside -------------------------------------------------------------------------------
def test_a_run_by_hand(model):
    "Two prompts, three samples each: six rows, each prompt's copies side by side, the shorter one behind its padding."
    run = prepare(model, torch.tensor([[0, 1, 17], [1, 17, 42]]), dict(attention_mask=torch.tensor([[0, 1, 1], [1, 1, 1]]), do_sample=True, num_return_sequences=3, max_new_tokens=2))
    assert run.copies == 3 and run.n == run.start == 3 and run.length == 5
    assert run.ids.tolist() == [[0, 1, 17, 0, 0]]*3 + [[1, 17, 42, 0, 0]]*3
    assert run.mask.tolist() == [[0, 1, 1, 1, 1], [1]*5] and run.positions.tolist() == [[2], [3]] # copied after the prompt was read
    assert run.prompt['position_ids'].tolist() == [[0, 0, 1], [0, 1, 2]]

def test_where_the_doubt_is(model):
    "The entropy of each step's first stage, with all tokens noted, is that of the model on the finished text."
    steps = list(stream(model, PROMPT, max_new_tokens=40, eos_token_id=None, watch=60))
    doubt = [float(-(s.stages[0].probs[0]*s.stages[0].probs[0].clamp_min(1e-30).log()).sum()) for s in steps]
    text = torch.cat((PROMPT, torch.tensor([[s.token for s in steps]])), 1)
    with torch.no_grad(): logp = model(text).logits[0, 2:-1].log_softmax(-1)
    assert torch.allclose(torch.tensor(doubt), -(logp.exp()*logp).sum(-1), atol=1e-4)
    assert len(doubt) == 40 and max(doubt) > min(doubt) >= 0

def test_a_filter_in_the_middle(model):
    "A processor of the caller's stands after the built-in rules and before temperature and cuts."
    def halve(ids, s): s = s.clone(); s.scatter_(1, ids[:, -1:], s.gather(1, ids[:, -1:])/2); return s
    step = next(stream(model, PROMPT, max_new_tokens=1, do_sample=True, temperature=.7, top_k=5, repetition_penalty=1.2, logits_processor=[halve]))
    assert [s.name for s in step.stages] == ['model', 'repetition_penalty', 'halve', 'temperature', 'top_k']
