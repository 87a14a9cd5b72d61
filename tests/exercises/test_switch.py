"Solutions to the exercises of `nbs/04_models/seq2seq/23_switch.ipynb`."
import torch
from nbformers.attention.moe import mix_experts
from nbformers.models.switch_transformers import SwitchTransformersConfig, SwitchTransformersSparseMLP
from . import judged

def dropped(n=512, experts=8, capacity=64, times=200):
    "2: tokens over capacity, on average over random choices."
    g = torch.Generator().manual_seed(0)
    counts = torch.stack([torch.randint(experts, (n,), generator=g).bincount(minlength=experts) for _ in range(times)])
    return (counts-capacity).clamp(min=0).sum(1).float().mean().item()

def fully(mlp, x):
    best, _, _ = mlp.router(x)
    return mix_experts(x[0], best.view(-1, 1), torch.ones(x.shape[1], 1), lambda rows, e: mlp.experts[f'expert_{e}'](rows))

def test_the_probability_teaches():
    "1: a choice alone has no gradient; with ones in place of probabilities the router gets none."
    judged('models.switch_transformers', 1, fully, lambda mlp, x: mlp(x)[0], lambda mlp, x: fully(mlp, x) + mlp.router.classifier.weight.mean()*1e-6)
    torch.manual_seed(0)
    mlp, x = SwitchTransformersSparseMLP(SwitchTransformersConfig(vocab_size=60, d_model=16, d_ff=24, num_experts=4, router_jitter_noise=0.)), torch.randn(1, 9, 16)
    mlp(x)[0].sum().backward()
    assert mlp.router.classifier.weight.grad.abs().max() > 0

def test_dropped():
    "About one token in twenty, though there is room for all on average."
    judged('models.switch_transformers', 2, dropped(), 0, 64)
    assert dropped(capacity=80) < 3
