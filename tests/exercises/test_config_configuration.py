"Solutions to the exercises of `nbs/01_config/05_configuration.ipynb`."
from nbformers.config.configuration import PreTrainedConfig

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

def test_diff():
    a, b = WideConfig(rope=dict(theta=1, kind='x')), WideConfig(rope=dict(theta=2, kind='x'), d_model=32)
    assert diff(a, b) == {'rope.theta': (1, 2), 'd_model': (64, 32), 'd_ff': (256, 128)}
    assert diff(a, a) == {}

def test_follows():
    assert WideConfig().d_ff == 256 and WideConfig(d_ff=7).d_ff == 7
    assert WideConfig.from_dict({}, d_model=8).d_ff == 32 and WideConfig.from_dict(dict(d_ff=9), d_model=8).d_ff == 9
