"""Exercise of the chapter on the flat view: where a class's names come from."""
from nbformers.models.flat import resolved
from nbformers.models.gpt2 import GPT2LMHeadModel

def origins(cls):
    found = {}
    for name, owner, _ in resolved(cls): found.setdefault(owner, []).append(name)
    return found

def test_origins():
    o = origins(GPT2LMHeadModel)
    assert 'forward' in o['CausalLM'] and 'forward' not in o.get('GPT2LMHeadModel', []) and 'model_cls' in o['GPT2LMHeadModel']
