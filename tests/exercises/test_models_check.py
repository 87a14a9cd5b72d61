"Solutions to the exercises of nbs/04_models/05_check."
import torch
from nbformers.models.check import relative_error
from nbformers.models.llama import LlamaForCausalLM
from . import judged

class WrongActivation(LlamaForCausalLM):
    "1. A twelfth fault: the wrong activation is wrong in the same way everywhere. Logits against the reference's show it."
    def __init__(self, cfg):
        super().__init__(cfg)
        for l in self.model.layers: l.mlp.act_fn = torch.nn.functional.gelu

def check_order(model, inputs, tol=2e-5):
    "2. Permuting the rows permutes the output. A mean over rows does not care about their order, so CrossTalk passes."
    p = torch.tensor([1, 0])
    with torch.no_grad(): return relative_error(model(**{n: x[p] for n,x in inputs.items()}).logits, model(**inputs).logits[p]) <= tol

class SwappedTables(LlamaForCausalLM):
    "This one is seen: states are multiplied by how many rows there are."
    def logits(self, x): return super().logits(x*len(x))

def test_unseen_fault(): judged('models.check', 1, WrongActivation, LlamaForCausalLM, SwappedTables)
def test_order(): judged('models.check', 2, check_order, lambda model, inputs: True)
