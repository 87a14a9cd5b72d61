"Checked solutions to the exercises of the chapters that draw generation: pictures that answer, filters under sliders, the tree of beams."
import math
import pytest, torch
from nbformers.config.drawing import Drawing, LivePicture
from nbformers.generation.filters import MinPLogitsWarper, TopKLogitsWarper, TopPLogitsWarper
from nbformers.generation.loop import generate
from nbformers.generation.steps import stream
from nbformers.generation.widgets_beams import BeamTree, Twig, grow_tree, lay_out
from nbformers.generation.widgets_filters import LiveDistribution, spread
from nbformers.models.llama import LlamaConfig, LlamaForCausalLM
from . import judged

@pytest.fixture(scope='module')
def model():
    torch.manual_seed(0)
    return LlamaForCausalLM(LlamaConfig(vocab_size=60, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
        max_position_embeddings=256, bos_token_id=None, eos_token_id=None, pad_token_id=0, initializer_range=.3)).eval()
PROMPT = torch.tensor([[1, 17, 42]])

# 30b pictures that answer ----------------------------------------------------------------------------------------------
def curve(ys, w=300, h=80):
    lo, hi = min(ys), max(ys)
    d = Drawing(w, h)
    at = lambda k: (40+(w-50)*k/max(1, len(ys)-1), 8+(h-16)*(hi-ys[k])/((hi-lo) or 1))
    d.line([at(k) for k in range(len(ys))], '#2b6cb0', 2).word(36, 14, f'{hi:g}', 9, 'end').word(36, h-6, f'{lo:g}', 9, 'end')
    return d

def test_a_curve():
    d = curve([1, 4, 2])
    (_, points, *_), top, low = d.shapes
    assert min(points, key=lambda p: p[1]) == points[1] and points[1][1] == 8       # the largest value is the highest point
    assert (top[3], low[3]) == ('4', '1')
    assert d.svg().count('<polyline') == 1 and d.png()[:4] == b'\x89PNG'
    judged('config.drawing', 1, curve, lambda ys, w, h: curve([-y for y in ys], w, h), lambda ys, w, h: Drawing(w, h))

class Waiting(LivePicture):
    "How long until a token of probability p is drawn: 1, 2, 3 … steps."
    def __init__(self): self.p = self.slider('p', .2, .05, 1., .05, self.change); self.build([self.p]); self.change()
    def chances(self, n=12): return [self.p.value*(1-self.p.value)**k for k in range(n)]
    def change(self, _=None): self.say(f'{1/self.p.value:.1f} steps on average'); self.refresh()
    def draw(self):
        d = Drawing(420, 70)
        for k,c in enumerate(self.chances()): d.rect(10+33*k, 60-50*c, 28, 50*c, tip=f'{k+1}: {c:.3f}')
        return d

def test_a_widget_of_your_own():
    w = Waiting()
    assert w.status == '5.0 steps on average' and len(w.drawing.shapes) == 12
    w.p.value = .5
    assert w.status == '2.0 steps on average' and abs(sum(w.chances(60))-1) < 1e-9
    judged('config.drawing', 2, Waiting, type('Flat', (Waiting,), dict(chances=lambda self, n=12: [self.p.value]*n)), type('Late', (Waiting,), dict(chances=lambda self, n=12: [0.]+[self.p.value*(1-self.p.value)**k for k in range(n-1)])))

# 31 filters under sliders ----------------------------------------------------------------------------------------------
def first(model, **flags): return next(stream(model, PROMPT, max_new_tokens=1, watch=60, do_sample=True, **dict(dict(top_k=0), **flags)))

def equal(model, ids):
    def last(**flags): return next(stream(model, ids, max_new_tokens=1, watch=model.config.vocab_size, do_sample=True, **dict(dict(top_k=0), **flags))).stages[-1]
    def bisect(name, lo, hi, rising):
        for _ in range(40):
            mid = (lo+hi)/2
            lo, hi = (mid, hi) if (spread(last(**{name: mid})) < 8) == rising else (lo, mid)
        return hi if rising else lo
    return dict(top_k=next(k for k in range(1, 61) if spread(last(top_k=k)) >= 8), top_p=bisect('top_p', 0., 1., True), min_p=bisect('min_p', 0., 1., False))

def test_equal_in_spread(model):
    "All three cut from the bottom, so at one spread they keep (nearly) the same words."
    found = equal(model, PROMPT)
    kept = [set((s := first(model, **{k: v}).stages[-1]).ids[0, :int(s.kept[0])].tolist()) for k, v in found.items()]
    big, small = max(kept, key=len), min(kept, key=len)
    assert small <= big and len(big)-len(small) <= 2
    judged('generation.widgets_filters', 1, equal, lambda model, ids: dict(found, top_k=found['top_k']+1), lambda model, ids: dict(found, min_p=found['min_p']/2))

def removed(step):
    out = {}
    for a,b in zip(step.stages, step.stages[1:]):
        left = {i for i,p in zip(b.ids[0].tolist(), b.probs[0].tolist()) if p > 0}
        out[b.name] = sum(p for i,p in zip(a.ids[0].tolist(), a.probs[0].tolist()) if i not in left)
    return out

def test_a_sum_that_is_not_there(model):
    r = removed(first(model, temperature=1.5, top_k=12, top_p=.8))
    assert list(r) == ['temperature', 'top_k', 'top_p'] and r['temperature'] == 0
    assert 0 < r['top_p'] <= .2 + 1e-5 and r['top_k'] > 0      # top-p removes what is beyond its mass and no more
    judged('generation.widgets_filters', 2, removed, lambda step: {s.name: 0. for s in step.stages[1:]}, lambda step: {b.name: float(a.probs[0, int(b.kept[0]):].sum()) for a, b in zip(step.stages, step.stages[1:])})

class Letters:
    def encode(self, s, **kw): return [ord(c)-64 for c in s]
    def decode(self, ids, **kw): return ''.join(chr(64+i) for i in ids)
    def convert_ids_to_tokens(self, i): return chr(64+i)

def drawn(live, n):
    count = {}
    for _ in range(n):
        live.look()
        count[live.step.token] = count.get(live.step.token, 0)+1
    return count

def test_two_thousand_draws(model):
    judged('generation.widgets_filters', 3, drawn, lambda live, n: {live.step.token: n}, lambda live, n: {i: n//4 for i, _ in live.step.probs})

# 32 the tree of beams --------------------------------------------------------------------------------------------------
def regret(tree):
    "At each step, how many of the beams of that step stood before the later winner."
    return [sorted(tree.levels[x.step-1], key=lambda t: -t.score).index(x) for x in tree.answers()[0].path()]

def test_regret(model):
    *_, tree = grow_tree(model, PROMPT, num_beams=6, max_new_tokens=6)
    ranks = regret(tree)
    assert len(ranks) == 6 and ranks[-1] == 0 and max(ranks) < 6
    *_, less = grow_tree(model, PROMPT, num_beams=6, max_new_tokens=6, pruned=0)
    assert regret(less) == ranks
    judged('generation.widgets_beams', 1, regret, lambda tree: [0]*len(tree.levels), lambda tree: [r+1 for r in regret(tree)])

def best_cut(tree, steps=6, best=max): return best((t for level in [[tree.root], *tree.levels] for p in level for t in p.twigs if t.kind == 'cut' and t.step < steps), key=lambda t: t.score)

def test_what_was_cut(model):
    *_, tree = grow_tree(model, PROMPT, num_beams=2, max_new_tokens=6)
    cut = best_cut(tree)
    begun = torch.tensor([[*PROMPT[0].tolist(), *(t.token for t in cut.path())]])
    on = generate(model, begun, max_new_tokens=6-cut.step)[0]
    with torch.no_grad(): logp = model(input_ids=on[None]).logits.log_softmax(-1)[0, 2:-1].gather(1, on[3:, None]).sum().item()
    assert logp <= cut.score + 1e-5                            # going on can only cost more
    assert math.isfinite(logp - tree.answers()[0].score)
    judged('generation.widgets_beams', 2, best_cut, lambda tree: best_cut(tree, best=min), lambda tree: tree.answers()[0])

def wide(model, ids, bound=.05, depth=3):
    "All words above a bound, and theirs in turn."
    root = Twig(None)
    def grow(t, ids):
        if t.step == depth: return
        with torch.no_grad(): p = model(input_ids=ids).logits[0, -1].log_softmax(-1)
        for i in (p > math.log(bound)).nonzero().flatten().tolist():
            c = Twig(i, t, t.score+p[i].item(), 'beam', t.step+1)
            t.twigs.append(c); grow(c, torch.cat((ids, torch.tensor([[i]])), 1))
    grow(root, ids)
    return root

def test_a_wider_tree(model):
    root = wide(model, PROMPT)
    rows, _ = lay_out(root, lambda t: t.twigs)
    held = [sum(math.exp(t.score) for t in rows if t.step == n) for n in range(4)]
    assert held[0] == 1 and 0 < held[3] < held[2] < held[1] < 1
    assert len({(t.step, round(r, 4)) for t,r in rows.items()}) == len(rows)
    judged('generation.widgets_beams', 3, wide, lambda model, ids, bound, depth: wide(model, ids, bound/2, depth), lambda model, ids, bound, depth: wide(model, ids, bound, 1))
