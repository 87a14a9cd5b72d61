"""Exercise of the chapter on the BART family: how often each layer runs while 30 tokens are written."""
from . import judged

def passes(enc, dec, tokens): return enc, dec*tokens

def test_layers_move():
    judged('models.bart_family', 1, passes, lambda enc, dec, tokens: (enc*tokens, dec*tokens))
    even, deep = passes(12, 12, 30), passes(18, 6, 30)
    assert .4 < 1 - sum(deep)/sum(even) < .5   # nearly half is saved, though the model has as many layers as before
