"Solutions of the exercises in nbs/07_generate/17_logprobs.ipynb."
import math
import torch
from nbformers import text_logprobs
from nbformers.generation.loop import generate

def test_bits_per_letter(lm):
    "A sentence of the book takes fewer bits per letter than one of today, of which the model knows nothing."
    tok, model = lm
    def bits(text):
        x = text_logprobs(model, tok(text, return_tensors='pt')['input_ids'])
        first = tok.decode(x.tokens[0, :1].tolist())
        return -float(x.totals[0])/math.log(2)/(len(text)-len(first))
    old, new = bits('And the king said unto him, Go in peace.'), bits('And the laptop battery of the astronaut exploded.')
    assert .5 < old < new < 8

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
    assert all(least[~same] < 0) and float(least[~same].mean()) < float(greedy.logprobs.logprobs.min())

def test_ranks_by_hand(lm):
    tok, model = lm
    ids = tok('And the king said unto him, Go in peace.', return_tensors='pt')['input_ids']
    with torch.no_grad(): order = model(input_ids=ids).logits[0, :-1].argsort(-1, descending=True)
    ranks = (order == ids[0, 1:, None]).int().argmax(-1)+1
    assert torch.equal(ranks, text_logprobs(model, ids).ranks[0, 1:])
