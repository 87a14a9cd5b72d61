"""Exercises of nbs/04_models/vision/01_images.ipynb."""
from torch.nn.functional import normalize
from nbformers.models.images import BackboneConfig
from . import judged

class Config(BackboneConfig):
    model_type = 'stack-with-a-top'
    depths:tuple = (1, 1)
    def stages(self): return [*super().stages(), 'top']

def as_vectors(model, batch): return normalize(model(batch).feature_maps[-1].mean((2, 3)), dim=-1)

def biggest(model, batch): return normalize(model(batch).feature_maps[-1].amax((2, 3)), dim=-1)
def corner(model, batch): return normalize(model(batch).feature_maps[-1][:, :, 0, 0], dim=-1)

def test_as_vectors():
    "A mean does not depend on where a thing stands; a maximum finds a small thing in a large picture, and noise as well."
    judged('models.images', 1, as_vectors, corner, lambda model, batch: model(batch).feature_maps[-1].mean((2, 3)))

class First(Config):
    model_type = 'stack-with-a-top-below'
    def stages(self): return ['top', *BackboneConfig.stages(self)]

def test_top(): judged('models.images', 2, Config, First)
