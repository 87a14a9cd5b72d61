"Exercises of the chapter on VAN."
import torch
from torch import nn
from . import judged

def left_out(near, apart, n=45):
    "Pixels inside the reach that neither window sees."
    f = nn.Sequential(nn.Conv2d(1, 1, near, padding=near//2), nn.Conv2d(1, 1, 7, dilation=apart, padding=3*apart))
    for p in f.parameters(): p.data.fill_(1.)
    x = torch.zeros(1, 1, n, n, requires_grad=True)
    f(x)[0, 0, n//2, n//2].backward()
    seen = x.grad[0, 0] > 0
    at = seen.any(0).nonzero().flatten()
    wide = int(at[-1]-at[0]) + 1
    return wide**2 - int(seen.sum()), wide

def test_1():
    "Taps stand for neighbourhoods of five: five apart they touch, six apart they leave gaps."
    most = max(k for k in (3, 4, 5, 6) if left_out(5, k)[0] == 0)
    judged('models.van', 1, most, 3, 6)
    assert left_out(5, 5)[1] == 5 + 5*6
