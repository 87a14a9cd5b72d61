"""Exercise of the chapter on what is read: what a head that reads the first token spares."""
from . import judged

def spared(n, t):
    "Ten of a layer's twelve d², in one layer of n, for all tokens but one."
    return 10*(t-1)/(12*n*t)

def test_spared(): judged('models.wanted', 1, spared, lambda n, t: 1/n)
