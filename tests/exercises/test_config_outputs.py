"Solutions to the exercises of `nbs/01_config/08_outputs.ipynb`."
import torch
from . import judged

def to(v, device=None, dtype=None):
    "1: walk down tuples and outputs."
    if hasattr(v, 'is_floating_point'): return v.to(device=device, dtype=dtype if v.is_floating_point() else None)
    if isinstance(v, (tuple, list)): return type(v)(to(x, device, dtype) for x in v)
    return type(v)(**{k: to(x, device, dtype) for k, x in v.items()}) if hasattr(v, 'items') else v

def concat(outs):
    "2: tensors end to end, tuples place by place, the loss weighted by the number of examples."
    def join(vs): return tuple(map(join, zip(*vs))) if isinstance(vs[0], tuple) else torch.cat(vs)
    n = torch.tensor([float(o.logits.shape[0]) for o in outs])
    kw = {k: join([o[k] for o in outs]) for k in outs[0] if k != 'loss'}
    if outs[0].loss is not None: kw['loss'] = (torch.stack([o.loss for o in outs])*n).sum()/n.sum()
    return type(outs[0])(**kw)

def halves(out, device=None, dtype=None): return type(out)(logits=out.logits.to(device, dtype), hidden_states=out.hidden_states)
def plain_mean(outs): return type(outs[0])(**{**concat(outs), **({} if outs[0].loss is None else {"loss": torch.stack([o.loss for o in outs]).mean()})})

def test_to(): judged('config.outputs', 1, to, halves)
def test_concat(): judged('config.outputs', 2, concat, plain_mean)
