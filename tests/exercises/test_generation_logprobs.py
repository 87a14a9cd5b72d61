"Solutions of the exercises in nbs/07_generate/17_logprobs.ipynb."
import math
import torch
from nbformers import text_logprobs
from nbformers.generation.loop import generate
from . import judged

def test_bits_per_letter(lm):
    "A sentence of the book takes fewer bits per letter than one of today, of which the model knows nothing."
    tok, model = lm
    def bits(model, tok, text):
        x = text_logprobs(model, tok(text, return_tensors='pt')['input_ids'])
        first = tok.decode(x.tokens[0, :1].tolist())
        return -float(x.totals[0])/math.log(2)/(len(text)-len(first))
    old, new = (bits(model, tok, t) for t in ('And the king said unto him, Go in peace.', 'And the laptop battery of the astronaut exploded.'))
    assert .5 < old < new < 8
    judged('generation.logprobs', 1, bits, lambda model, tok, text: bits(model, tok, text)*math.log(2), lambda model, tok, text: math.log2(float(text_logprobs(model, tok(text, return_tensors='pt')['input_ids']).perplexity[0])))

def test_the_weak_spot(lm):
    "Greedy search takes rank 1 throughout, so one token of another rank tells; its log-probability, the least of the answer, says more than the sum."
    tok, model = lm
    prompt = tok('And the king said unto', return_tensors='pt')
    greedy = generate(model, **prompt, max_new_tokens=5, do_sample=False, eos_token_id=None, logprobs=0)
    torch.manual_seed(0)
    drawn = generate(model, **prompt, max_new_tokens=5, do_sample=True, temperature=.5, num_return_sequences=20, eos_token_id=None, logprobs=0)
    same = (drawn.sequences == greedy.sequences).all(1)
    assert torch.equal(same, (drawn.logprobs.ranks == 1).all(1))
    least = drawn.logprobs.logprobs.amin(1)
    judged('generation.logprobs', 2, 'least', 'mean', 'sum')
    assert all(least[~same] < 0) and float(least[~same].mean()) < float(greedy.logprobs.logprobs.min())

def test_ranks_by_hand(lm):
    def ranks(model, ids, start=1):
        with torch.no_grad(): order = model(input_ids=ids).logits[0, :-1].argsort(-1, descending=True)
        return (order == ids[0, 1:, None]).int().argmax(-1)+start
    judged('generation.logprobs', 3, ranks, lambda model, ids: ranks(model, ids, 0), lambda model, ids: ranks(model, ids.flip(1)))
