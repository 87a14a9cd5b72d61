"Solutions to the exercises of `nbs/07_generate/10_beams.ipynb` and `11_groups.ipynb`."
import pytest, torch
from nbformers import AutoModelForCausalLM, AutoTokenizer
from nbformers.generation.groups import Constraint, HammingDiversityLogitsProcessor
from nbformers.generation.loop import generate
from nbformers.generation.steps import stream

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
    king = [best('And the king said', k) for k in (1, 2, 4, 8, 12)]
    assert king == sorted(king) and abs(king[-1]-king[-2]) < 1e-4               # here it rises, and eight are enough

def test_a_better_judge(lm):
    "What would be said anywhere is dull. With λ of a half *Aye* makes room for a question, and *the United States and the United States* for the Government."
    tok, model = lm
    bos = torch.tensor([model.config.bos_token_id])
    for text,repeats in (('Call me', None), ('The Congress of the', 'United States and the United States')):
        ids = encode(tok, text)
        P = ids.shape[1]
        rows = generate(model, ids, num_beams=12, num_return_sequences=12, max_new_tokens=8, min_new_tokens=8)
        given, alone = (torch.tensor(x) for x in zip(*((logp(model, r, P), logp(model, torch.cat((bos, r[P:])), 1)) for r in rows)))
        pick = lambda lam: int((given-lam*alone).argmax())
        dull, own = pick(0.), pick(.5)
        assert dull == int(given.argmax()) != own and alone[own] < alone[dull]-2
        if repeats: assert repeats in tok.decode(rows[dull]) and repeats not in tok.decode(rows[own])

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

def test_beams_by_hand(lm):
    tok, model = lm
    comma = tok(',', add_special_tokens=False)['input_ids'][0]
    for text,eos in (('And the king said', 0), ('The whale', 0), ('In the beginning', comma), ('Call me', comma)):
        ids = encode(tok, text)
        for k in (2, 3, 5):
            want = generate(model, ids, num_beams=k, max_new_tokens=7, length_penalty=0., early_stopping='never', eos_token_id=eos, pad_token_id=eos)[0, ids.shape[1]:].tolist()
            got = by_hand(model, ids[0].tolist(), k, 7, eos)[1]
            assert got == want[:len(got)] and set(want[len(got):]) <= {eos}

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

def test_ordered_words(lm):
    tok, model = lm
    ids, one = encode(tok, 'And the king said'), lambda s: tok(s, add_special_tokens=False)['input_ids'][0]
    c = Ordered(5, 6)
    assert [c.remaining(), c.update(6), c.update(5), c.remaining(), c.update(9), c.update(6), c.remaining()] == [2, (False, False, False), (True, False, False), 1, (False, False, False), (True, True, False), 0]
    for a,b in ((' ship', ' sea'), (' sea', ' ship')):
        out = generate(model, ids, constraints=[Ordered(one(a), one(b))], num_beams=4, max_new_tokens=14, min_new_tokens=14)[0, ids.shape[1]:].tolist()
        assert out.index(one(a)) < len(out)-1-out[::-1].index(one(b))

def test_is_lambda_a_price(lm):
    "In the first step all groups have the same scores: the second takes the word of the first exactly when it leads by more than λ."
    tok, model = lm
    ids = encode(tok, 'And the king said')
    with torch.no_grad(): top = model(input_ids=ids).logits[0, -1].log_softmax(-1).topk(2)
    lead = float(top.values[0]-top.values[1])
    for lam,same in ((.9*lead, True), (1.1*lead, False)):
        first = next(stream(model, ids, num_beams=2, num_beam_groups=2, diversity_penalty=lam, max_new_tokens=4, watch=0)).beams[0]
        assert (first[0].token == first[1].token) is same
        assert first[1].token == int(top.indices[0 if same else 1])

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
    assert whole[0][1] > max(p for _,p in step)                                 # and the answers need not be less probable: at λ = 1 they are more so
