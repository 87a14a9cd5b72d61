"""Solutions of the exercises in 04_models/vision/32_pyramid."""
import torch
from nbformers import SegformerConfig, SegformerModel

def test_cost_of_the_first_stage():
    cells, d = 128*128, 32
    full, reduced = 2*cells*cells*d, 2*cells*(cells//64)*d   # scores and sums; the ratio is 8, so keys are a sixty-fourth
    assert (full, reduced) == (17179869184, 268435456) and full == 64*reduced

def test_without_neighbours_nobody_knows_the_place():
    torch.manual_seed(0)
    cfg = SegformerConfig(num_encoder_blocks=1, depths=[3], sr_ratios=[1], hidden_sizes=[16], patch_sizes=[3], strides=[2], num_attention_heads=[2], mlp_ratios=[2], initializer_range=.3)
    def differs(mixes):
        m = SegformerModel(cfg).eval()
        for b in m.stages[0].blocks: b.mlp.mixes = mixes
        x = m(torch.full((1, 3, 32, 32), .5)).last_hidden_state[0]
        inner = x[:, 1:-1, 1:-1]   # the cut's own windows reach the border at the edge
        return float((inner-inner[:, 6:7, 6:7]).detach().abs().max())
    assert differs(False) < 1e-5 < 1e-2 < differs(True)
