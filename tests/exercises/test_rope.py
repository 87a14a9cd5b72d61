"Solutions to the exercises of `nbs/03_attention/04_rope_scaling.ipynb`."
import torch
from nbformers.attention.positions import rope_freq
from nbformers.attention.rope import rope_types
from . import judged

def near_rules():
    "1: over the first few tokens, yarn and llama3 keep the trained shape, linear does not."
    near, plain = torch.arange(9.), rope_freq(64)
    def score(freq): return (near[:, None]*freq).cos().mean(-1)
    p = dict(rope_theta=1e4, factor=4., original_max_position_embeddings=2048, low_freq_factor=1., high_freq_factor=4.)
    return {n for n in ('linear', 'dynamic', 'yarn', 'llama3') if (score(rope_types[n](p, 64, 8192, max_len=2048))-score(plain)).abs().max() < .01}

def test_which_keeps_the_near(): judged('attention.rope', 1, near_rules(), {'linear', 'dynamic'}, {'yarn'})

def ntk_freq(p, d, n, **_):
    "2: a base raised once and for all."
    return rope_freq(d, p['rope_theta']*p['factor']**(d/(d-2)))

def test_ntk(): judged('attention.rope', 2, ntk_freq, lambda p, d, n, **_: rope_freq(d, p['rope_theta']*p['factor']), lambda p, d, n, **_: rope_freq(d, p['rope_theta'])/p['factor'])
