"Solutions to the exercises of nbs/04_models/02_weights."
import difflib
import torch
from torch import nn
from nbformers.config.configuration import PreTrainedConfig
from nbformers.config.keymap import KeyMap, OneWay
from nbformers.models.base import PreTrainedModel
from nbformers.models.weights import WeightsDiff, to_memory

class Cfg(PreTrainedConfig): model_type = 'tiny'
class Block(nn.Module):
    def __init__(self): super().__init__(); self.up = nn.Linear(4, 4)
class Model(PreTrainedModel):
    "1. `block0` holds the number inside a segment, where no star can catch it. With a dot, `block.0.fc1`, a one-way rename does it."
    config_class,keymap = Cfg,KeyMap(OneWay('block.*.fc1.**', 'layers.*.up.**'))
    def __init__(self, cfg): super().__init__(cfg); self.layers = nn.ModuleList(Block() for _ in range(3)); self.post_init()

def dotted(tensors):
    "The smallest change: a dot before the number."
    return {n.replace('block', 'block.', 1): t for n,t in tensors.items()}

def test_third_spelling():
    m = Model(Cfg())
    disk = {n.replace('layers.', 'block').replace('.up.', '.fc1.'): t for n,t in m.state_dict().items()}
    assert 'block0.fc1.weight' in disk
    assert not to_memory(m, disk).keys() & m.state_dict().keys()
    assert to_memory(m, dotted(disk)).keys() == m.state_dict().keys()

def proposals(d):
    "2. For each missing name the unexpected one of the same shape that looks most like it."
    out = {}
    for n,shape in d.missing.items():
        same = [u for u,s in d.unexpected.items() if tuple(s) == tuple(shape)]
        out[n] = next(iter(difflib.get_close_matches(n, same, 1, 0)), None)
    return out

def test_proposals():
    d = WeightsDiff(missing={'layers.0.up.weight': (4, 4), 'norm.bias': (4,)}, unexpected={'layers.0.wide.weight': (4, 4), 'head.weight': (4, 4), 'other': (9,)})
    assert proposals(d) == {'layers.0.up.weight': 'layers.0.wide.weight', 'norm.bias': None}
