"""Exercises of the Gemma chapter: what a cap allows, and when it can matter."""
import math
import torch
from nbformers.models.gemma import Gemma2Config, Gemma2Model
from . import judged

def test_ratio_under_a_cap():
    "Scores lie in (-c, c), so no weight is more than e^(2c) times another; opposite keys far away reach it."
    judged('models.gemma', 1, lambda c: math.exp(2*c), math.exp)

def bound(attn, width):
    "No score is larger; normed inputs have length √width."
    q, k = (torch.linalg.matrix_norm(p.weight, 2)*width**.5 for p in (attn.q_proj, attn.k_proj))
    return float((q*k).detach()*attn.scale)

def cap_matters(attn, width, cap=50.):
    "Whether any token can have a score at which the cap changes more than one part in a hundred."
    b = bound(attn, width)
    return abs(b - cap*math.tanh(b/cap)) > .01*cap

def test_when_a_cap_matters():
    judged('models.gemma', 2, cap_matters, lambda attn, width, cap: True, lambda attn, width, cap: False)
    torch.manual_seed(0)
    cfg = Gemma2Config(vocab_size=60, hidden_size=32, intermediate_size=48, num_hidden_layers=1, num_attention_heads=4, num_key_value_heads=2, head_dim=16)
    attn = Gemma2Model(cfg).layers[0].self_attn
    q, k, _ = attn.qkv(torch.nn.functional.normalize(torch.randn(2, 200, 32), dim=-1)*32**.5)
    assert float((q @ k.repeat_interleave(2, 1).transpose(-1, -2)*attn.scale).abs().max()) <= bound(attn, 32)
