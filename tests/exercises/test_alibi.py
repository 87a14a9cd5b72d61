"""Exercises of the ALiBi chapter: how far a head looks, and prices that go both ways."""
import math
import torch
from . import judged

def reach(slope, share):
    "1: the n nearest keys hold 1 - exp(-mn) of a geometric series, so n is -ln(1-p)/m, rounded up."
    return math.ceil(-math.log(1-share)/slope)

def test_reach(): judged('attention.alibi', 1, reach, lambda slope, share: math.ceil(share/slope), lambda slope, share: int(-math.log(1-share)/slope))

def both_ways(slopes, t):
    """2: -m|i-j| is m·j - m·i on one side of the diagonal and m·i - m·j on the other: no term depends on the query alone, so no row of
    rewards has the same softmax. The matrix `(h,t,t)` is needed; its 2t-1 distinct values a head can be stored as `(h,2t-1)`."""
    few = -slopes[:, None]*torch.arange(1-t, t).abs()
    return few[:, torch.arange(t)[:, None] - torch.arange(t) + t-1]

def test_both_ways(): judged('attention.alibi', 2, both_ways, lambda m, t: (m[:, None]*torch.arange(t))[:, None], lambda m, t: -both_ways(m, t))
