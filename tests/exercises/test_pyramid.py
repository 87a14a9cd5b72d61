"""Solutions of the exercises in 04_models/vision/32_pyramid."""
import torch
from . import judged

def test_cost_of_the_first_stage():
    cells, d = 128*128, 32
    full, reduced = 2*cells*cells*d, 2*cells*(cells//64)*d   # scores and sums; the ratio is 8, so keys are a sixty-fourth
    judged('models.pyramid', 1, (reduced, full), (full/8, full), (reduced/2, full/2))

@torch.no_grad()
def differs(m):
    x = m(torch.full((1, 3, 32, 32), .5)).last_hidden_state[0]
    inner = x[:, 1:-1, 1:-1]   # the cut's own windows reach the border at the edge
    return float((inner-inner[:, 6:7, 6:7]).abs().max())

def test_without_neighbours_nobody_knows_the_place(): judged('models.pyramid', 2, differs, lambda m: 0.)
