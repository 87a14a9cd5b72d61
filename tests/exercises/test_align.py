"Solution to the exercise of the chapter on ALIGN."
import math, torch
from nbformers.models.align import smooth_contrastive_loss

def test_least_loss_is_the_targets_entropy():
    "Cross-entropy is the target's entropy plus what the answer differs from it; at the best margin it does not differ."
    for n, e in ((8, .1), (5, .3)):
        right, wrong = 1 - e + e/n, e/n
        entropy = -right*math.log(right) - (n-1)*wrong*math.log(wrong)
        loss = smooth_contrastive_loss(math.log(right/wrong)*torch.eye(n, dtype=torch.float64), e).item()
        assert abs(loss - entropy) < 1e-9
