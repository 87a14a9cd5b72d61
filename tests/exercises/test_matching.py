"Exercises of 04_models/vision/40_matching."
from types import SimpleNamespace
import torch
from torch import nn
from nbformers.models.matching import _assign, set_loss
from . import judged

def greedy(cost):
    "Cheapest pair first."
    cost, pairs = cost.clone(), []
    for _ in range(cost.shape[1]):
        pairs.append(divmod(cost.argmin().item(), cost.shape[1]))
        cost[pairs[-1][0]], cost[:, pairs[-1][1]] = float('inf'), float('inf')
    return pairs

def hungarian(cost): return [*zip(*(x.tolist() for x in _assign(cost)))]

def test_greedy():
    judged('models.matching', 1, greedy, hungarian)
    g = torch.Generator().manual_seed(0)
    costs = [torch.rand(10, 6, generator=g) for _ in range(100)]
    dear = [sum(c[i, j].item() for i, j in greedy(c)) - sum(c[i, j].item() for i, j in hungarian(c)) for c in costs]
    assert min(dear) >= -1e-5 and sum(d > 1e-5 for d in dear) > 30

def test_same_start_and_one_of_each():
    "Equal slots get unequal pairs at once: the matching parts them, however equal they start."
    cfg = SimpleNamespace(num_labels=2, class_cost=1, bbox_cost=5, giou_cost=2, bbox_loss_coefficient=5, giou_loss_coefficient=2, eos_coefficient=.1)
    target = dict(class_labels=torch.tensor([0, 1]), boxes=torch.tensor([[.3, .3, .2, .2], [.7, .7, .2, .2]]))
    slots, says = nn.Parameter(torch.zeros(3, 4)), nn.Parameter(torch.zeros(3, 3))
    set_loss(cfg, [target], says[None], slots.sigmoid()[None])[0].backward()
    assert not torch.allclose(slots.grad[0], slots.grad[1])
    judged('models.matching', 2, int(slots.grad.abs().sum(1).count_nonzero()), 3, 0)
