"""Solutions of nbs/07_generate/13_drafts and 13b_translated."""
import pytest, torch
from collections import Counter, defaultdict
from nbformers import AutoModelForCausalLM, AutoTokenizer
from nbformers.generation.drafts import *
from nbformers.generation.loop import generate
from . import judged

@pytest.fixture(scope='module')
def lm():
    torch.set_num_threads(1)
    tok, model = AutoTokenizer.from_pretrained('starter/lm'), AutoModelForCausalLM.from_pretrained('starter/lm')
    return tok, model, tok('And the king said', return_tensors='pt')['input_ids']

def test_1_the_best_length():
    gain = lambda a, k, c: (1-a**(k+1))/((1-a)*(1+k*c))
    best = lambda a, c: max(range(1, 60), key=lambda k: gain(a, k, c))
    assert best(.8, .02) > 2*best(.8, .3)
    # one guess gains 1+a tokens for 1+c passes: too many where a < c
    assert gain(.2, 1, .3) < 1 < gain(.4, 1, .3)
    judged('generation.drafts', 1, lambda alpha, c: best(alpha, c), lambda alpha, c: 5, lambda alpha, c: best(alpha, 0.))

class Bigrams(CandidateGenerator):
    def __init__(self, n=4): self.n, self.after, self.read = n, defaultdict(Counter), 0
    def get_candidates(self, ids):
        text = ids[0].tolist()
        for a,b in list(zip(text, text[1:]))[max(self.read-1, 0):]: self.after[a][b] += 1
        self.read, out = len(text), []
        while len(out) < self.n and self.after[(text+out)[-1]]: out.append(self.after[(text+out)[-1]].most_common(1)[0][0])
        return torch.cat((ids, ids.new_tensor([out])), 1), None

def test_2_a_guesser_of_ones_own(lm):
    _, model, prompt = lm
    kw = dict(max_new_tokens=40, eos_token_id=None, return_dict_in_generate=True)
    plain, own, look = (generate(model, prompt, **kw, **how) for how in ({}, dict(assistant_model=Bigrams()), dict(prompt_lookup_num_tokens=4)))
    assert torch.equal(own.sequences, plain.sequences) and own.acceptance.accepted > 5
    class Last(Bigrams):
        def get_candidates(self, ids): return torch.cat((ids, ids[:, -1:]), 1), None
    judged('generation.drafts', 2, Bigrams, Last)

def deviation(rule, p, q, n=5000): return float((torch.tensor([int(rule(p, q, int(q.multinomial(1)))) for _ in range(n)]).bincount(minlength=len(p))/n - p).abs().max())

def test_3_a_wrong_rule_shows():
    torch.manual_seed(0)
    p, q = torch.tensor([.05, .1, .4, .3, .15]), torch.tensor([.3, .25, .3, .1, .05])
    def wrong(p, q, t):
        if float(torch.rand(())) < float(p[t]/(p[t]+q[t])): return t
        return int((p-q).clamp_min(0).multinomial(1))
    assert deviation(lambda p, q, t: keep_or_replace(p, q, t)[0], p, q) < .03 < deviation(wrong, p, q)
    judged('generation.drafts', 3, deviation, lambda rule, p, q: 0., lambda rule, p, q: float((p-q).abs().max()))

def test_4_how_much_is_shared():
    from nbformers.generation.translated import AssistantToTargetTranslator
    def known(target, assistant, size): return len(AssistantToTargetTranslator(target, assistant, size).target_to_assistant_input_ids)/size
    def by_name(target, assistant, size): return len(set(target.get_vocab()) & set(assistant.get_vocab()))/len(assistant.get_vocab())
    judged('generation.translated', 1, known, by_name, lambda target, assistant, size: 1.)     # of itself a tokenizer knows all, but for tokens with the same bytes

def rate(model, tok, ids, n):
    "Cut again from the middle, the first tokens come out otherwise."
    return generate(model, ids, max_new_tokens=40, eos_token_id=None, assistant_model=model, tokenizer=tok, assistant_tokenizer=tok, assistant_confidence_threshold=0.,
        num_assistant_tokens=4, target_lookbehind=n, assistant_lookbehind=n, return_dict_in_generate=True).acceptance.rate

def test_5_seams():
    judged('generation.translated', 2, rate, lambda model, tok, ids, n: 1., lambda model, tok, ids, n: rate(model, tok, ids, 12-n))
