"""Image processors beside the reference's Pillow path, on photographs: to the pixel before normalising, to 1e-5 after."""
import json, random
import numpy as np
import pytest
transformers = pytest.importorskip('transformers')
import torch
from PIL import Image
from sklearn.datasets import load_sample_images
import nbformers
from tests.seeds import SEED

NAMES = 'ViT DeiT Pvt Siglip CLIP Bit ChineseCLIP MobileNetV1 ConvNext Levit EfficientNet'.split()

def reference(name): return getattr(transformers, f'{name}ImageProcessorPil')

@pytest.fixture(scope='module')
def photos():
    a, b = (Image.fromarray(x) for x in load_sample_images().images)
    return [a, b, a.crop((3, 5, 120, 300)), b.resize((90, 31)), b.crop((100, 100, 129, 128)), a.rotate(90, expand=True).resize((211, 333))]

def drawn(rng, name):
    "Settings of one call: every size in every spelling, every filter, every step on or off."
    kw = dict(resample=rng.choice([0, 1, 2, 3, 4, 5]), do_rescale=rng.random() < .8, do_normalize=rng.random() < .8)
    n, m = rng.randint(20, 260), rng.randint(20, 260)
    if name not in ('ConvNext', 'Levit'): kw['size'] = rng.choice([dict(height=n, width=m), dict(shortest_edge=n), dict(shortest_edge=n, longest_edge=n+rng.randint(1, 150)), dict(max_height=n, max_width=m)])
    else: kw['size'] = dict(shortest_edge=n)
    if rng.random() < .4: kw |= dict(do_center_crop=True, crop_size=rng.choice([n, dict(height=m, width=n)]))
    if kw['do_normalize'] and rng.random() < .5: kw |= dict(image_mean=[rng.random() for _ in range(3)], image_std=[rng.uniform(.1, 1) for _ in range(3)])
    if rng.random() < .3: kw['rescale_factor'] = rng.choice([1/127.5, .01, 1/256])
    if rng.random() < .2: kw['do_resize'] = False
    return kw

def forms(rng, im):
    "A picture in one of the forms that people have."
    a = np.asarray(im)
    return rng.choice([im, a, a.transpose(2, 0, 1), torch.from_numpy(a.copy()), im.convert('RGBA')])

@pytest.mark.parametrize('name', NAMES)
def test_same_pixels(name, photos):
    rng = random.Random(f'{name}{SEED}')
    ours, theirs = getattr(nbformers, f'{name}ImageProcessor')(), reference(name)()
    for i in range(6):
        kw = drawn(rng, name) if i else {}
        for im in rng.sample(photos, 2):
            x = forms(rng, im)
            if getattr(x, 'mode', '') == 'RGBA': kw['do_convert_rgb'] = True
            try: want = theirs(x, **kw)['pixel_values'][0]
            except Exception as e:
                with pytest.raises((ValueError, TypeError)): ours(x, **kw)
                continue
            got = ours(x, **kw)['pixel_values'][0]
            assert got.shape == want.shape and got.dtype == want.dtype, (name, kw, got.shape, want.shape, got.dtype, want.dtype)
            assert np.abs(got.astype(np.float64) - want.astype(np.float64)).max() <= 1e-5*max(1, np.abs(want).max()), (name, kw)

@pytest.mark.parametrize('name', NAMES)
def test_same_files(name, tmp_path):
    "Each reads the other's file, and both mean the same by it."
    ours, theirs = getattr(nbformers, f'{name}ImageProcessor'), reference(name)
    theirs().save_pretrained(tmp_path/'a')
    ours().save_pretrained(tmp_path/'b')
    a, b = (json.loads((tmp_path/d/'preprocessor_config.json').read_text()) for d in 'ab')
    plain = lambda d: {k: v for k, v in d.items() if v is not None}
    assert plain(a) == plain(b)
    assert plain(json.loads(theirs.from_pretrained(tmp_path/'b').to_json_string())) == plain(json.loads(ours.from_pretrained(tmp_path/'a').to_json_string()))
    assert type(nbformers.AutoImageProcessor.from_pretrained(tmp_path/'a')) is ours

def test_batches(photos):
    "Pictures of several sizes in one call, as lists and as tensors."
    ours, theirs = nbformers.CLIPImageProcessor(), reference('CLIP')()
    a, b = ours(photos, return_tensors='pt'), theirs(photos, return_tensors='pt')
    assert torch.allclose(a.pixel_values, b.pixel_values, atol=1e-5)
    same = np.stack([np.asarray(photos[0])]*3)
    assert torch.equal(ours(same, return_tensors='pt').pixel_values, theirs(same, return_tensors='pt').pixel_values)
    assert ours(photos[:2], return_tensors='np')['pixel_values'].shape == (2, 3, 224, 224)
    assert [x.shape for x in ours(photos, do_center_crop=False)['pixel_values']] == [x.shape for x in theirs(photos, do_center_crop=False)['pixel_values']]

@pytest.mark.parametrize('mode', ['1', 'L', 'P', 'RGB', 'RGBA', 'LA', 'CMYK', 'YCbCr', 'I;16', 'F'])
def test_modes(mode, photos):
    "Every kind of Pillow picture that converts to RGB gives what the reference gives."
    im = photos[1].convert('I').convert(mode) if mode == 'I;16' else photos[1].convert(mode)
    a, b = nbformers.CLIPImageProcessor()(im), reference('CLIP')()(im)
    assert np.abs(a['pixel_values'][0] - b['pixel_values'][0]).max() < 1e-5

def test_bad_pictures(tmp_path):
    p = nbformers.ViTImageProcessor()
    (tmp_path/'cut.png').write_bytes(b'\x89PNG\r\n\x1a\n' + b'0'*40)
    for bad, said in ((str(tmp_path/'cut.png'), 'picture'), ('nowhere.png', 'not a file that exists'), (np.zeros((0, 4, 3), np.uint8), 'no pixels'),
                      (np.zeros((11, 4, 7)), 'neither end'), (np.full((3, 9, 9), 300.), '0…255'), (np.full((3, 9, 9), -2.5), 'normalised before')):
        with pytest.raises(ValueError, match=said): p(bad)
    with pytest.raises(TypeError, match='not int'): p(7)
    with pytest.raises(ValueError, match='numbers for a picture of 4 channels'): p(Image.new('RGBA', (9, 9)))

def test_threads_keep_the_order():
    "Pictures prepared side by side come back as one by one, and the first that is wrong is named."
    ims = [Image.fromarray(np.full((9+i, 12, 3), 10*i, np.uint8)) for i in range(9)]
    p, threads = nbformers.ViTImageProcessor(size={'height': 4, 'width': 4}), torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        want = p(ims, return_tensors='pt').pixel_values
        torch.set_num_threads(3)
        assert torch.equal(p(ims, return_tensors='pt').pixel_values, want)
        with pytest.raises(ValueError, match='picture 5'): p([*ims[:5], np.full((7, 8, 3), 2.5, np.float32), *ims[5:]])
    finally: torch.set_num_threads(threads)

def test_numbers_of_colours_have_no_border(photos):
    "`do_pad` says nothing to ImageGPT's processor, which gives rows of numbers."
    clusters = np.random.default_rng(SEED).random((8, 3))*2 - 1
    for kw in ({}, dict(do_pad=True, pad_size=dict(height=99, width=99))):
        a, b = (p(clusters=clusters)(photos[2], size=dict(height=12, width=9), return_tensors='np', **kw) for p in (nbformers.ImageGPTImageProcessor, transformers.ImageGPTImageProcessorPil))
        assert np.array_equal(a.input_ids, b.input_ids)
