"""Exercise of nbs/04_models/vision/30_swin.ipynb."""
import torch
from nbformers.attention.attend import attend
from . import judged

@torch.no_grad()
def plain(a, x, bias=True):
    q, k, v = (a.heads(t) for t in a.qkv(x))
    return a.o_proj(attend(q, k, v, bias=a.relative_position_bias()[None] if bias else None).transpose(1, 2).flatten(2))

def test_one_window_is_plain_attention(): judged('models.swin', 1, plain, lambda a, x: plain(a, x, False))
