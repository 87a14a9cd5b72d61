"""Solutions of nbs/07_generate/13_drafts and 13b_translated."""
import warnings
import pytest, torch
from collections import Counter, defaultdict
from nbformers import AutoModelForCausalLM, AutoTokenizer
from nbformers.generation.drafts import *
from nbformers.generation.loop import generate

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
    print(own.acceptance, look.acceptance)

def test_3_a_wrong_rule_shows():
    torch.manual_seed(0)
    p, q = torch.tensor([.05, .1, .4, .3, .15]), torch.tensor([.3, .25, .3, .1, .05])
    def wrong(t):
        if float(torch.rand(())) < float(p[t]/(p[t]+q[t])): return t
        return int((p-q).clamp_min(0).multinomial(1))
    share = lambda f: torch.tensor([f(int(q.multinomial(1))) for _ in range(5000)]).bincount(minlength=5)/5000
    assert (share(lambda t: keep_or_replace(p, q, t)[0])-p).abs().max() < .03 < (share(wrong)-p).abs().max()

def test_4_how_much_is_shared(lm):
    from nbformers.generation.translated import AssistantToTargetTranslator
    tok, _, _ = lm
    shared = AssistantToTargetTranslator(tok, tok, 4096)
    assert len(shared.target_to_assistant_input_ids) > 3900                       # of itself a tokenizer knows all, but for tokens with the same bytes

def test_5_seams(lm):
    tok, model, prompt = lm
    rate = lambda n: generate(model, prompt, max_new_tokens=40, eos_token_id=None, assistant_model=model, tokenizer=tok, assistant_tokenizer=tok, assistant_confidence_threshold=0.,
        num_assistant_tokens=4, target_lookbehind=n, assistant_lookbehind=n, return_dict_in_generate=True).acceptance.rate
    assert rate(10) > rate(2)                                                     # cut again from the middle, the first tokens come out otherwise
