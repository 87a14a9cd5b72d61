"Solutions to the exercises of `nbs/01_config/08_outputs.ipynb`."
import torch
from nbformers.config.outputs import CausalLMOutputWithPast

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

def make(b): return CausalLMOutputWithPast(loss=torch.tensor(float(b)), logits=torch.ones(b, 3), hidden_states=(torch.zeros(b, 2), torch.ones(b, 2)))

def test_to():
    o = to(CausalLMOutputWithPast(logits=torch.ones(2), hidden_states=(torch.arange(2), torch.ones(1))), dtype=torch.float16)
    assert type(o) is CausalLMOutputWithPast and (o.logits.dtype, o.hidden_states[0].dtype, o.hidden_states[1].dtype) == (torch.float16, torch.int64, torch.float16)

def test_concat():
    o = concat([make(1), make(3)])
    assert o.logits.shape == (4, 3) and o.hidden_states[1].shape == (4, 2) and o.loss.item() == 2.5
