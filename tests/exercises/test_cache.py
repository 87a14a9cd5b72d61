"Solutions to the exercises of `nbs/03_attention/07_cache.ipynb`."
import torch
from nbformers.attention.cache import GrowingLayer
from . import judged

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
    nbytes = property(lambda self: self.data.nbytes + self.scales.nbytes)

class OneScale(QuantizedLayer):
    "A wrong answer: what does not fit one scale is cut off."
    def update(self, k, v): return self.data.update(*((x*60).round().clamp(-60, 60).to(torch.int8) for x in (k, v)))[0]/60, self.data._v.narrow(2, 0, self.data.held)/60

def test_quantized(): judged('attention.cache', 1, QuantizedLayer, GrowingLayer, OneScale)

def copies(factor, n=10_000, first=64):
    "2: numbers copied in `n` steps, and the mean share of the buffer that is empty."
    room, copied, empty = first, 0, 0.
    for held in range(1, n+1):
        if held > room: copied, room = copied+held-1, max(int(room*factor), held)
        empty += 1-held/room
    return copied, empty/n

def test_growth(): judged('attention.cache', 2, copies, lambda factor: (10_000*9_999//2, 0.), lambda factor: copies(2))
