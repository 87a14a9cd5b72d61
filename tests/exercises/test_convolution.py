"""Exercises of nbs/03_attention/13_convolution.ipynb."""
import torch
from torch.nn.functional import conv2d
from . import judged

def one_window():
    "1: windows one after the other are one window: their convolution. This one is symmetric."
    blur = torch.ones(1, 1, 5, 5)/25
    return conv2d(torch.nn.functional.pad(blur, (4,)*4), blur)[0, 0]

def test_two_blurs(): judged('attention.convolution', 1, one_window(), torch.ones(9, 9)/81, one_window()*2)

def layers(strides):
    "2: a layer adds two pixels times the stride so far."
    n, width, step = 0, 1, 1
    while width < 224: width, step, n = width + 2*step, step*strides[n % len(strides)], n+1
    return n

def test_layers_to_see_all():
    judged('attention.convolution', 2, (layers([1]), layers([1, 2])), (224, 12), (112, 56))
