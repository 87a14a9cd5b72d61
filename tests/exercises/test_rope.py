"Solutions to the exercises of `nbs/03_attention/04_rope_scaling.ipynb`."
import torch
from nbformers.attention.positions import rope_freq
from nbformers.attention.rope import RotaryEmbedding, rope_types

def score(freq, distance): return (distance[:, None]*freq).cos().mean(-1)

def test_which_keeps_the_near():
    "1: over the first few tokens, yarn and llama3 keep the trained shape, linear does not."
    near, plain = torch.arange(9.), rope_freq(64)
    p = dict(rope_theta=1e4, factor=4., original_max_position_embeddings=2048, low_freq_factor=1., high_freq_factor=4.)
    off = {n: (score(rope_types[n](p, 64, 8192, max_len=2048), near)-score(plain, near)).abs().max().item() for n in ('linear', 'dynamic', 'yarn', 'llama3')}
    assert max(off['yarn'], off['llama3']) < .01 < off['dynamic'] < off['linear']

def ntk_freq(p, d, n, **_):
    "2: a base raised once and for all."
    return rope_freq(d, p['rope_theta']*p['factor']**(d/(d-2)))

def test_ntk(monkeypatch):
    monkeypatch.setitem(rope_types, 'ntk', ntk_freq)
    r = RotaryEmbedding(dict(rope_type='ntk', factor=4.), 64, 2048)
    torch.testing.assert_close(r.inv_freq[-1], rope_freq(64)[-1]/4)
    assert r.inv_freq[0] == 1
