"Solutions to the exercises of `nbs/01_config/02d_flow.ipynb`."
from nbformers.config.flow import Told, show_tree
from . import judged

def way_of_a_picture(gap=10):
    "1: five boxes side by side."
    words, w = ('pixels', 'patches', 'vectors', 'logits', 'label'), 84
    d = Told('A picture is pixels, then patches, vectors, logits, and at last a label.', 50)
    for i, s in enumerate(words): d.box(10 + i*(w + gap), 10, w, 30, s)
    return d

def test_way_of_a_picture(): judged('config.flow', 1, way_of_a_picture(), way_of_a_picture(-20), way_of_a_picture(30))

def deep_tree(kinds, alt, step=12):
    "2: twelve pixels a floor leave 420 for the names."
    d, y = Told(alt), 10
    for kind, families in kinds.items():
        d.word(10, y + 12, kind, 16, bold=True); y += 22
        for family, branches in families.items():
            d.word(10 + step, y + 12, family, 13, bold=True); y += 20
            for branch, members in branches.items():
                d.word(10 + 2*step, y + 12, branch, 13); y += 18
                x = left = 10 + 3*step
                for n in members:
                    w = 7*len(n) + 8
                    if x + w > 472: x, y = left, y + 22
                    d.box(x, y, w, 18, n, size=11); x += w + 4
                y += 26
    d.h = y
    return d

def flat(kinds, alt): return show_tree({k: {f: [n for names in b.values() for n in names] for f, b in v.items()} for k, v in kinds.items()}, alt)

def test_fourth_floor(): judged('config.flow', 2, deep_tree, flat, lambda kinds, alt: deep_tree(kinds, alt, 130))
