"""Exercise of the chapter on NLLB-MoE: twelve tokens that all want one expert."""
import torch
from nbformers.models.nllb_moe import NllbMoeConfig, NllbMoeTop2Router

def kept(**kw):
    torch.manual_seed(0)
    cfg = NllbMoeConfig(d_model=8, num_experts=3, moe_eval_capacity_token_fraction=.5, **kw)
    r, x = NllbMoeTop2Router(cfg).eval(), torch.rand(12, 8)
    with torch.no_grad():
        r.classifier.weight.copy_(torch.tensor([[1.], [0.], [-.1]]).expand(3, 8))   # the larger a token, the surer it is of expert 0
        logits, w, index = r(x)
    assert (index[:, 0] == 0).all()
    return (w[:, 0] > 0).nonzero()[:, 0].tolist(), logits.softmax(-1)[:, 0]

def test_places():
    first, p = kept()
    assert first == [0, 1, 2, 3, 4, 5]   # six places, taken in order of the text
    sure, p = kept(batch_prioritized_routing=True)
    assert sorted(sure) == sorted(p.topk(6)[1].tolist()) and sure != first
