"""Exercises of the chapter on mixtures: experts that choose, and balance without a loss."""
import torch
from . import judged

def experts_choose(logits, c):
    "Each expert's `c` tokens and what they count: scores `(e,c)`, tokens `(e,c)`."
    return logits.softmax(-1).T.topk(c, -1)

def test_equal_load_and_a_token_left_over():
    judged('attention.moe', 1, experts_choose, lambda logits, c: logits.softmax(0).T.topk(c, -1), lambda logits, c: experts_choose(-logits, c))
    torch.manual_seed(0)
    logits = torch.randn(24, 4)
    logits[7] = -3.*torch.arange(4)   # a token that three experts score low, and that the first scores high
    taken = experts_choose(logits, 6)[1].flatten().bincount(minlength=24)
    assert taken.sum() == 24 and (taken == 0).any() and (taken > 1).any()

def balance(bias, load, step):
    "2: a small step against the sign of the excess."
    return bias + step*(load.mean() - load).sign()

def test_balance_without_a_loss():
    judged('attention.moe', 2, balance, lambda bias, load, step: bias - step*(load.mean() - load).sign(), lambda bias, load, step: bias)
