"Solutions to the exercises of `nbs/03_attention/06_mlp.ipynb`."
import torch
from torch import nn
from torch.nn import functional as F
from nbformers.attention.mlp import GatedMLP

def test_gelu_is_an_expectation():
    "1: keep `x` with probability Φ(x), that is whenever a normal number is below it."
    torch.manual_seed(0)
    x = torch.linspace(-2, 2, 9)
    torch.testing.assert_close((x*(torch.randn(200_000, 1) < x)).mean(0), F.gelu(x), atol=.01, rtol=0)

def split_fused(weight):
    "2: Phi-3's `gate_up_proj.weight` as gate and up."
    return weight.chunk(2, 0)

def test_fused():
    m, fused, x = GatedMLP(8, 20), nn.Linear(8, 40, bias=False), torch.randn(3, 8)
    fused.weight.data = torch.cat((m.gate_proj.weight, m.up_proj.weight))
    gate, up = fused(x).chunk(2, -1)
    torch.testing.assert_close(m.down_proj(F.silu(gate)*up), m(x))
    assert torch.equal(split_fused(fused.weight)[1], m.up_proj.weight)
