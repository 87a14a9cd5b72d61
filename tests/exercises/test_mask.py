"Solutions to the exercises of `nbs/03_attention/02_mask.ipynb`."
import torch
from nbformers.attention.mask import Mask

def dilated(n=8, step=2):
    "1: every `step`-th of the last `n` keys."
    return Mask.causal() & Mask(lambda b, h, q, k: (q-k < n) & ((q-k) % step == 0), f'dilated({n},{step})')

def test_dilated():
    m = dilated().tensor(1, 12, 12)[0, 0]
    for q in range(12): assert m[q].nonzero().flatten().tolist() == [k for k in range(12) if 0 <= q-k < 8 and (q-k) % 2 == 0]

def longformer(is_global, window=1):
    "2: global tokens see and are seen by all, the others see `window` on either side."
    return Mask.sliding(window, both=True) | Mask(lambda b, h, q, k: is_global[b, q] | is_global[b, k], 'global')

def test_longformer():
    g = torch.tensor([[True, False, False, False, False, False], [False, False, True, False, False, False]])
    m = longformer(g).tensor(2, 6, 6)[:, 0]
    for b in range(2):
        for q in range(6):
            for k in range(6): assert m[b, q, k] == bool(abs(q-k) <= 1 or g[b, q] or g[b, k])
