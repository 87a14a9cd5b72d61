"Solutions to the exercises of `nbs/07_generate/22_compiled.ipynb`."
import math
import torch
from torch._dynamo.utils import counters
from nbformers.attention.cache import SlidingLayer
from nbformers.generation.compiled import FixedWindow
from . import judged

def break_even(compiling, plain, compiled):
    "Tokens from which `compiling` seconds are worth `plain-compiled` seconds a token."
    return math.ceil(compiling/(plain-compiled)) if plain > compiled else None

def test_break_even():
    "Ten seconds against half a millisecond a token: twenty thousand tokens. What is not faster never pays."
    assert break_even(10., .0015, .001) == 20_000
    assert break_even(10., .001, .001) is None and break_even(0., 2., 1.) == 0
    judged('generation.compiled', 1, break_even, lambda t, p, c: math.ceil(t/p), lambda t, p, c: 20_000)

def last(cache, n): return cache[:n].sum(0)
def last_by_tensor(cache, n): return torch.where(torch.arange(len(cache))[:, None] < n, cache, 0.).sum(0)

def test_free_of_its_number():
    cache, made = torch.randn(16, 4), {}
    for f,as_ in ((last, int), (last_by_tensor, torch.tensor)):
        torch._dynamo.reset(); counters.clear()
        g = torch.compile(f, backend='eager', fullgraph=True, dynamic=False)
        for n in (3, 5, 9, 12): assert torch.allclose(g(cache, as_(n)), last(cache, n), atol=1e-6)
        made[f.__name__] = counters['stats']['unique_graphs']
    assert made == dict(last=4, last_by_tensor=1)
    judged('generation.compiled', 2, last_by_tensor, last, lambda cache, n: cache.sum(0))

def first_position(n, start, w, r, c):
    "The buffer begins with `min(start, w-1+r)` tokens; each time its `c` slots are full and one more comes, the newest `w-1+r` move to the front."
    keep = w-1+r
    held = min(start, keep)
    if n - (start-held) <= c: return start-held
    moves = -(-(n - (start-held) - c)//(c-keep)) # the first comes with token c, each further one c-keep later
    return start-held + moves*(c-keep)

@torch.no_grad()
def test_where_does_it_lie():
    one = lambda i: torch.full((1, 1, 1, 1), float(i))
    for start,w,r,c in ((3, 6, 2, 12), (9, 6, 2, 12), (1, 4, 0, 5), (20, 8, 3, 17)):
        plain = SlidingLayer(w, r)
        for i in range(start): plain.update(one(i), one(i))
        layer = FixedWindow(plain, c)
        for n in range(start+1, start+60):
            layer.update(one(n-1), one(n-1))
            assert int(layer._k[0, 0, 0, 0]) == first_position(n, start, w, r, c), (start, w, r, c, n)
    judged('generation.compiled', 3, first_position, lambda n, start, w, r, c: max(0, n-c), lambda n, start, w, r, c: 0)
