"Solutions to the exercises of `nbs/03_attention/05_norms.ipynb`."
import torch
from torch import nn
from nbformers.attention.norms import RMSNorm, rms_norm

def rms_grad(x, w, g, eps=0.):
    "1: the gradient of `rms_norm(x, w)` along `g`: (w·g − n·mean(w·g·n))/size, with n the normed x."
    size = (x.pow(2).mean(-1, keepdim=True)+eps).sqrt()
    n, wg = x/size, w*g
    return (wg - n*(wg*n).mean(-1, keepdim=True))/size

def test_gradient():
    x, w, g = torch.randn(4, 8, dtype=torch.double, requires_grad=True), torch.randn(8, dtype=torch.double), torch.randn(4, 8, dtype=torch.double)
    rms_norm(x, w, 0.).backward(g)
    torch.testing.assert_close(x.grad, rms_grad(x.detach(), w, g))
    assert (x.grad*x).sum(-1).abs().max() < 1e-12

def fold(norm, linear):
    "2: a norm without weight, and a linear layer that took it in."
    new = nn.Linear(linear.in_features, linear.out_features)
    new.weight.data, new.bias.data = linear.weight*norm.weight, linear.bias
    return lambda x: new(rms_norm(x, None, norm.eps))

def test_fold():
    norm, linear, x = RMSNorm(8), nn.Linear(8, 5), torch.randn(3, 8)
    norm.weight.data = torch.randn(8)
    torch.testing.assert_close(fold(norm, linear)(x), linear(norm(x)))
