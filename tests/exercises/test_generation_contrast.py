"Solutions to the exercises of `nbs/07_generate/12_contrast.ipynb` and `14_guidance.ipynb`."
import pytest, torch
from torch.nn import functional as F
from nbformers import AutoModelForCausalLM, AutoTokenizer
from nbformers.generation.loop import generate
from . import judged

@pytest.fixture(scope='module')
def lm():
    torch.set_num_threads(1)
    tok, model = AutoTokenizer.from_pretrained('starter/lm'), AutoModelForCausalLM.from_pretrained('starter/lm')
    return tok, model, tok('And the king said', return_tensors='pt')['input_ids']

# 12_contrast -----------------------------------------------------------------------------------------------------------
@torch.no_grad()
def novel(model, ids, start):
    "The rival's state, had it been taken, beside those of the words before."
    p, found = model(input_ids=ids).logits.softmax(-1), []
    states = lambda x: F.normalize(model(input_ids=x, output_hidden_states=True).hidden_states[-1][0], dim=-1)
    for t in range(start, ids.shape[1]):
        rival = int(p[0, t-1].argmax())
        if rival != int(ids[0, t]): found.append((t, rival, float((states(ids[:, :t]) @ states(torch.cat((ids[:, :t], torch.tensor([[rival]])), 1))[-1]).max())))
    return found

def test_chosen_for_its_novelty():
    def all_of_them(model, ids, start): return [(t, int(ids[0, t]), 1.) for t in range(start, ids.shape[1])]
    judged('generation.contrast', 1, novel, all_of_them, lambda model, ids, start: [(t, r, 1-s) for t, r, s in novel(model, ids, start)])

@torch.no_grad()
def fading(model, ids, n, alpha, k, gamma):
    "Contrastive search whose penalty fades: a word `d` places ago counts γᵈ."
    for _ in range(n):
        out = model(input_ids=ids, output_hidden_states=True)
        p, top = out.logits[0, -1].softmax(-1).topk(k)
        tries = torch.cat((ids.expand(k, -1), top[:, None]), 1)
        h = F.normalize(model(input_ids=tries, output_hidden_states=True).hidden_states[-1][:, -1], dim=-1)
        context = F.normalize(out.hidden_states[-1][0], dim=-1)
        far = gamma**torch.arange(len(context)-1, -1, -1)
        best = ((1-alpha)*p - alpha*(far*(h @ context.T)).amax(-1)).argmax()
        ids = tries[best][None]
    return ids

def test_only_the_near_past(lm):
    "At γ = 1 it is the chapter's search; at a half the words of a sentence ago are forgotten, and the circles are back."
    tok, model, prompt = lm
    P = prompt.shape[1]
    def fresh(ids):
        t = [tuple(ids[0, i:i+3].tolist()) for i in range(P, ids.shape[1]-2)]
        return len(set(t))/len(t)
    rows = {g: fading(model, prompt, 40, .6, 5, g) for g in (1., .9, .5)}
    assert torch.equal(rows[1.], generate(model, prompt, penalty_alpha=.6, top_k=5, max_new_tokens=40, eos_token_id=None))
    assert fresh(rows[1.]) == 1. and fresh(rows[.9]) > .9 and fresh(rows[.5]) < .5
    judged('generation.contrast', 2, fading, lambda model, ids, n, alpha, k, gamma: fading(model, ids, n, alpha, k, 1.), lambda model, ids, n, alpha, k, gamma: fading(model, ids, n, alpha, k, .5))

@torch.no_grad()
def test_layers_by_norm(lm):
    "The favourite stays; it is less sure of itself. The norm makes a state shorter, which is what a temperature above 1 does to its scores."
    tok, model, _ = lm
    ids = tok('And the king said unto', return_tensors='pt')['input_ids']
    states = model(input_ids=ids, output_hidden_states=True).hidden_states
    for h in (x[0, -1] for x in states[1:6]):
        p, normed = model.lm_head(h).softmax(-1), model.lm_head(model.model.norm(h)).softmax(-1)
        assert tok.decode([int(p.argmax())]) == tok.decode([int(normed.argmax())]) == ' the' and normed.max() < p.max()
        assert model.model.norm(h).norm() < h.norm()
    judged('generation.contrast', 3, (True, False), (True, True), (False, False))

# 14_guidance -----------------------------------------------------------------------------------------------------------
@torch.no_grad()
def both(lm):
    tok, model, _ = lm
    ids = tok('The whale and the ship. There was', return_tensors='pt')['input_ids']
    return ids, *(model(input_ids=x).logits[0, -1].log_softmax(-1) for x in (ids, ids[:, -1:]))

def test_a_sign(lm):
    "Away from the prompt: words that it made less likely come to the top, and its own leave."
    tok, model, _ = lm
    ids, c, u = both(lm)
    guided = lambda c, u, g: u+g*(c-u)
    best = lambda g: int(guided(c, u, g).argmax())
    assert (c-u)[best(2.)] > 1 and (c-u)[best(-1.)] < -1
    judged('generation.guidance', 1, guided, lambda c, u, g: guided(c, u, abs(g)), lambda c, u, g: g*c)

def test_from_afar(lm):
    "With a large scale the scores are γ(c-u) but for a constant: the distribution of the differences at the temperature 1/γ, so sampling draws from a few words."
    ids, c, u = both(lm)
    def entropy(s): lp = s.log_softmax(-1); return -float((lp.exp()*lp).sum())
    at = [entropy(u+g*(c-u)) for g in (0., 1., 2., 3., 4., 6.)]
    assert at == sorted(at, reverse=True) and at[0] > 6 and at[-1] < 1
    assert entropy(u+40*(c-u)) == pytest.approx(entropy(40*(c-u)), abs=.1)
    entropies = lambda c, u, scales: [entropy(u+g*(c-u)) for g in scales]
    judged('generation.guidance', 2, entropies, lambda c, u, scales: [entropy(g*c) for g in scales], lambda c, u, scales: [1.44*e for e in entropies(c, u, scales)])
