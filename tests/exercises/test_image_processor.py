"""Solutions to the exercises of nbs/03b_processors/03_image_processor.ipynb."""
import numpy as np
from PIL import Image
from nbformers import ViTImageProcessor
from nbformers.processors.images import from_pillow
from . import judged

class NightProcessor(ViTImageProcessor):
    settings, gamma = (*ViTImageProcessor.settings, 'gamma'), 1.
    def steps(self, image, s):
        x = from_pillow(image) if hasattr(image, 'getbands') else image
        return super().steps(np.round(255*(x/255)**s['gamma']).astype(np.uint8), s)

def undo(pixels, p):
    mean, std = (np.asarray(v).reshape(3, 1, 1) for v in (p.image_mean, p.image_std))
    return Image.fromarray(np.clip(np.round((pixels*std + mean)/p.rescale_factor), 0, 255).astype(np.uint8).transpose(1, 2, 0))

class Darker(NightProcessor):
    "A wrong answer: the exponent is turned over."
    def steps(self, image, s): return super().steps(image, {**s, 'gamma': 1/s['gamma']})

def test_night(): judged('processors.image_processor', 1, NightProcessor, Darker)

def test_undo(): judged('processors.image_processor', 2, undo, lambda x, p: Image.fromarray(np.clip(x*255, 0, 255).astype(np.uint8).transpose(1, 2, 0)))
