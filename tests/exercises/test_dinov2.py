"""Solution to the exercise of nbs/04_models/vision/04_dinov2.ipynb."""
import torch
from . import judged

def colours(fmap): # (c,h,w) -> (h,w,3) in 0…1
    c, h, w = fmap.shape
    x = fmap.reshape(c, -1).T
    x = (x - x.mean(0)) @ torch.linalg.svd(x - x.mean(0), full_matrices=False).Vh[:3].T
    lo, hi = x.min(0).values, x.max(0).values
    return ((x-lo)/(hi-lo)).view(h, w, 3)

def first_channels(fmap):
    x = fmap[:3].permute(1, 2, 0)
    return (x-x.amin((0, 1)))/(x.amax((0, 1))-x.amin((0, 1)))

def test_colours(): judged('models.dinov2', 1, colours, first_channels)
