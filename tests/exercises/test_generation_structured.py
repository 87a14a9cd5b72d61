"Solutions to the exercises of `nbs/07_generate/16_structured.ipynb`."
import json, math
import pytest, torch
from nbformers.generation.filters import LogitsProcessor
from nbformers.generation.loop import generate
from nbformers.generation.structured import StructuredLogitsProcessor
from . import judged
pytest.importorskip('llguidance')

@pytest.fixture(scope='module')
def lm(lm): return *lm, lm[0]('And the king said', return_tensors='pt')['input_ids']

PERSON = dict(type='object', properties=dict(name=dict(type='string', maxLength=12), kind=dict(enum=['king', 'whale', 'captain']), age=dict(type='integer', minimum=1, maximum=99),
              friends=dict(type='array', items=dict(type='string', maxLength=8), minItems=1, maxItems=2)), required=['name', 'kind', 'age', 'friends'], additionalProperties=False)

class Resistance(LogitsProcessor):
    "Adds up what the shape costs: minus the logarithm of the probability that it leaves, step by step."
    def __init__(self, shape): self.shape, self.nats = shape, 0.
    def __call__(self, ids, scores):
        out = self.shape(ids, scores)
        self.nats -= float(scores.log_softmax(-1)[out > -math.inf].logsumexp(0))
        return out

def test_which_form_is_natural(lm):
    "A short sentence costs some ten nats, a time of day more than thirty, and the person more than three hundred: a model that knows no JSON resists every bracket."
    tok, model, prompt = lm
    def nats(seed, **shape):
        torch.manual_seed(seed)
        p = Resistance(StructuredLogitsProcessor(tok, eos_token_id=0, **shape))
        generate(model, prompt, logits_processor=[p], max_new_tokens=100, do_sample=True, top_k=0, eos_token_id=0, pad_token_id=0)
        return p.nats
    sentence, clock, person = (sum(nats(i, **s) for i in range(3))/3 for s in (dict(regex=r', (I|we|he)( [a-z]+){3}\.'), dict(regex=r'([01][0-9]|2[0-3]):[0-5][0-9]'), dict(json_schema=PERSON)))
    assert sentence < 20 < 30 < clock < 50 and person > 200
    resistance = lambda before, after: -float(before.log_softmax(-1)[after > -math.inf].logsumexp(0))
    judged('generation.structured', 1, resistance, lambda before, after: -resistance(before, after), lambda before, after: float((after == -math.inf).sum()))

def choices(shape, said, v):
    return sum(int((shape(torch.tensor([[9, *said[:i]]]), torch.zeros(1, v)) > -math.inf).sum()) > 1 for i in range(len(said)))

def test_steps_with_a_choice(): judged('generation.structured', 2, choices, lambda shape, said, v: len(said), lambda shape, said, v: len(said)-choices(shape, said, v))

def test_skip_what_is_certain(lm):
    "Two passes of three are saved; tokens without an alternative are read together with the next one that has some."
    tok, model, prompt = lm
    shape = StructuredLogitsProcessor(tok, json_schema=PERSON, eos_token_id=0)
    want = generate(model, prompt, logits_processor=[StructuredLogitsProcessor(tok, json_schema=PERSON, eos_token_id=0)], max_new_tokens=200, eos_token_id=0, pad_token_id=0)[0].tolist()
    v, text, said, passes = model.config.vocab_size, prompt[0].tolist(), (), 0
    while not said or said[-1] != 0:
        bad = shape.mask(shape.parser(said), v)
        allowed = (~bad).nonzero().flatten().tolist()
        if len(allowed) > 1:
            with torch.no_grad(): s = model(input_ids=torch.tensor([text])).logits[0, -1]
            passes += 1
            allowed = [int(s.masked_fill(bad, -math.inf).argmax())]
        said, text = (*said, *allowed), text + allowed
    assert text == want and 3*passes < len(said)+5 and json.loads(tok.decode(said, skip_special_tokens=True))['kind'] in ('king', 'whale', 'captain')

class Brackets(LogitsProcessor):
    "A stack of what is open; a token is allowed if its letters can be read, and what is open fits the room that is left."
    pairs = {')': '(', ']': '['}
    def __init__(self, tok, v, start, room, eos): self.pieces, self.start, self.room, self.eos = [tok.decode([i]) for i in range(v)], start, room, eos
    def read(self, text):
        stack = []
        for c in text:
            if c in '([': stack.append(c)
            elif c not in self.pairs or not stack or stack.pop() != self.pairs[c]: return None
        return stack
    def __call__(self, ids, scores):
        out = torch.full_like(scores, -math.inf)
        for row,s,o in zip(ids[:, self.start:].tolist(), scores, out):
            text = ''.join(self.pieces[i] for i in row if i != self.eos)
            for i,p in enumerate(self.pieces):
                if p and not set(p)-set('()[]') and (stack := self.read(text+p)) is not None and len(row)+1+len(stack) < self.room: o[i] = s[i]
            if text and not self.read(text): o[self.eos] = s[self.eos]
        return out

class Any(Brackets):
    "Counts nothing: whatever is a bracket may pass."
    def read(self, text): return [] if not set(text)-set('()[]') else None
class Wordless(Brackets):
    def __call__(self, ids, scores): return torch.full_like(scores, -math.inf).index_fill_(1, torch.tensor([self.eos]), 0.)

def test_by_hand_with_a_stack(): judged('generation.structured', 3, Brackets, Any, Wordless)
