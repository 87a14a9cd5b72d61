"Solutions to the exercises of `nbs/03_attention/06_mlp.ipynb`."
import torch
from torch.nn import functional as F
from . import judged

def expected(x, samples):
    "1: keep `x` with probability Φ(x), that is whenever a normal number is below it."
    return (x*(torch.randn(samples, 1) < x)).mean(0)

def test_gelu_is_an_expectation():
    judged('attention.mlp', 1, expected, lambda x, n: F.gelu(x), lambda x, n: (x*(torch.rand(n, 1) < .5)).mean(0))

def split_fused(weight):
    "2: Phi-3's `gate_up_proj.weight` as gate and up."
    return weight.chunk(2, 0)

def test_fused(): judged('attention.mlp', 2, split_fused, lambda w: w.chunk(2, 0)[::-1], lambda w: w.chunk(2, 1))
