"""Label maps and semantic post-processing beside the reference's Pillow path."""
import json, random
from types import SimpleNamespace
import numpy as np
import pytest
transformers = pytest.importorskip('transformers')
import torch
from PIL import Image
from sklearn.datasets import load_sample_images
import nbformers
from tests.seeds import SEED

NAMES = 'Beit Segformer MobileNetV2'.split()
def pair(name): return getattr(nbformers, f'{name}ImageProcessor'), getattr(transformers, f'{name}ImageProcessorPil')

@pytest.fixture(scope='module')
def photos(): return [Image.fromarray(x).resize((150+20*i, 110)) for i, x in enumerate(load_sample_images().images)]

def drawn(rng, name):
    n, m = rng.randint(20, 90), rng.randint(20, 90)
    kw = dict(do_reduce_labels=rng.random() < .5, do_rescale=rng.random() < .8, do_normalize=rng.random() < .8, resample=rng.choice([0, 2, 3]))
    if rng.random() < .7: kw['size'] = rng.choice([dict(height=n, width=m), dict(shortest_edge=n)])
    if rng.random() < .4: kw |= dict(do_center_crop=True, crop_size=dict(height=m, width=n))
    if rng.random() < .2: kw['do_resize'] = False
    return kw

@pytest.mark.parametrize('name', NAMES)
def test_same_labels(name, photos):
    rng, (ours, theirs) = random.Random(f'{name}{SEED}'), pair(name)
    ours, theirs = ours(), theirs()
    for i in range(6):
        kw = drawn(rng, name) if i else {}
        im = rng.choice(photos)
        m = np.random.default_rng(rng.randint(0, 9**9)).integers(0, rng.choice([3, 256]), im.size[::-1]).astype(np.uint8)
        m = np.kron(m[::10, ::10], np.ones((10, 10), np.uint8))[:m.shape[0], :m.shape[1]]
        form = rng.choice(['array', 'pil', 'wide'])
        one = lambda: {'array': m.copy(), 'pil': Image.fromarray(m), 'wide': m.astype(np.int32)}[form]
        want = theirs(im, segmentation_maps=one(), **kw)
        got = ours(im, segmentation_maps=one(), **kw)
        assert np.abs(got['pixel_values'][0].astype(float)-want['pixel_values'][0]).max() <= 1e-5*max(1, np.abs(want['pixel_values'][0]).max()), kw
        assert got['labels'][0].dtype == want['labels'][0].dtype and np.array_equal(got['labels'][0], want['labels'][0]), (kw, form)

@pytest.mark.parametrize('name', NAMES)
def test_batches_and_files(name, photos, tmp_path):
    ours, theirs = pair(name)
    maps = [np.full(p.size[::-1], i, np.uint8) for i, p in enumerate(photos)]
    a, b = (c()(photos, [m.copy() for m in maps], return_tensors='pt') for c in (ours, theirs))
    assert torch.equal(a.labels, b.labels) and torch.allclose(a.pixel_values, b.pixel_values, atol=1e-5)
    theirs(do_reduce_labels=True).save_pretrained(tmp_path/'a'); ours(do_reduce_labels=True).save_pretrained(tmp_path/'b')
    a, b = ({k: v for k, v in json.loads((tmp_path/d/'preprocessor_config.json').read_text()).items() if v is not None} for d in 'ab')
    assert a == b
    assert type(nbformers.AutoImageProcessor.from_pretrained(tmp_path/'a')) is ours
    assert theirs.from_pretrained(tmp_path/'b').to_json_string() == theirs.from_pretrained(tmp_path/'a').to_json_string()

@pytest.mark.parametrize('name', NAMES)
def test_same_maps_from_scores(name):
    g = torch.Generator().manual_seed(len(name))
    out = SimpleNamespace(logits=torch.randn(3, 5, 9, 7, generator=g))
    a, b = (c() for c in pair(name))
    for sizes in (None, [(20, 31), (9, 7), (3, 40)]):
        for x, y in zip(a.post_process_semantic_segmentation(out, sizes), b.post_process_semantic_segmentation(out, sizes)): assert torch.equal(x, y)
        for x, y in zip(a.post_process_semantic_segmentation(out, sizes, True), b.post_process_semantic_segmentation(out, sizes, return_segmentation_scores=True)):
            assert torch.equal(x.segmentation, y.segmentation) and torch.allclose(x.segmentation_scores, y.segmentation_scores)
    with pytest.raises(ValueError, match='as many target_sizes'): a.post_process_semantic_segmentation(out, [(1, 1)])

@pytest.mark.parametrize('depths', [[1, 2, 3, 4], [4, 3, 2, 1], [0, 1, 2, 3]])
def test_depths_of_data2vec(depths, tmp_path):
    "Its heads read the depths named in their order, and a number that names none not at all."
    torch.manual_seed(SEED)
    theirs = transformers.Data2VecVisionForSemanticSegmentation(transformers.Data2VecVisionConfig(hidden_size=24, num_hidden_layers=4, num_attention_heads=3, intermediate_size=37, image_size=24, patch_size=8,
        out_indices=depths, num_labels=3)).eval()
    for p in theirs.parameters(): torch.nn.init.normal_(p, 0, .2)
    theirs.save_pretrained(tmp_path)
    ours, x = nbformers.Data2VecVisionForSemanticSegmentation.from_pretrained(tmp_path).eval(), torch.randn(2, 3, 24, 24)
    with torch.no_grad(): a, b = ours(x).logits, theirs(x).logits
    assert a.shape == b.shape and (a-b).abs().max() <= 1e-4*b.abs().max()
