"Solutions to the exercises of `nbs/03_attention/03_positions.ipynb`."
import torch
from nbformers.attention.attend import attend
from nbformers.attention.mask import CAUSAL
from nbformers.attention.positions import apply_rope, rope_angles
from . import judged

def shift(keys, by, freq):
    "1: keys turned for positions p become keys turned for p + by."
    return apply_rope(keys, *rope_angles(torch.tensor([[by]]), freq))

def test_shift(): judged('attention.positions', 1, shift, lambda keys, by, freq: shift(keys, -by, freq))

def alibi(h, t, s):
    "2: a penalty that grows with distance, steeper in the first heads (Press et al., 2021)."
    slopes = 2.**(-8*torch.arange(1, h+1)/h)
    return -slopes.view(1, h, 1, 1)*(torch.arange(s-t, s)[:, None] - torch.arange(s))

def test_alibi():
    judged('attention.positions', 2, alibi, lambda h, t, s: alibi(h, s, s)[:, :, :t], lambda h, t, s: -alibi(h, t, s))

def test_alibi_in_attention():
    q, k, v = torch.randn(1, 4, 6, 8), torch.randn(1, 4, 6, 8), torch.randn(1, 4, 6, 8)
    whole, w = attend(q*0, k, v, CAUSAL, bias=alibi(4, 6, 6), need_weights=True)
    assert (w[0, :, 5].diff(dim=-1) > 0).all()  # without content, nearer is heavier
    last = attend(q[:, :, -1:]*0, k, v, bias=alibi(4, 1, 6))
    torch.testing.assert_close(last, whole[:, :, -1:])
