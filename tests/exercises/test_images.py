"""Exercises of nbs/04_models/vision/01_images.ipynb."""
import torch
from torch.nn.functional import avg_pool2d, normalize
from nbformers.models.images import Backbone, BackboneConfig, ImageModel

class Config(BackboneConfig):
    model_type = 'stack-with-a-top'
    depths:tuple = (1, 1)
    def stages(self): return [*super().stages(), 'top']

class Net(Backbone, ImageModel):
    config_class = Config
    def __init__(self, cfg):
        super().__init__(cfg)
        self.num_features = [3]*4
    def forward(self, pixel_values):
        states = [pixel_values]
        for _ in range(3): states.append(avg_pool2d(states[-1], 2))
        return self.give(states)

def as_vectors(model, batch): return normalize(model(batch).feature_maps[-1].mean((2, 3)), dim=-1)

def test_as_vectors():
    "A mean does not depend on where a thing stands; a maximum finds a small thing in a large picture, and noise as well."
    x = torch.rand(2, 3, 16, 16)
    v = as_vectors(Net(Config()), x)
    torch.testing.assert_close(v.norm(dim=-1), torch.ones(2))
    torch.testing.assert_close(as_vectors(Net(Config()), torch.roll(x, (8, 8), (2, 3))), v)

def test_top():
    net = Net(Config(out_features=['top']))
    assert net.out_indices == [3] and net(torch.rand(1, 3, 16, 16)).feature_maps[0].shape == (1, 3, 2, 2)
