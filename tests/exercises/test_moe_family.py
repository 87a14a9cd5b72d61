"""Exercise of the mixture family: a router that is no matrix."""
import torch
from torch import nn
from nbformers.models.moe_family import MoeBlock, MoeConfig

class Hash(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.e = cfg.num_experts
    def forward(self, x):
        index = (torch.arange(len(x)) % self.e)[:, None]
        logits = torch.zeros(len(x), self.e).scatter(1, index, 1.)
        return logits, torch.ones(len(x), 1), index
class HashBlock(MoeBlock): router_cls = Hash

def test_the_load_is_even():
    cfg = MoeConfig(hidden_size=16, intermediate_size=8, num_local_experts=4)
    block = HashBlock(cfg)
    for p in block.parameters(): nn.init.normal_(p, 0., .2)
    x = torch.randn(2, 6, 16)
    y, logits = block(x)
    assert logits.argmax(-1).bincount().tolist() == [3, 3, 3, 3]
    rows, up, down = x.view(12, 16), *block.experts.stacks()
    want = torch.stack([block.experts.expert(r[None], up[i % 4], down[i % 4])[0] for i, r in enumerate(rows)])
    assert torch.allclose(y.view(12, 16), want, atol=1e-5)
