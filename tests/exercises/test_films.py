"""Solution of the exercise in 03b_processors/06_films."""
import numpy as np
from . import judged

def evenly(film, n=16): return film[np.linspace(0, len(film)-1, n).round().astype(int)]

def test_evenly(): judged('processors.films', 1, evenly, lambda film: film[:16], lambda film: film[np.linspace(0, len(film), 16, endpoint=False).astype(int)])
