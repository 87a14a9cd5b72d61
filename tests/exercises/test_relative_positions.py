"Solutions to the exercises of `nbs/03_attention/10_relative.ipynb`."
import torch
from nbformers.attention.relative import RelativeBias, relative_buckets
from . import judged

def alibi_table(heads, num_buckets=32, max_distance=128):
    "1: each bucket gets minus slope times the nearest distance that falls into it."
    table, d = RelativeBias(heads, num_buckets, max_distance, both=False), torch.arange(max_distance+1)
    b = relative_buckets(-d, num_buckets, max_distance, both=False)
    first = torch.stack([d[b == i][0] for i in range(num_buckets)])
    with torch.no_grad(): table.weight.copy_(-first[:, None]*2.**(-8*torch.arange(1, heads+1)/heads))
    return table

def test_alibi():
    judged('attention.relative', 1, alibi_table, lambda heads: RelativeBias(heads, both=False))
    t, slopes = 120, 2.**(-8*torch.arange(1, 5)/4)
    far = torch.arange(t)[:, None] - torch.arange(t)
    off = (alibi_table(4)(t, t)[0].detach() + slopes.view(4, 1, 1)*far)[0][far == 100]/slopes[0]   # in tokens
    assert (off == off[0]).all() and 0 < off[0] < 12

def enough():
    "2: the first 52 distances have a bucket each, and the next twelve are still told apart by buckets that hold one."
    def apart(n): return relative_buckets(-torch.arange(64), n, 128, both=False).unique().numel() == 64
    return next(n for n in range(2, 200, 2) if apart(n))

def test_buckets_that_tell_apart(): judged('attention.relative', 2, enough(), 64, 128)
