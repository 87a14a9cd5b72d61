"Solutions to the exercises of `nbs/04_models/seq2seq/23_switch.ipynb`."
import torch
from nbformers.attention.moe import mix_experts
from nbformers.models.switch_transformers import SwitchTransformersConfig, SwitchTransformersSparseMLP

TINY = SwitchTransformersConfig(vocab_size=60, d_model=16, d_ff=24, num_experts=4, router_jitter_noise=0.)

def test_the_probability_teaches():
    "1: a choice alone has no gradient; with ones in place of probabilities the router gets none."
    torch.manual_seed(0)
    mlp, x = SwitchTransformersSparseMLP(TINY), torch.randn(1, 9, 16)
    mlp(x)[0].sum().backward()
    assert mlp.router.classifier.weight.grad.abs().max() > 0
    mlp.zero_grad()
    best, weight, _ = mlp.router(x)
    mix_experts(x[0], best.view(-1, 1), torch.ones(9, 1), lambda rows, e: mlp.experts[f'expert_{e}'](rows)).sum().backward()
    assert mlp.router.classifier.weight.grad is None

def dropped(n=512, experts=8, capacity=64, times=200):
    "2: tokens over capacity, on average over random choices."
    g = torch.Generator().manual_seed(0)
    counts = torch.stack([torch.randint(experts, (n,), generator=g).bincount(minlength=experts) for _ in range(times)])
    return (counts-capacity).clamp(min=0).sum(1).float().mean().item()

def test_dropped():
    assert 18 < dropped() < 32          # about one token in twenty, though there is room for all on average
    assert dropped(capacity=80) < 3
