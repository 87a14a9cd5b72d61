"Checked solutions to the exercises of the generation chapters."
import math, time
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
from . import judged

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
    judged('generation.config', 1, dict(num_beams=2, do_sample=True), dict(num_beams=2), dict(length_penalty=1., top_k=50), dict(num_beams=2, do_sample=True, temperature=.5))

def test_a_style_on_top():
    STYLES = dict(precise=dict(do_sample=False), wild=dict(do_sample=True, temperature=1.4, top_k=0, min_p=.05))
    def with_style(cfg, style): cfg.update(defaults_only=True, **STYLES[style]); return cfg
    def over(cfg, style): cfg.update(**STYLES[style]); return cfg
    judged('generation.config', 2, with_style, over, lambda cfg, style: cfg)

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
    class Both(TopA):
        def __call__(self, input_ids, scores): return MinPLogitsWarper(self.a)(input_ids, scores)
    judged('generation.filters', 1, TopA, Both, type('Slow', (TopA,), dict(rowwise=False)))

def test_mirostats_question():
    s = TemperatureLogitsWarper(1.5)(None, SCORES)
    def entropy(p): q = TopPLogitsWarper(p)(None, s).softmax(-1); return -(q*q.clamp_min(1e-30).log()).sum().item()
    lo, hi = 0., 1.
    for _ in range(40): lo, hi = ((lo+hi)/2, hi) if entropy((lo+hi)/2) < 1 else (lo, (lo+hi)/2)
    judged('generation.filters', 2, hi, hi+.1, hi-.1, 0)                     # the entropy jumps as a word comes in

def drawn(scores, k, seeds):
    out = []
    for seed in seeds:
        torch.manual_seed(seed)
        out.append(draw(TopKLogitsWarper(k)(None, scores))[0].item())
    return out

def test_top_one_leaves_no_randomness():
    judged('generation.filters', 3, drawn, lambda scores, k, seeds: [scores.argmax().item() for _ in seeds], lambda scores, k, seeds: drawn(scores, 13, seeds))

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
    def flat(ids, scores, a): return scores.scatter(1, ids, scores.gather(1, ids)-a)
    judged('generation.rules', 1, recency, flat, lambda ids, scores, a: recency(ids, scores, a/2))

def test_exactly_five_tokens():
    judged('generation.rules', 2, lambda length, eos: [MinLengthLogitsProcessor(length+4, eos), ForcedEOSTokenLogitsProcessor(length+5, eos)], lambda length, eos: [ForcedEOSTokenLogitsProcessor(length+5, eos)],
        lambda length, eos: [MinLengthLogitsProcessor(length+4, eos)])

def test_answers_from_a_list():
    answers = [[1, 2, 8, 0], [1, 7, 8, 0]]
    def allowed(i, ids):
        said = ids.tolist()
        return sorted({a[len(said)] for a in answers if a[:len(said)] == said and len(said) < len(a)}) or [0]
    rule, ids = PrefixConstrainedLogitsProcessor(allowed), torch.empty(1, 0, dtype=torch.long)
    for _ in range(4): ids = torch.cat((ids, rule(ids, RULE_SCORES).argmax(-1, keepdim=True)), 1)
    assert ids[0].tolist() == answers[0]
    judged('generation.rules', 3, allowed, lambda i, ids: [1, 2, 7, 8, 0], lambda i, ids: [[1], [2], [8], [0]][min(3, len(ids))])

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
    class Stops(Sentences):
        def __call__(self, input_ids, scores=None, **kw): return torch.tensor([b''.join(self.text(i) for i in r).count(b'.') >= self.n for r in input_ids.tolist()])
    class Once(Sentences):
        def __init__(self, tok, n): super().__init__(tok, 1)
    judged('generation.stopping', 1, Sentences, Stops, Once)

def test_split_anywhere():
    data, stop = 'Größe'.encode(), 'ö'.encode()
    for cut in range(1, len(data)):
        c = StopStringCriteria(Pieces('x'), 'ö')
        c.text.known = {1: data[:cut], 2: data[cut:]}
        fired = [c.row([1]), c.row([1, 2])]
        assert fired == [stop in data[:cut], stop not in data[:cut]]         # at the token that brings its last byte, and only there
    judged('generation.stopping', 2, [2, 2, 2, 1, 1, 1], [1]*6, [2, 2, 1, 1, 1, 1])

# streamers -------------------------------------------------------------------------------------------------------------
class Rate(BaseStreamer):
    n, start = 0, 0.
    def put(self, v):
        if v.ndim > 1: self.start = time.perf_counter()
        else: self.n += 1
    def end(self): print(f'{self.n} tokens, {self.n/(time.perf_counter()-self.start):.0f} per second')
class Both(BaseStreamer):
    def __init__(self, to): self.to = to
    def put(self, v): [s.put(v) for s in self.to]
    def end(self): [s.end() for s in self.to]

def test_progress():
    class Prompt(Rate):
        def put(self, v): self.start = self.start or time.perf_counter(); self.n += v.numel()
    class Silent(Rate):
        def end(self): pass
    judged('generation.streamers', 1, Rate, Prompt, Silent)

def test_two_readers():
    class First(Both):
        def put(self, v): self.to[0].put(v)
    class Endless(Both):
        def end(self): pass
    judged('generation.streamers', 2, Both, First, Endless)

# prepare ---------------------------------------------------------------------------------------------------------------
def test_holes():
    m, ids = left_align(torch.tensor([[1, 0, 1]]), torch.tensor([[5, 9, 6]]))
    assert ids.tolist() == [[9, 5, 6]] and m.tolist() == [[0, 1, 1]]          # the hole moves to the front
    assert (m.cumsum(1)-1).clamp_min(0).tolist() == [[0, 0, 1]]
    judged('generation.prompt', 1, ([9, 5, 6], [0, 0, 1]), ([5, 9, 6], [0, 0, 1]), ([9, 5, 6], [0, 1, 2]))

def test_who_decides():
    where = lambda n, kw: [dict(model=GenerationConfig(**kw), given=None, kwargs={}), dict(model=GenerationConfig(), given=GenerationConfig(**kw), kwargs={}),
                           dict(model=GenerationConfig(), given=None, kwargs=kw)][n]
    for n in range(3):
        for kw, want in ((dict(max_length=9), 9), (dict(max_new_tokens=9), 13), (dict(max_length=30, max_new_tokens=2), 6), ({}, 24)):
            w = where(n, kw)
            assert final_length(resolve_config(w['model'], w['given'], w['kwargs'])[0], 4) == want

    lengths = {(who, flag): n for who in ('call', 'recipe', 'model') for flag, n in (('max_length', 9), ('max_new_tokens', 13))}
    judged('generation.prompt', 2, lengths, lengths | {('model', 'max_length'): 20}, {k: 9 for k in lengths})

# loop ------------------------------------------------------------------------------------------------------------------
def patience(eos, token):
    def rule(ids, scores):
        out = scores.clone()
        out[(ids != token).all(1), eos] = -math.inf
        return out
    return rule

def test_a_penalty_for_haste():
    def never(eos, token): return lambda ids, scores: scores.index_fill(1, torch.tensor([eos]), -math.inf)
    def together(eos, token): return lambda ids, scores: scores if token in ids else never(eos, token)(ids, scores)
    judged('generation.loop', 1, patience, never, together)

def best(run, place=1):
    stop, out = Stopper(run), read_prompt(run)
    read = Reader(run)
    while True:
        slot = run.ids.narrow(1, run.n, 1)
        slot.copy_(out.logits[:, -1].topk(place).indices[:, place-1:])
        run.n += 1
        yield slot
        if stop(slot, run.n): return
        out = read(slot, run.n)
def second_best(run): yield from best(run, 2)

def test_second_best(): judged('generation.loop', 2, second_best, best)

def test_counting_passes():
    def tokens_read(model, prompt, n, use_cache):
        read = []
        hook = model.model.embed_tokens.register_forward_hook(lambda m, i, o: read.append(i[0].shape[1]))
        generate(model, prompt, max_new_tokens=n, eos_token_id=None, use_cache=use_cache)
        hook.remove()
        return sum(read)
    def passes(model, prompt, n, use_cache): return n
    def forgetful(model, prompt, n, use_cache):
        model.model.register_forward_hook(lambda *a: None)
        return tokens_read(model, prompt, n, use_cache)
    judged('generation.loop', 3, tokens_read, passes, lambda model, prompt, n, use_cache: tokens_read(model, prompt, n, True), forgetful)

# live ------------------------------------------------------------------------------------------------------------------
def surprises(steps): return [-math.log2(dict(s.probs)[s.token]) for s in steps]

def test_surprise():
    judged('generation.widgets', 1, surprises, lambda steps: [-math.log(dict(s.probs)[s.token]) for s in steps], lambda steps: [-math.log2(s.probs[0][1]) for s in steps])

def test_second_opinion():
    from nbformers.generation.widgets import step_html
    def opinions(models, ids, name): return ''.join(step_html(next(stream(m, ids, max_new_tokens=1)), name) for m in models)
    judged('generation.widgets', 2, opinions, lambda models, ids, name: opinions(models[::-1], ids, name), lambda models, ids, name: opinions(models[:1]*2, ids, name))

# a run by hand, and steps seen from inside -------------------------------------------------------------------------------
def test_a_run_by_hand(model):
    "Two prompts, three samples each: six rows, each prompt's copies side by side, the shorter one behind its padding."
    run = prepare(model, torch.tensor([[0, 1, 17], [1, 17, 42]]), dict(attention_mask=torch.tensor([[0, 1, 1], [1, 1, 1]]), do_sample=True, num_return_sequences=3, max_new_tokens=2))
    assert run.copies == 3 and run.n == run.start == 3 and run.length == 5
    assert run.ids.tolist() == [[0, 1, 17, 0, 0]]*3 + [[1, 17, 42, 0, 0]]*3
    assert run.mask.tolist() == [[0, 1, 1, 1, 1], [1]*5] and run.positions.tolist() == [[2], [3]] # copied after the prompt was read
    assert run.prompt['position_ids'].tolist() == [[0, 0, 1], [0, 1, 2]]
    by_hand = dict(copies=3, ids=[[0, 1, 17, 0, 0]]*3 + [[1, 17, 42, 0, 0]]*3, mask=[[0, 1, 1, 1, 1], [1]*5], positions=[[2], [3]])
    judged('generation.prepare', 1, by_hand, by_hand | dict(copies=1), by_hand | dict(ids=[[0, 1, 17, 0, 0], [1, 17, 42, 0, 0]]*3))

def test_where_the_doubt_is(model):
    "The entropy of each step's first stage, with all tokens noted, is that of the model on the finished text."
    def doubts(model, ids, n, base=1.):
        steps = stream(model, ids, max_new_tokens=n, eos_token_id=None, watch=model.config.vocab_size)
        return [float(-(s.stages[0].probs[0]*s.stages[0].probs[0].clamp_min(1e-30).log()).sum())/base for s in steps]
    doubt = doubts(model, PROMPT, 40)
    assert len(doubt) == 40 and max(doubt) > min(doubt) >= 0
    judged('generation.steps', 1, doubts, lambda model, ids, n: doubts(model, ids, n, math.log(2)), lambda model, ids, n: doubts(model, ids[:, :-1], n))

def test_a_filter_in_the_middle(model):
    "A processor of the caller's stands after the built-in rules and before temperature and cuts."
    def halve(ids, s): s = s.clone(); s.scatter_(1, ids[:, -1:], s.gather(1, ids[:, -1:])/2); return s
    step = next(stream(model, PROMPT, max_new_tokens=1, do_sample=True, temperature=.7, top_k=5, repetition_penalty=1.2, logits_processor=[halve]))
    names = ['model', 'repetition_penalty', 'halve', 'temperature', 'top_k']
    assert [s.name for s in step.stages] == names
    judged('generation.steps', 2, names, ['model', 'repetition_penalty', 'temperature', 'top_k', 'halve'], names[1:])
