"""Exercises of the chapter on the stack."""
import torch
from nbformers.attention.positions import apply_rope
from nbformers.attention.rope import RotaryEmbedding
from nbformers.models.llama import LlamaConfig, LlamaModel
from nbformers.models.llama_family import LlamaAttention

def half_rotate(q, k, pos):
    cos, sin = pos
    d = cos.shape[-1]
    turn = lambda x: torch.cat((apply_rope(x[..., :d].contiguous(), cos, sin), x[..., d:]), -1)
    return turn(q), turn(k)

def test_half_rotation():
    q = torch.randn(1, 2, 5, 16)
    pos = RotaryEmbedding(None, 8)(q, torch.arange(5)[None])
    a, _ = half_rotate(q, q, pos)
    torch.testing.assert_close(a[..., 8:], q[..., 8:])
    torch.testing.assert_close(a[..., :8], apply_rope(q[..., :8].contiguous(), *pos))
    torch.testing.assert_close(a, apply_rope(q, *pos))   # a narrower cos turns only the first dimensions

def test_both_ways():
    cfg = LlamaConfig(vocab_size=50, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=2, initializer_range=.3)
    class BothWays(LlamaModel): causal = False
    torch.manual_seed(0)
    ids, other = torch.tensor([[3, 4, 5]]), torch.tensor([[3, 4, 6]])
    for cls, same in ((LlamaModel, True), (BothWays, False)):
        m = cls(cfg).eval()
        with torch.no_grad(): a, b = (m(i, use_cache=False).last_hidden_state[:, 0] for i in (ids, other))
        assert torch.equal(a, b) == same
