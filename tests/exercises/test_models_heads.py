"Solutions to the exercises of nbs/04_models/04_heads."
import math
import torch
from torch.nn import functional as F
from nbformers.models.bert import BertModel
from nbformers.models.heads import SequenceClassification, causal_lm_loss
from . import judged

def smooth_loss(logits, labels, eps=.1):
    "1. The next token's share of the target is 1-ε plus its part of the rest."
    y = F.pad(labels, (0, 1), value=-100)[:,1:].flatten()
    return F.cross_entropy(logits.flatten(0, 1).float(), y, ignore_index=-100, label_smoothing=eps)

class MeanBert(SequenceClassification):
    "2. `forward` keeps the mask, and `scores` takes the mean over what it leaves."
    model_cls,model_kwargs = BertModel,{'add_pooling_layer': False}
    def forward(self, *args, attention_mask=None, **kw):
        self.mask = attention_mask
        return super().forward(*args, attention_mask=attention_mask, **kw)
    def scores(self, out):
        x = out.last_hidden_state
        m = torch.ones(x.shape[:2]) if self.mask is None else self.mask
        return self.classifier(self.dropout((x*m[...,None]).sum(1)/m.sum(1, keepdim=True)))

def steps(target, out, loss, bound, n=400):
    "Steps until the loss is under the bound."
    torch.manual_seed(0)
    x = torch.randn(256, 6)
    y,net = target(x),torch.nn.Sequential(torch.nn.Linear(6, 16), torch.nn.ReLU(), torch.nn.Linear(16, out))
    opt = torch.optim.Adam(net.parameters(), lr=.02)
    for i in range(n):
        l = loss(net(x), y)
        if l < bound: return i
        opt.zero_grad(); l.backward(); opt.step()
    return n

def test_smooth():
    judged('models.heads', 1, smooth_loss, lambda z, y, eps: (1-eps)*causal_lm_loss(z, y), lambda z, y, eps: F.cross_entropy(z.flatten(0, 1), y.flatten(), label_smoothing=eps))
    eps, v = .1, 9                                             # at best the model predicts the smoothed target itself, whose entropy remains
    hit, rest = 1-eps+eps/v, eps/v
    best = torch.full((1, 2, v), math.log(rest)); best[0, 0, 4] = math.log(hit)
    want = -hit*math.log(hit) - (v-1)*rest*math.log(rest)
    torch.testing.assert_close(smooth_loss(best, torch.tensor([[0, 4]]), eps).item(), want, rtol=1e-5, atol=0)

def test_mean_pooling():
    class All(MeanBert):
        def scores(self, out): return self.classifier(out.last_hidden_state.mean(1))
    judged('models.heads', 2, MeanBert, All)

def test_two_labels():
    "3. The two questions are each linear and are learnt in fewer steps than their OR."
    both = lambda x: torch.stack([x[:,0] > 0, x[:,1] > 0], 1).float()
    either = lambda x: ((x[:,0] > 0) | (x[:,1] > 0)).long()
    a, b = steps(both, 2, F.binary_cross_entropy_with_logits, .1), steps(either, 2, F.cross_entropy, .1)
    judged('models.heads', 3, (a, b), (b, a))
