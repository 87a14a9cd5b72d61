"""Films beside the reference's Pillow path."""
import json, random
import numpy as np
import pytest
transformers = pytest.importorskip('transformers')
from PIL import Image
from sklearn.datasets import load_sample_images
import nbformers
from tests.seeds import SEED

@pytest.fixture(scope='module')
def film():
    im = Image.fromarray(load_sample_images().images[0]).resize((160, 110))
    return [im.crop((4*t, 2*t, 100+4*t, 80+2*t)) for t in range(4)]

def test_same_films(film, tmp_path):
    rng = random.Random(f'films{SEED}')
    ours, theirs = nbformers.VideoMAEImageProcessor, transformers.VideoMAEImageProcessorPil
    for i in range(6):
        n, m = rng.randint(20, 70), rng.randint(20, 70)
        kw = {} if not i else dict(size=rng.choice([dict(shortest_edge=n), dict(height=n, width=m)]), do_center_crop=rng.random() < .6, crop_size=m, do_normalize=rng.random() < .7, resample=rng.choice([0, 2, 3]))
        x = rng.choice([film, [film, film[::-1]], [np.asarray(f) for f in film]])
        a, b = ours()(x, return_tensors='pt', **kw), theirs()(x, return_tensors='pt', **kw)
        assert a.pixel_values.shape == b.pixel_values.shape and float((a.pixel_values-b.pixel_values).abs().max()) <= 1e-5*max(1, float(b.pixel_values.abs().max())), kw
    theirs().save_pretrained(tmp_path/'a'); ours().save_pretrained(tmp_path/'b')
    a, b = ({k: v for k, v in json.loads((tmp_path/d/'preprocessor_config.json').read_text()).items() if v is not None} for d in 'ab')
    assert a == b and type(nbformers.AutoImageProcessor.from_pretrained(tmp_path/'a')) is ours
