"""Exercises of nbs/03_attention/14_windows.ipynb."""
from . import judged

def layers_needed(size=32, side=4, shift=2):
    """1: a token sees its window of the last layer, whose tokens saw theirs in the layer before: walk back from the last layer.
    Each layer adds up to half a window on both sides; best off is a token whose last window is the shifted one in the middle."""
    for n in range(1, 99):
        lo = hi = size//2 - 1
        for layer in reversed(range(n)):
            s = shift*(layer % 2)
            lo, hi = max(0, (lo+s)//side*side - s), min(size-1, (hi+s)//side*side + side-1 - s)
        if (lo, hi) == (0, size-1): return n

def test_layers_to_see_all(): judged('attention.windows', 1, layers_needed(), 7, 16)

def swap(table, s): return table.view(2*s-1, 2*s-1, -1).flip(1).reshape(table.shape)

def test_swap():
    "2: mirroring turns the sign of the distance across."
    judged('attention.windows', 2, swap, lambda table, s: table.flip(0), lambda table, s: table)
