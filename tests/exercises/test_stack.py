"""Exercises of the chapter on the stack."""
import torch
from nbformers.attention.positions import apply_rope
from nbformers.models.llama import LlamaConfig, LlamaModel
from . import judged

def half_rotate(q, k, pos):
    cos, sin = pos
    d = cos.shape[-1]
    turn = lambda x: torch.cat((apply_rope(x[..., :d].contiguous(), cos, sin), x[..., d:]), -1)
    return turn(q), turn(k)

def test_half_rotation():
    judged('models.stack', 1, half_rotate, lambda q, k, pos: (half_rotate(q, k, pos)[0], k))
    judged('models.stack', 1, lambda q, k, pos: (apply_rope(q, *pos), apply_rope(k, *pos)), lambda q, k, pos: (q, k))   # a narrower cos turns only the first dimensions

class BothWays(LlamaModel): causal = False
def test_both_ways():
    cfg = LlamaConfig(vocab_size=50, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=2, initializer_range=.3)
    judged('models.stack', 2, BothWays(cfg), LlamaModel(cfg))
