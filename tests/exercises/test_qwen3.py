"""Exercise of the Qwen3 chapter: norm and rotation."""
import torch
from nbformers.attention.norms import RMSNorm
from nbformers.attention.positions import apply_rope
from nbformers.attention.rope import RotaryEmbedding
from . import judged

def gain(*first): return torch.tensor([*first, *[1.]*(16-len(first))])

def test_norm_and_rotation():
    judged('models.qwen3', 1, gain(2.), gain(), 3*gain(), torch.cat((gain(2.)[:8], gain(2.)[:8])))   # it has to differ within a rotated pair
    q, norm = torch.randn(1, 2, 6, 16), RMSNorm(16, 1e-6)
    pos = RotaryEmbedding(None, 16)(q, torch.arange(6)[None])
    assert torch.allclose(norm(apply_rope(q, *pos)), apply_rope(norm(q), *pos), atol=1e-5)
