"""Solution of the exercise in 06_pipeline/21_image_segmentation."""
import numpy as np
from PIL import Image
from . import judged

def painted(picture, masks, seed=0):
    out, rng = np.asarray(picture).astype(float), np.random.default_rng(seed)
    for m in masks:
        where = np.asarray(m['mask']) > 0
        out[where] = .5*out[where] + .5*rng.integers(0, 256, 3)
    return Image.fromarray(out.round().astype(np.uint8))

def test_painted():
    picture = Image.new('RGB', (6, 4), (100, 100, 100))
    left = np.zeros((4, 6), np.uint8); left[:, :3] = 255
    out = np.asarray(painted(picture, [dict(mask=Image.fromarray(left)), dict(mask=Image.fromarray(255-left))]))
    assert len({tuple(p) for p in out.reshape(-1, 3)}) == 2 and (out[0, 0] != out[0, 5]).any()
    def opaque(picture, masks):
        out = np.asarray(picture).copy()
        for i, m in enumerate(masks): out[np.asarray(m['mask']) > 0] = 90*i
        return Image.fromarray(out)
    judged('pipelines.image_segmentation', 1, painted, opaque, lambda picture, masks: picture)
