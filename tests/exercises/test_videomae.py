"""Solution of the exercise in 04_models/vision/44_videomae."""
import torch
from nbformers import VideoMAEConfig, VideoMAEModel
from . import judged

def tubes(b, layers, places, ratio, generator=None):
    order = torch.rand(b, places, generator=generator).argsort(1)
    return (order < int(ratio*places)).repeat(1, layers)

def test_tubes():
    judged('models.videomae', 1, tubes, lambda b, t, n, r: tubes(b, 1, t*n, r), lambda b, t, n, r: tubes(1, t, n, r).expand(b, -1))
    m = VideoMAEModel(VideoMAEConfig(hidden_size=24, num_hidden_layers=1, num_attention_heads=3, intermediate_size=40, image_size=32, patch_size=8, num_frames=8)).eval()
    assert m(torch.randn(3, 8, 3, 32, 32), bool_masked_pos=tubes(3, 4, 16, .9)).last_hidden_state.shape == (3, 8, 24)
