"""Solution of the exercise in 04_models/vision/24_regnet."""
from torch import nn
from nbformers.models.regnet import StandardConv
from . import judged

def fold(m):
    for name, c in list(m.named_modules()):
        if not isinstance(c, StandardConv): continue
        plain = nn.Conv2d(c.in_channels, c.out_channels, c.kernel_size, c.stride, c.padding, c.dilation, bias=False)
        w = c.weight.flatten(1)
        plain.weight.data = ((w-w.mean(1, keepdim=True))/(w.var(1, correction=0, keepdim=True)+1e-8).sqrt()).view_as(c.weight).detach()
        m.set_submodule(name, plain)
    return m

def only_first(m):
    "Wrong: standardised with the wrong mean."
    for _, c in [*fold(m).named_modules()]:
        if isinstance(c, nn.Conv2d): c.weight.data += .1
    return m

def test_folded(): judged('models.regnet', 1, fold, only_first, lambda m: m)
