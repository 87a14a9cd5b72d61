"""Exercises of the Gemma chapter: what a cap allows, and when it can matter."""
import math
import torch
from nbformers.attention.attend import attend
from nbformers.models.gemma import Gemma2Config, Gemma2Model

def test_ratio_under_a_cap():
    "Scores lie in (-c, c), so no weight is more than e^(2c) times another; opposite keys far away reach it."
    c, q = 2., torch.tensor([1000., 0.]).view(1, 1, 1, 2)
    k = torch.tensor([[1., 0.], [-1., 0.], [0., 1.]]).view(1, 1, 3, 2)
    w = attend(q, k, k, softcap=c, need_weights=True)[1].flatten()
    assert math.isclose(float(w.max()/w.min()), math.exp(2*c), rel_tol=1e-4)

def cap_matters(attn, width, cap=50.):
    "Whether any token can have a score at which the cap changes more than one part in a hundred; normed inputs have length √width."
    q, k = (torch.linalg.matrix_norm(p.weight, 2)*width**.5 for p in (attn.q_proj, attn.k_proj))
    bound = float(q*k*attn.scale)
    return bound, abs(bound - cap*math.tanh(bound/cap)) > .01*bound

def test_when_a_cap_matters():
    torch.manual_seed(0)
    cfg = Gemma2Config(vocab_size=60, hidden_size=32, intermediate_size=48, num_hidden_layers=1, num_attention_heads=4, num_key_value_heads=2, head_dim=16)
    attn = Gemma2Model(cfg).layers[0].self_attn
    bound, matters = cap_matters(attn, 32)
    assert not matters   # fresh weights: far below
    x = torch.nn.functional.normalize(torch.randn(2, 200, 32), dim=-1)*32**.5
    q, k, _ = attn.qkv(x)
    assert float((q @ k.repeat_interleave(2, 1).transpose(-1, -2)*attn.scale).abs().max()) <= bound
    with torch.no_grad(): attn.q_proj.weight.mul_(300)
    assert cap_matters(attn, 32)[1]
