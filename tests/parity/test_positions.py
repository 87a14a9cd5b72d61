"""Arguments by position mean what they mean in the reference, for every class that is in both; what has no place is refused."""
import inspect
import pytest
pytest.importorskip('transformers')
import torch, transformers
import nbformers
from nbformers import _registry

SWITCHES = {'use_cache', 'past_key_values', 'output_attentions', 'output_hidden_states', 'output_router_logits', 'return_dict', 'logits_to_keep', 'interpolate_pos_encoding',
            'return_base_image_embeds'}

def positions(cls): return [n for n, p in inspect.signature(cls.forward).parameters.items() if p.kind == p.POSITIONAL_OR_KEYWORD][1:]

def in_both():
    for name, module in sorted(_registry.names.items()):
        theirs = getattr(transformers, name, None) if module.startswith('models.') else None
        if isinstance(theirs, type) and issubclass(theirs, transformers.PreTrainedModel): yield name

@pytest.mark.parametrize('module', sorted({_registry.names[n] for n in in_both()}))
def test_order(module):
    wrong = {}
    for name in in_both():
        if _registry.names[name] != module: continue
        want, have = positions(getattr(transformers, name)), positions(getattr(nbformers, name))
        left = want[len(have):]                                     # refused by position: switches, behind all inputs
        if want[:len(have)] != have[:len(want)] or {*left} - SWITCHES: wrong[name] = f'\n  {" ".join(want)}\n  {" ".join(have)}'
    assert not wrong, '\n'.join(f'{n}: {w}' for n, w in wrong.items())
