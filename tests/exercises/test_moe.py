"""Exercises of the chapter on mixtures: experts that choose, and balance without a loss."""
import torch
from nbformers.attention.moe import route

def experts_choose(logits, c):
    "Each expert's `c` tokens and what they count: scores `(e,c)`, tokens `(e,c)`."
    return logits.softmax(-1).T.topk(c, -1)

def test_equal_load_and_a_token_left_over():
    torch.manual_seed(0)
    logits = torch.randn(24, 4)
    logits[7] = -3.*torch.arange(4)   # a token that three experts score low, and that the first scores high
    logits[8] = 0.                    # a token that nobody prefers
    w, tokens = experts_choose(logits, 6)
    assert tokens.shape == (4, 6)                                   # the same load for every expert, by construction
    taken = tokens.flatten().bincount(minlength=24)
    assert taken.sum() == 24 and (taken == 0).any() and (taken > 1).any()
    assert 7 in tokens[0]

def test_balance_without_a_loss():
    torch.manual_seed(0)
    e, k, bias = 8, 2, torch.zeros(8)
    tilt = torch.linspace(-1, 1, e)   # a router that prefers later experts
    def load(bias, n=512):
        _, index = route(torch.randn(n, e)*.5 + tilt, k, sigmoid=True, bias=bias)
        return index.flatten().bincount(minlength=e)/n
    before = load(bias)
    for _ in range(300): bias += .005*torch.sign(k/e - load(bias))
    after = load(bias, 4096)
    assert before.max() > 2*k/e
    assert (after - k/e).abs().max() < .05
