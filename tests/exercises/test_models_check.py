"Solutions to the exercises of nbs/04_models/05_check."
import torch
from nbformers.models.check import check_model, jitter, relative_error, tiny_inputs
from nbformers.models.llama import LlamaConfig, LlamaForCausalLM

tiny = dict(hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32, vocab_size=50, pad_token_id=0)

class WrongActivation(LlamaForCausalLM):
    "1. A twelfth fault: the wrong activation is wrong in the same way everywhere. Logits against the reference's show it."
    def __init__(self, cfg):
        super().__init__(cfg)
        for l in self.model.layers: l.mlp.act_fn = torch.nn.functional.gelu

def test_unseen_fault():
    assert not check_model(WrongActivation, LlamaConfig(**tiny)).failed
    right = jitter(LlamaForCausalLM(LlamaConfig(**tiny))).eval()
    wrong = WrongActivation(LlamaConfig(**tiny)).eval()
    wrong.load_state_dict(right.state_dict())
    ids = tiny_inputs(right)['input_ids']
    assert relative_error(wrong(ids).logits, right(ids).logits) > 1e-4

def check_order(model, inputs, tol=2e-5):
    "2. Permuting the rows permutes the output. A mean over rows does not care about their order, so CrossTalk passes."
    p = torch.tensor([1, 0])
    with torch.no_grad(): return relative_error(model(**{n: x[p] for n,x in inputs.items()}).logits, model(**inputs).logits[p]) <= tol

class Favourite(LlamaForCausalLM):
    "What it does catch: a row that is treated better for standing first."
    def logits(self, x): return super().logits(torch.cat([x[:1]*1.1, x[1:]]))

class Row0Leaks(LlamaForCausalLM):
    def logits(self, x): return super().logits(x + x[:1]*(len(x) > 1)*.1)

def test_order():
    good = jitter(LlamaForCausalLM(LlamaConfig(**tiny))).eval()
    inputs = tiny_inputs(good)
    assert check_order(good, inputs)
    for cls in (Favourite, Row0Leaks):
        bad = cls(LlamaConfig(**tiny)).eval(); bad.load_state_dict(good.state_dict())
        assert not check_order(bad, inputs)
