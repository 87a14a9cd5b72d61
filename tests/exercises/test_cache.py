"Solutions to the exercises of `nbs/03_attention/07_cache.ipynb`."
import torch
from nbformers.attention.attend import attend
from nbformers.attention.cache import GrowingLayer

def pack(x):
    "Numbers in a byte, and one scale for each token and head."
    scale = x.abs().amax(-1, keepdim=True).clamp(min=1e-8)/127
    return (x/scale).round().to(torch.int8), scale

class QuantizedLayer:
    "1: a layer of int8 keys and values; scales grow beside them."
    def __init__(self): self.data, self.scales = GrowingLayer(), GrowingLayer()
    def update(self, k, v):
        (k, ks), (v, vs) = pack(k), pack(v)
        (k, v), (ks, vs) = self.data.update(k, v), self.scales.update(ks, vs)
        return k*ks, v*vs

def test_quantized():
    torch.manual_seed(0)
    plain, small, q = GrowingLayer(), QuantizedLayer(), torch.randn(1, 2, 1, 64)
    with torch.no_grad():
        for _ in range(100):
            x = torch.randn(1, 2, 1, 64), torch.randn(1, 2, 1, 64)
            a, b = plain.update(*x), small.update(*x)
    assert (attend(q, *a)-attend(q, *b)).abs().max() < .01
    assert small.data.nbytes*4 == plain.nbytes

def copies(factor, n=10_000, first=64):
    "2: numbers copied in `n` steps, and the mean share of the buffer that is empty."
    room, copied, empty = first, 0, 0.
    for held in range(1, n+1):
        if held > room: copied, room = copied+held-1, max(int(room*factor), held)
        empty += 1-held/room
    return copied, empty/n

def test_growth():
    (c1, w1), (c2, w2), (c3, w3) = (copies(f) for f in (1.1, 1.5, 2))
    assert c1 > c2 > c3 and w1 < w2 < w3
    assert c2 < 3*10_000 and w2 < .25
