"""Exercises of nbs/03_attention/13_convolution.ipynb."""
import torch
from torch.nn.functional import conv2d

def test_two_blurs():
    "Windows one after the other are one window: their convolution."
    torch.manual_seed(0)
    x, blur = torch.rand(1, 1, 30, 30), torch.ones(1, 1, 5, 5)/25
    both = conv2d(torch.nn.functional.pad(blur, (4,)*4), blur)   # a blurred blur, 9 by 9; the window is symmetric
    assert both.shape[-2:] == (9, 9) and torch.isclose(both.sum(), torch.tensor(1.))
    torch.testing.assert_close(conv2d(conv2d(x, blur), blur), conv2d(x, both))

def test_layers_to_see_all():
    def layers(strides):
        n, width, step = 0, 1, 1
        while width < 224: width, step, n = width + 2*step, step*strides[n % len(strides)], n+1
        return n
    assert layers([1]) == 112          # two pixels more a layer
    assert layers([1, 2]) == 12        # each pair of layers doubles the step
