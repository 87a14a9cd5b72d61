"""Exercise of the chapter on the flat view: where a class's names come from."""
from nbformers.models.flat import resolved
from nbformers.models.gpt2 import GPT2LMHeadModel
from . import judged

def origins(cls):
    found = {}
    for name, owner, _ in resolved(cls): found.setdefault(owner, []).append(name)
    return found

def test_origins():
    judged('models.flat', 1, origins, lambda cls: {cls.__name__: [n for n, _, _ in resolved(cls)]})
    assert 'forward' in origins(GPT2LMHeadModel)['CausalLM']   # its own are the class attributes
