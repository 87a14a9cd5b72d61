"Solutions to the exercises of `nbs/01_config/07_keymap.ipynb`."
import torch
from nbformers.config.keymap import KeyMap, KeyStep, Rename, match_name

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

def infer(pairs):
    "2: numbers become stars; pairs with the same two patterns are one step."
    star = lambda s: '.'.join('*' if p.isdigit() else p for p in s.split('.'))
    nums = lambda s: [p for p in s.split('.') if p.isdigit()]
    steps = {}
    for a, b in pairs:
        key = (star(a), star(b)) if nums(a) == nums(b) else (a, b)
        if a != b: steps.setdefault(key, Rename(*key))
    return KeyMap(*steps.values())

def test_unpad():
    disk = {'wte.weight': torch.arange(10.).view(5, 2), 'x': torch.ones(1)}
    m = KeyMap(Unpad('**.weight', 3), Rename('wte.weight', 'embed.weight'))
    assert m.load(disk)[0]['embed.weight'].shape == (3, 2) and m.roundtrip(disk) == 2

def test_infer():
    disk = [f'h.{i}.{n}' for i in range(12) for n in ('attn.w', 'mlp.w')] + ['wte', 'ln.w']
    memory = [n.replace('h.', 'layers.').replace('attn', 'self_attn') for n in disk[:-2]] + ['embed', 'ln.w']
    m = infer(zip(disk, memory))
    assert len(m.steps) == 3 and list(m.load(dict.fromkeys(disk, 0))[0]) == memory and [m.disk_name(n) for n in memory] == disk
