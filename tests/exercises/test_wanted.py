"""Exercise of the chapter on what is read: what a head that reads the first token spares."""
import pytest, torch
from torch.utils._python_dispatch import TorchDispatchMode
from nbformers import BertConfig, BertForSequenceClassification

class Counter(TorchDispatchMode):
    n = 0
    def __torch_dispatch__(self, op, types, args=(), kwargs=None):
        ops = {torch.ops.aten.addmm: args[1:], torch.ops.aten.mm: args}
        if op.overloadpacket in ops:
            x, w = ops[op.overloadpacket][:2]
            self.n += len(x)*w.numel()                                 # rows times the matrix
        return op(*args, **(kwargs or {}))

def products(f):
    with Counter() as c, torch.no_grad(): f()
    return c.n

def spared(n, t):
    "Ten of a layer's twelve d², in one layer of n, for all tokens but one."
    return 10*(t-1)/(12*n*t)

@pytest.mark.parametrize('n', range(2, 7))
def test_spared(n):
    d, t, b = 48, 9, 2
    model = BertForSequenceClassification(BertConfig(vocab_size=99, hidden_size=d, num_hidden_layers=n, num_attention_heads=4, intermediate_size=4*d, num_labels=3)).eval()
    ids = torch.randint(5, 99, (b, t))
    layers = products(lambda: model.bert(ids)) - b*d*d                 # the pooler
    short = products(lambda: model(ids)) - b*d*d - b*d*3               # and the classifier
    assert short/layers == pytest.approx(1 - spared(n, t), abs=1e-12)
