"Solutions to the exercises of `nbs/01_config/05_configuration.ipynb`."
from nbformers.config.configuration import PreTrainedConfig
from . import judged

def flat(d, at=''):
    for k, v in d.items():
        if isinstance(v, dict) and v: yield from flat(v, f'{at}{k}.')
        else: yield f'{at}{k}', v

def diff(a, b):
    "1: both as flat dictionaries with dotted names."
    a, b = dict(flat(a.to_dict())), dict(flat(b.to_dict()))
    return {k: (a.get(k), b.get(k)) for k in {**a, **b} if a.get(k) != b.get(k)}

class WideConfig(PreTrainedConfig):
    "2: the feed-forward width follows `d_model` unless the file says otherwise."
    model_type = 'wide'
    d_model:int = 64 # width
    d_ff:int|None = None # default: four times `d_model`
    def finish(self):
        if self.d_ff is None: self.d_ff = 4*self.d_model
        super().finish()

class FixedConfig(PreTrainedConfig):
    d_model:int = 64 # width
    d_ff:int = 256 # a width that follows nothing

def test_diff():
    judged('config.configuration', 1, diff, lambda a, b: {k: (v, b.to_dict().get(k)) for k, v in a.to_dict().items() if v != b.to_dict().get(k)})

def test_follows(): judged('config.configuration', 2, WideConfig, FixedConfig, dict)
