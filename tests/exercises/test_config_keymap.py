"Solutions to the exercises of `nbs/01_config/07_keymap.ipynb`."
import torch
from nbformers.config.keymap import KeyStep, Rename, match_name
from . import judged

class Unpad(KeyStep):
    "1: the padding rows travel in the trace."
    def __init__(self, pattern, rows): self.pattern, self.rows = pattern, rows
    def load(self, d, note):
        out = {}
        for n, v in d.items():
            if match_name(self.pattern, n) is not None:
                v = v() if callable(v) else v
                note[n], v = v[self.rows:], v[:self.rows]
            out[n] = v
        return out
    def save(self, d, note): return {n: torch.cat([v, note[n]]) if n in note else v for n, v in d.items()}

def infer(disk, memory):
    "2: numbers become stars; pairs with the same two patterns are one step."
    star = lambda s: '.'.join('*' if p.isdigit() else p for p in s.split('.'))
    nums = lambda s: [p for p in s.split('.') if p.isdigit()]
    steps = {}
    for a, b in zip(disk, memory):
        key = (star(a), star(b)) if nums(a) == nums(b) else (a, b)
        if a != b: steps.setdefault(key, Rename(*key))
    return list(steps.values())

class Cut(Unpad):
    "A wrong answer: what was cut off is gone."
    def save(self, d, note): return d

def test_unpad(): judged('config.keymap', 1, Unpad, Cut)
def test_infer(): judged('config.keymap', 2, infer, lambda disk, memory: [Rename(a, b) for a, b in zip(disk, memory) if a != b])
