"Solutions to the exercises of `nbs/03_attention/02_mask.ipynb`."
from nbformers.attention.mask import Mask
from . import judged

def dilated(n=8, step=2):
    "1: every `step`-th of the last `n` keys."
    return Mask.causal() & Mask(lambda b, h, q, k: (q-k < n) & ((q-k) % step == 0), f'dilated({n},{step})')

def test_dilated(): judged('attention.mask', 1, dilated(), dilated(9), dilated(8, 3), Mask.causal())

def longformer(is_global, window=1):
    "2: global tokens see and are seen by all, the others see `window` on either side."
    return Mask.sliding(window, both=True) | Mask(lambda b, h, q, k: is_global[b, q] | is_global[b, k], 'global')

def test_longformer(): judged('attention.mask', 2, longformer, lambda g: longformer(g, 2), lambda g: Mask.sliding(1, both=True) | Mask(lambda b, h, q, k: g[b, q], 'global'))
