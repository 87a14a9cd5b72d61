"Exercises of 04_models/vision/40_matching."
from types import SimpleNamespace
import torch
from torch import nn
from nbformers.models.matching import _assign, set_loss

def greedy(cost):
    "Cheapest pair first."
    cost, total = cost.clone(), 0.
    for _ in range(cost.shape[1]):
        i, j = divmod(cost.argmin().item(), cost.shape[1])
        total += cost[i, j].item()
        cost[i], cost[:, j] = float('inf'), float('inf')
    return total

def test_greedy():
    g = torch.Generator().manual_seed(0)
    costs = [torch.rand(10, 6, generator=g) for _ in range(100)]
    pairs = [(greedy(c), c[_assign(c)[0], _assign(c)[1]].sum().item()) for c in costs]
    assert all(a >= b-1e-5 for a, b in pairs) and sum(a > b+1e-5 for a, b in pairs) > 30

def test_same_start_and_one_of_each():
    "Equal slots get unequal pairs at once: the matching parts them, however equal they start."
    cfg = SimpleNamespace(num_labels=2, class_cost=1, bbox_cost=5, giou_cost=2, bbox_loss_coefficient=5, giou_loss_coefficient=2, eos_coefficient=.1)
    target = dict(class_labels=torch.tensor([0, 1]), boxes=torch.tensor([[.3, .3, .2, .2], [.7, .7, .2, .2]]))
    slots, says = nn.Parameter(torch.zeros(3, 4)), nn.Parameter(torch.zeros(3, 3))
    set_loss(cfg, [target], says[None], slots.sigmoid()[None])[0].backward()
    assert not torch.allclose(slots.grad[0], slots.grad[1]) and slots.grad.abs().sum(1).count_nonzero() == 2
