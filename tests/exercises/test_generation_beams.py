"Solutions to the exercises of `nbs/07_generate/10_beams.ipynb` and `11_groups.ipynb`."
import pytest, torch
from nbformers import AutoModelForCausalLM, AutoTokenizer
from nbformers.generation.groups import Constraint, HammingDiversityLogitsProcessor
from nbformers.generation.loop import generate
from nbformers.generation.steps import stream
from . import judged

@pytest.fixture(scope='module')
def lm():
    torch.set_num_threads(1)
    return AutoTokenizer.from_pretrained('starter/lm'), AutoModelForCausalLM.from_pretrained('starter/lm')

def encode(tok, s): return tok(s, return_tensors='pt')['input_ids']

@torch.no_grad()
def logp(model, ids, start):
    "The log-probability of what stands behind the first `start` tokens."
    return float(model(input_ids=ids[None]).logits.log_softmax(-1)[0, start-1:-1].gather(1, ids[start:, None]).sum())

# 10_beams --------------------------------------------------------------------------------------------------------------
def test_how_wide_is_enough(lm):
    "It can fall: a beam more lets an early favourite in that pushes the later winner out. Only the sum over the steps decides, and no step sees it."
    tok, model = lm
    def best(text, k):
        ids = encode(tok, text)
        return logp(model, generate(model, ids, num_beams=k, max_new_tokens=8, min_new_tokens=8)[0], ids.shape[1])
    one, two, three = (best('In the beginning', k) for k in (1, 2, 3))
    assert two < one < three
    judged('generation.beams', 1, ('In the beginning', 1, 2), ('In the beginning', 2, 3), ('And the king said', 1, 8))
    king = [best('And the king said', k) for k in (1, 2, 4, 8, 12)]
    assert king == sorted(king) and abs(king[-1]-king[-2]) < 1e-4               # here it rises, and eight are enough

def judge(model, ids, lam):
    "What would be said anywhere is dull. With λ of a half *Aye* makes room for a question, and *the United States and the United States* for the Government."
    bos, P = torch.tensor([model.config.bos_token_id]), ids.shape[1]
    rows = generate(model, ids, num_beams=12, num_return_sequences=12, max_new_tokens=8, min_new_tokens=8)
    given, alone = (torch.tensor(x) for x in zip(*((logp(model, r, P), logp(model, torch.cat((bos, r[P:])), 1)) for r in rows)))
    return rows[int((given-lam*alone).argmax()), P:]

def test_a_better_judge(lm):
    tok, model = lm
    ids = encode(tok, 'The Congress of the')
    dull, own = (tok.decode(judge(model, ids, lam)) for lam in (0., .5))
    assert (twice := 'United States and the United States') in dull and twice not in own
    judged('generation.beams', 2, judge, lambda model, ids, lam: judge(model, ids, 0.), lambda model, ids, lam: judge(model, ids, 2*lam))

@torch.no_grad()
def by_hand(model, ids, k, n, eos):
    "Beam search in sums: the best of everything that is finished or still grows."
    open, done = [(0., [])], []
    for _ in range(n):
        rows = torch.tensor([ids + said for _,said in open])
        s = model(input_ids=rows).logits[:, -1].log_softmax(-1) + torch.tensor([[total] for total,_ in open])
        total, at = s.flatten().topk(min(2*k, s.numel()))
        lot = [(float(x), open[i//s.shape[1]][1] + [i % s.shape[1]]) for x,i in zip(total, at.tolist())]
        done += [x for x in lot[:k] if x[1][-1] == eos]
        open = [x for x in lot if x[1][-1] != eos][:k]
        if done and max(done)[0] > open[0][0]: break                            # a sum only falls
    return max(done + open)

def test_beams_by_hand():
    judged('generation.beams', 3, lambda model, ids, k, n, eos: by_hand(model, ids, k, n, eos)[1], lambda model, ids, k, n, eos: by_hand(model, ids, 1, n, eos)[1], lambda model, ids, k, n, eos: by_hand(model, ids, k, n, -1)[1])

# 11_groups -------------------------------------------------------------------------------------------------------------
class Ordered(Constraint):
    "One token, and another anywhere behind it. `seqlen` is 2: so many tokens it takes, whatever comes between; what was won is never lost."
    def __init__(self, first, then): self.tokens, self.seqlen, self.n = (first, then), 2, 0
    completed = property(lambda self: self.n == 2)
    def advance(self): return None if self.completed else self.tokens[self.n]
    def does_advance(self, token_id): return not self.completed and token_id == self.tokens[self.n]
    def update(self, token_id):
        nearer = self.does_advance(token_id)
        self.n += nearer
        return nearer, self.completed, False
    def reset(self): self.n = 0
    def remaining(self): return 2-self.n
    def copy(self, stateful=False):
        new = type(self)(*self.tokens)
        if stateful: new.n = self.n
        return new

class Unordered(Ordered):
    "Begins again when the second comes first, and takes either."
    def does_advance(self, token_id): return not self.completed and token_id in self.tokens

class Forgetful(Ordered):
    def copy(self, stateful=False): return type(self)(*self.tokens)

def test_ordered_words(): judged('generation.groups', 1, Ordered, Unordered, Forgetful)

def second(model, ids, lam):
    "In the first step all groups have the same scores: the second takes the word of the first exactly when it leads by more than λ."
    return next(stream(model, ids, num_beams=2, num_beam_groups=2, diversity_penalty=lam, max_new_tokens=4, watch=0)).beams[0][1].token

def test_is_lambda_a_price():
    judged('generation.groups', 2, second, lambda model, ids, lam: second(model, ids, 1e-3), lambda model, ids, lam: second(model, ids, 99.))

class Anywhere(HammingDiversityLogitsProcessor):
    "A word costs λ if an earlier group has said it anywhere."
    start, said = 0, ()
    def __call__(self, input_ids, scores, current_tokens, beam_group_idx):
        said = set() if beam_group_idx == 0 else self.said                     # the first group's turn begins a step
        if beam_group_idx:
            now = current_tokens.view(-1, self.k)[:, :beam_group_idx*self.size]
            scores = scores.clone()
            scores[:, sorted(said | set(now.flatten().tolist()))] -= self.penalty
        self.said = said | set(input_ids[:, self.start:].flatten().tolist())
        return scores

def test_sound_alike(lm, monkeypatch):
    tok, model = lm
    ids = encode(tok, 'And the king said')
    P = Anywhere.start = ids.shape[1]
    def spread(lam):
        rows = generate(model, ids, num_beams=4, num_beam_groups=4, num_return_sequences=4, diversity_penalty=lam, max_new_tokens=10, min_new_tokens=10)
        words = [set(r[P:].tolist()) for r in rows]
        pairs = [(a, b) for i,a in enumerate(words) for b in words[:i]]
        return sum(len(a & b)/len(a | b) for a,b in pairs)/len(pairs), sum(logp(model, r, P) for r in rows)/4
    step = [spread(lam) for lam in (.5, 1., 2., 4.)]
    monkeypatch.setattr('nbformers.generation.groups.HammingDiversityLogitsProcessor', Anywhere)
    whole = [spread(lam) for lam in (1., 2., 4.)]
    assert max(shared for shared,_ in whole) < min(shared for shared,_ in step)
    judged('generation.groups', 3, Anywhere, HammingDiversityLogitsProcessor, type('Always', (Anywhere,), dict(__call__=lambda self, ids, scores, now, g: scores-self.penalty)))
    assert whole[0][1] > max(p for _,p in step)                                 # and the answers need not be less probable: at λ = 1 they are more so
