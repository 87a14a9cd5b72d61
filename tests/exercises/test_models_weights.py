"Solutions to the exercises of nbs/04_models/02_weights."
import difflib
from nbformers.config.keymap import KeyMap, OneWay
from . import judged

def proposals(d):
    "2. For each missing name the unexpected one of the same shape that looks most like it."
    out = {}
    for n,shape in d.missing.items():
        same = [u for u,s in d.unexpected.items() if tuple(s) == tuple(shape)]
        out[n] = next(iter(difflib.get_close_matches(n, same, 1, 0)), None)
    return out

# 1. `block0` holds the number inside a segment, where no star can catch it. With a dot, `block.0.fc1`, a one-way rename does it.
keymap = KeyMap(OneWay('block.*.fc1.**', 'layers.*.up.**'))
def dotted(name): return name.replace('block', 'block.', 1)

def test_third_spelling(): judged('models.weights', 1, (keymap, dotted), (keymap, lambda n: n), (KeyMap(), dotted))
def test_proposals(): judged('models.weights', 2, proposals, lambda d: {n: next(iter(d.unexpected)) for n in d.missing})
