"""Solution to the exercise of nbs/06_pipeline/20_image_classification.ipynb."""
import numpy as np
import torch
from PIL import Image
from nbformers import ViTConfig, ViTImageProcessor, ViTModel
from nbformers.pipelines.image_classification import ImageFeatureExtractionPipeline
from . import judged

def nearest(pipe, wanted, photos):
    v = torch.nn.functional.normalize(torch.cat([torch.tensor(x) for x in pipe([wanted, *photos], pool=True)]), dim=-1)
    return int((v[1:] @ v[0]).argmax())

def test_nearest():
    torch.manual_seed(0)
    m = ViTModel(ViTConfig(hidden_size=24, num_hidden_layers=1, num_attention_heads=2, intermediate_size=24, image_size=16, patch_size=8)).eval()
    pipe = ImageFeatureExtractionPipeline(m, image_processor=ViTImageProcessor(size=16), device='cpu')
    g = np.random.default_rng(0)
    photos = [Image.fromarray(g.integers(0, 255, (20, 20, 3), dtype=np.uint8)) for _ in range(10)]
    assert nearest(pipe, photos[6], photos) == 6
    judged('pipelines.image_classification', 1, nearest, lambda pipe, wanted, photos: 0, lambda pipe, wanted, photos: int(np.argmin([abs(np.asarray(p).mean()-np.asarray(wanted).mean()) for p in photos])))
