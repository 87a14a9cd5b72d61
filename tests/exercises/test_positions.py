"Solutions to the exercises of `nbs/03_attention/03_positions.ipynb`."
import torch
from nbformers.attention.attend import attend
from nbformers.attention.mask import CAUSAL
from nbformers.attention.positions import apply_rope, rope_angles, rope_freq

def shift(keys, by, freq):
    "1: keys turned for positions p become keys turned for p + by."
    return apply_rope(keys, *rope_angles(torch.tensor([[by]]), freq))

def test_shift():
    freq, k = rope_freq(16), torch.randn(2, 3, 7, 16)
    pos = torch.arange(7)[None]
    here, there = (apply_rope(k, *rope_angles(p, freq)) for p in (pos, pos+3))
    torch.testing.assert_close(shift(here, 3, freq), there, rtol=1e-5, atol=1e-5)

def alibi(h, t, s):
    "2: a penalty that grows with distance, steeper in the first heads (Press et al., 2021)."
    slopes = 2.**(-8*torch.arange(1, h+1)/h)
    return -slopes.view(1, h, 1, 1)*(torch.arange(s-t, s)[:, None] - torch.arange(s))

def test_alibi():
    q, k, v = torch.randn(1, 4, 6, 8), torch.randn(1, 4, 6, 8), torch.randn(1, 4, 6, 8)
    whole, w = attend(q*0, k, v, CAUSAL, bias=alibi(4, 6, 6), need_weights=True)
    assert (w[0, :, 5].diff(dim=-1) > 0).all()  # without content, nearer is heavier
    last = attend(q[:, :, -1:]*0, k, v, bias=alibi(4, 1, 6))
    torch.testing.assert_close(last, whole[:, :, -1:])
