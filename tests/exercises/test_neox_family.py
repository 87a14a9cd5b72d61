"""Exercises of the NeoX family chapter: fused rows taken apart, and who reads the stream."""
import torch
from nbformers.config.keymap import KeyMap, Split
from . import judged

def apart(w, groups, n, d):
    "Rows that go group by group, as the three matrices they contain."
    y = w.view(groups, n+2, d, -1)
    return y[:, :n].flatten(0, 2), y[:, n].flatten(0, 1), y[:, n+1].flatten(0, 1)

def test_rows():
    judged('models.neox_family', 1, apart, lambda w, groups, n, d: w.split((groups*n*d, groups*d, groups*d)))

def test_split():
    """`Split` cuts a tensor into pieces that lie end to end; head by head, queries lie in as many pieces as there are groups.
    With one group (Falcon-7B) they lie end to end, and `Split` with sizes (heads, 1, 1) is right."""
    names, w = tuple(f'{k}_proj.weight' for k in 'qkv'), torch.randn(96, 32)
    for groups, n, w in ((4, 1, w), (1, 4, w[:48])):
        found, _ = KeyMap(Split('query_key_value.weight', names, sizes=(4, groups, groups))).load({'query_key_value.weight': w})
        same = all(torch.equal(found[k], rows) for k, rows in zip(names, apart(w, groups, n, 8)))
        assert same == (groups == 1)

def test_reads():
    "In turn: two norms read the stream, two sums write it. Parallel with a shared norm: one of each (both parts are added at once)."
    judged('models.neox_family', 2, (2, 1), (2, 2))
