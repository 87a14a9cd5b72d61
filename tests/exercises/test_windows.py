"""Exercises of nbs/03_attention/14_windows.ipynb."""
import torch
from nbformers.attention.windows import relative_index

def test_layers_to_see_all():
    "A plain layer reaches to its window's ends, a shifted one to those of the shifted grid: each adds up to half a window on both sides."
    def reach(n, size=32, side=4, shift=2):
        lo = hi = 15
        for i in range(n):
            s = shift*(i % 2)
            lo, hi = max(0, (lo+s)//side*side - s), min(size-1, (hi+s)//side*side + side-1 - s)
        return lo, hi
    layers = next(n for n in range(1, 99) if reach(n) == (0, 31))
    assert layers == 9, layers

def swap(table, s): return table.view(2*s-1, 2*s-1, -1).flip(1).reshape(table.shape)

def test_swap():
    "Mirroring turns the sign of the distance across."
    table, i = torch.randn(25, 2), relative_index(3)
    mirror = torch.arange(9).view(3, 3).flip(1).flatten()
    torch.testing.assert_close(swap(table, 3)[i], table[i[mirror][:, mirror]])
