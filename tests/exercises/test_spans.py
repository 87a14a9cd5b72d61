"""Solutions to the exercises of nbs/03_attention/12_spans.ipynb."""
from . import judged

def share():
    "1: a place is free of all ten spans that could cover it with probability (1 - p/10)¹⁰, which is to be a half."
    return 10*(1 - .5**.1)

def test_half_hidden(): judged('attention.spans', 1, share(), .5, 1.)
