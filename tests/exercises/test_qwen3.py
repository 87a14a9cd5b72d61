"""Exercise of the Qwen3 chapter: norm and rotation."""
import torch
from nbformers.attention.norms import RMSNorm
from nbformers.attention.positions import apply_rope
from nbformers.attention.rope import RotaryEmbedding

def test_norm_and_rotation():
    q, norm = torch.randn(1, 2, 6, 16), RMSNorm(16, 1e-6)
    pos = RotaryEmbedding(None, 16)(q, torch.arange(6)[None])
    same = lambda: torch.allclose(norm(apply_rope(q, *pos)), apply_rope(norm(q), *pos), atol=1e-5)
    assert same()
    with torch.no_grad(): norm.weight[0] = 2.   # a gain that differs within a rotated pair
    assert not same()
