"""Exercises of the ALiBi chapter: how far a head looks, and prices that go both ways."""
import math
import torch
from nbformers.attention.alibi import alibi_slopes

def reach(m, t, share): return int(((-m*torch.arange(t)).double().softmax(0).cumsum(0) < share).sum()) + 1

def test_reach():
    "The n nearest keys hold 1 - exp(-mn) of a geometric series, so n is -ln(1-p)/m, rounded up."
    for m in alibi_slopes(8).double():
        for p in (.5, .9, .95): assert reach(m, 20000, p) == math.ceil(-math.log(1-p)/m)

def test_both_ways():
    """-m|i-j| is m·j - m·i on one side of the diagonal and m·i - m·j on the other: no term depends on the query alone, so no row of
    rewards has the same softmax. The matrix `(h,t,s)` is needed; its 2t-1 distinct values a head can be stored as `(h,2t-1)`."""
    t, m = 6, alibi_slopes(2)
    far = (torch.arange(t)[:, None] - torch.arange(t)).abs()
    full = -m[:, None, None]*far
    first, last = full[:, 0], full[:, -1]                      # rows that one reward would have to serve, up to a constant
    assert not torch.allclose(first-first.mean(-1, keepdim=True), last-last.mean(-1, keepdim=True))
    few = -m[:, None]*torch.arange(1-t, t).abs()               # (h,2t-1)
    assert torch.equal(few[:, torch.arange(t)[:, None] - torch.arange(t) + t-1], full)
