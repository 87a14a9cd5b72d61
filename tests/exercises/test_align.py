"Solution to the exercise of the chapter on ALIGN."
import math, torch
from nbformers.models.align import smooth_contrastive_loss
from . import judged

def entropy(n, e):
    "Cross-entropy is the target's entropy plus what the answer differs from it; at the best margin it does not differ."
    right, wrong = 1 - e + e/n, e/n
    return -right*math.log(right) - (n-1)*wrong*math.log(wrong)

def test_least_loss_is_the_targets_entropy():
    judged('models.align', 1, entropy, lambda n, e: 0., lambda n, e: -math.log(1-e))
    assert abs(smooth_contrastive_loss(math.log((1 - .1 + .1/8)/(.1/8))*torch.eye(8, dtype=torch.float64), .1).item() - entropy(8, .1)) < 1e-9
