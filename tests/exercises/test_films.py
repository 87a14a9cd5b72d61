"""Solution of the exercise in 03b_processors/06_films."""
import numpy as np

def evenly(film, n=16): return film[np.linspace(0, len(film)-1, n).round().astype(int)]

def test_evenly():
    assert evenly(np.arange(100), 16)[[0, -1]].tolist() == [0, 99]
    assert evenly(np.arange(4), 4).tolist() == [0, 1, 2, 3] and len(evenly(np.arange(3), 16)) == 16
