"""Exercise of nbs/04_models/vision/20_convnet_family.ipynb."""
import torch
from torch import nn
from nbformers.models.convnet_family import ConvLayer

def fold(layer):
    "The norm's scale goes into the weights, its shift into a bias."
    conv, norm = layer.convolution, layer.normalization
    scale = norm.weight/(norm.running_var + norm.eps).sqrt()
    out = nn.Conv2d(conv.in_channels, conv.out_channels, conv.kernel_size, conv.stride, conv.padding, groups=conv.groups)
    out.weight.data, out.bias.data = conv.weight.data*scale[:, None, None, None], norm.bias.data - norm.running_mean*scale
    return out

def test_fold():
    torch.manual_seed(0)
    layer, x = ConvLayer(8, 64, act=None), torch.randn(2, 8, 9, 9)
    for _ in range(5): layer(torch.randn(4, 8, 9, 9)*2 + 1)   # means to fold
    layer.eval()
    with torch.no_grad(): torch.testing.assert_close(fold(layer)(x), layer(x))   # one product a value: the norm's, of 577 before
