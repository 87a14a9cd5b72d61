"`nbformers.image_utils` and `nbformers.image_transforms` against the modules of those names in transformers, over drawn pictures."
import warnings
import numpy as np
import pytest
import torch
from PIL import Image
from transformers import image_transforms as RT, image_utils as RU
import nbformers
from nbformers import _registry, image_transforms as T, image_utils as U

FIRST, LAST = 'channels_first', 'channels_last'

def draw(seed, c=3, fmt=LAST, kind='uint8', lead=(), h=None, w=None):
    rng = np.random.default_rng(seed)
    h, w = h or int(rng.integers(5, 40)), w or int(rng.integers(5, 40))
    shape = (*lead, c, h, w) if fmt == FIRST else (*lead, h, w, c)
    x = rng.integers(0, 256, shape)
    return x.astype(np.uint8) if kind == 'uint8' else x if kind == 'int64' else (x/255).astype(kind)

def same(got, want, exact=True):
    if isinstance(want, (list, tuple)): assert len(got) == len(want); [same(g, w) for g, w in zip(got, want)]
    elif isinstance(want, np.ndarray) or torch.is_tensor(want):
        assert type(got) is type(want) and got.shape == want.shape and got.dtype == want.dtype, (got.shape, want.shape, got.dtype, want.dtype)
        np.testing.assert_array_equal(np.asarray(got), np.asarray(want))
    elif isinstance(want, Image.Image): assert got.mode == want.mode and got.size == want.size; same(np.asarray(got), np.asarray(want))
    else: assert got == want, (got, want)

def both(name, *args, **kw):
    mine, theirs = (getattr(a if hasattr(a, name) else b, name) for a, b in ((T, U), (RT, RU)))
    same(mine(*args, **kw), theirs(*args, **kw))

CASES = [(s, c, f, k) for s, (c, f, k) in enumerate((c, f, k) for c in (1, 3) for f in (FIRST, LAST) for k in ('uint8', 'int64', 'float32', 'float64'))]
over = pytest.mark.parametrize('seed,c,fmt,kind', CASES)

@over
def test_steps(seed, c, fmt, kind):
    x, rng, other = draw(seed, c, fmt, kind), np.random.default_rng(seed), FIRST if fmt == LAST else LAST
    for said in ({}, dict(input_data_format=fmt)):
        for to in (None, FIRST, LAST):
            kw = dict(data_format=to, **said)
            both('rescale', x, 1/255, **kw)
            both('rescale', x, 3, dtype=np.float64, **kw)
            both('normalize', x, .4, .3, **kw)
            both('normalize', x, list(rng.random(c)), tuple(rng.random(c)+.1), **kw)
            both('center_crop', x, (int(rng.integers(1, 50)), int(rng.integers(1, 50))), **kw)
            both('flip_channel_order', x, **kw)
            both('resize', x, (int(rng.integers(1, 50)), int(rng.integers(1, 50))), resample=int(rng.integers(0, 6)), **kw)
            both('resize', x, [7, 9], reducing_gap=2., **kw)
            for mode in T.PaddingMode: both('pad', x, int(rng.integers(0, 5)), mode=mode.value, **kw)
    both('to_channel_dimension_format', x, other)
    both('to_channel_dimension_format', torch.from_numpy(x), other, fmt)
    both('to_pil_image', x)
    both('to_pil_image', torch.from_numpy(x), input_data_format=fmt)
    both('resize', x, (8, 9), return_numpy=False)
    both('is_scaled_image', x), both('get_image_size', x), both('get_channel_dimension_axis', x), both('infer_channel_dimension_format', x), both('to_numpy_array', x)

@pytest.mark.parametrize('padding', [0, 3, (2,), (1, 2), ((1, 2), (3, 4)), ((0, 0), (0, 5))])
@pytest.mark.parametrize('fmt', [FIRST, LAST])
def test_pad_forms(padding, fmt):
    for lead in ((), (2,)):
        x = draw(1, 3, fmt, 'float32', lead)
        both('pad', x, padding), both('pad', x, padding, constant_values=.5), both('pad', x, padding, constant_values=((.1, .2), (.3, .4)), data_format=LAST)
        both('pad', x, padding, mode=RT.PaddingMode.REFLECT, input_data_format=RU.ChannelDimension(fmt))

def test_batches_of_arrays():
    x = draw(3, 3, LAST, 'float32', (2,))
    both('normalize', x, [.1, .2, .3], 2.), both('center_crop', x, (4, 60)), both('flip_channel_order', x), both('rescale', x, 2, FIRST)
    front = np.moveaxis(x, -1, -3)
    both('center_crop', front, (60, 4)), both('rescale', front, 2, LAST)
    same(T.normalize(front, [.1, .2, .3], 2.), np.stack([RT.normalize(i, [.1, .2, .3], 2.) for i in front]))   # theirs takes the batch for channels
    same(T.flip_channel_order(front), np.stack([RT.flip_channel_order(i) for i in front]))

@pytest.mark.parametrize('seed', range(40))
def test_output_sizes(seed):
    rng = np.random.default_rng(seed)
    x, n = draw(seed, h=int(rng.integers(1, 900)), w=int(rng.integers(1, 900))), int(rng.integers(1, 700))
    both('get_resize_output_image_size', x, n), both('get_resize_output_image_size', x, (n, 5)), both('get_resize_output_image_size', x, [n], default_to_square=False)
    both('get_resize_output_image_size', x, n, default_to_square=False, max_size=n + int(rng.integers(1, 400)))
    both('get_resize_output_image_size', Image.fromarray(x), n, default_to_square=False)
    both('get_size_with_aspect_ratio', x.shape[:2], n), both('get_size_with_aspect_ratio', x.shape[:2], n, n + int(rng.integers(0, 400)))
    both('get_size_with_aspect_ratio', x.shape[:2], min(x.shape[:2])), both('get_size_with_aspect_ratio', x.shape[:2], min(x.shape[:2]), n)
    both('get_image_size_for_max_height_width', x.shape[:2], n, int(rng.integers(1, 700)))
    both('get_image_size', Image.fromarray(x))

@pytest.mark.parametrize('kind', ['uint8', 'int64', 'float32', 'float64'])
@pytest.mark.parametrize('fmt', [FIRST, LAST])
def test_to_rgb(kind, fmt):
    for c in (1, 3, 4): both('convert_to_rgb', draw(c, c, fmt, kind), return_numpy=True), both('convert_to_rgb', draw(c, c, fmt, kind), True, fmt)

@pytest.mark.parametrize('mode', ['1', 'L', 'LA', 'P', 'RGB', 'RGBA', 'CMYK', 'YCbCr'])
def test_pillow(mode):
    im = Image.fromarray(draw(5)).convert(mode)
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        for n in (True, False): both('convert_to_rgb', im, return_numpy=n)
        both('to_numpy_array', im), both('to_pil_image', im), both('is_valid_image', im), both('is_pil_image', im)
        if mode not in '1P': both('resize', im, (6, 7), resample=3, input_data_format=LAST)
    assert U.get_image_type(im).value == RU.get_image_type(im).value == 'pillow'
    same(T.resize(im.convert('RGB'), (6, 7)), RT.resize(np.asarray(im.convert('RGB')), (6, 7)))   # theirs cannot guess a Pillow picture's channels

def test_two_channels_and_modes():
    for c in (2, 4): both('to_pil_image', draw(1, c), input_data_format=LAST), both('resize', draw(1, c), (5, 5), input_data_format=LAST)
    both('to_pil_image', draw(2, 3, kind='float32'), do_rescale=False), both('to_pil_image', draw(2), do_rescale=True)

@pytest.mark.parametrize('seed', range(5))
def test_boxes_and_colours(seed):
    rng = np.random.default_rng(seed)
    b = rng.random((seed, 4))*100
    for x in (b, b.astype(np.float32), torch.from_numpy(b), torch.from_numpy(b)[None].half()): both('center_to_corners_format', x), both('corners_to_center_format', x)
    for x in (rng.random((2, seed, 4)),): same(T.center_to_corners_format(x), RT.center_to_corners_format(torch.from_numpy(x)).numpy())
    ids = rng.integers(0, 2**24, (7, 5))
    both('id_to_rgb', ids), both('id_to_rgb', int(ids[0, 0]))
    rgb = RT.id_to_rgb(ids)
    np.testing.assert_array_equal(T.rgb_to_id(rgb), RT.rgb_to_id(rgb))
    both('rgb_to_id', list(map(int, rgb[0, 0])))
    both('safe_squeeze', b[None]), both('safe_squeeze', b[None], 0), both('safe_squeeze', b, -1)

def test_tiles_and_patches():
    x = torch.from_numpy(draw(1, 3, FIRST, 'float32', (2,), 12, 30))
    for grid in ((1, 1), (2, 3), (4, 5), (12, 30)): both('split_to_tiles', x, *grid)
    for size in (1, 4, 7, 40, (3, 11)): both('divide_to_patches', x[0], size), both('divide_to_patches', x[0].numpy(), size)

@pytest.mark.parametrize('off', [None, True, False])
def test_groups(off):
    xs = [torch.from_numpy(draw(i, 3, FIRST, 'float32', (), *s)) for i, s in enumerate([(4, 5), (5, 4), (4, 5), (6, 6)])]
    for images, pairs, nested in ((xs, (list('abcd'), None), False), (torch.stack(xs[:1]*3), (list('abc'),), False), ([xs[:2], [], xs[2:]], ([['a', 'b'], [], ['c', 'd']], None), True), ([xs, xs[:1]], (), True)):
        got, want = (f(images, *pairs, disable_grouping=off, is_nested=nested) for f in (T.group_images_by_shape, RT.group_images_by_shape))
        assert len(got) == len(want) and list(got[0]) == list(want[0]) and dict(got[-1]) == dict(want[-1])
        for k in want[0]: same(got[0][k], want[0][k])
        for g, w in zip(got[1:-1], want[1:-1]): assert dict(g) == dict(w)
        same(T.reorder_images(got[0], got[-1], nested), RT.reorder_images(want[0], dict(want[-1]), nested))

def test_lists():
    pil, a, t = Image.fromarray(draw(1)), draw(1), torch.from_numpy(draw(2, 3, FIRST))
    batch = np.stack([a, a])
    for x in (pil, a, t, batch, [pil], (a, t), [batch], [batch, batch], [[pil], [a, t]], [[], [pil]], ([a], [t]), []):
        both('make_flat_list_of_images', x), both('make_nested_list_of_images', x), both('valid_images', x)
        if not isinstance(x, (list, tuple)) or x and not isinstance(x[0], (list, tuple)): both('make_list_of_images', x), both('is_valid_image', x)
        if isinstance(x, (list, tuple)) and x: both('is_batched', x)
    for x in ([a, 'a.png'], 'a.png', None, [None]): both('valid_images', x), both('is_valid_image', x)
    for x in ([[a], [a, a]], [batch, batch], [t, t]): both('concatenate_list', x)
    for f in (FIRST, LAST): both('get_max_height_width', [draw(i, 3, f) for i in range(4)], f)
    both('max_across_indices', [(1, 5), (3, 2)])
    both('make_list_of_images', a[None, None], expected_ndims=4), both('make_flat_list_of_images', [a[None]], expected_ndims=4)

def test_annotations():
    found = [dict(image_id=1, annotations=[]), dict(image_id=1, annotations=({'a': 1},)), dict(image_id=1, annotations=[3]), dict(annotations=[]), dict(image_id=1, segments_info=[], file_name='m.png'), dict(image_id=1, segments_info=[]), [], None]
    for m in found:
        both('is_valid_annotation_coco_detection', m), both('is_valid_annotation_coco_panoptic', m)
        both('valid_coco_detection_annotations', [found[0], m]), both('valid_coco_panoptic_annotations', [found[4], m])
        for kind in RU.AnnotationFormat:
            said = []
            for mod in (U, RU):
                try: mod.validate_annotations(mod.AnnotationFormat(kind.value), tuple(mod.AnnotationFormat), [m]); said.append('fine')
                except ValueError: said.append('refused')
            assert said[0] == said[1], (m, kind)

def test_settings(caplog):
    on = dict(do_rescale=dict(rescale_factor=.5), do_pad=dict(pad_size={'height': 2, 'width': 2}), do_normalize=dict(image_mean=.1, image_std=.2), do_center_crop=dict(crop_size={'height': 2, 'width': 2}), do_resize=dict(size={'height': 2}, resample=2))
    for do, needs in on.items():
        U.validate_preprocess_arguments(**{do: True}, **needs), U.validate_preprocess_arguments(**{do: False})
        for k in needs:
            for mod in (U, RU):
                with pytest.raises(ValueError, match=k): mod.validate_preprocess_arguments(**{do: True}, **{n: v for n, v in needs.items() if n != k})

def test_names_stay_in_their_modules():
    for name in ('resize', 'pad', 'normalize', 'rescale', 'is_batched', 'to_numpy_array'):
        assert name not in _registry.names and name not in _registry.star and not hasattr(nbformers, name)
    from nbformers.image_utils import ChannelDimension, load_image  # noqa: F401
    assert ChannelDimension is nbformers.ChannelDimension and load_image is nbformers.load_image and T.rgb_to_id is nbformers.rgb_to_id
    for mine, theirs in ((T, RT), (U, RU)):
        own = {n for n, v in vars(theirs).items() if getattr(v, '__module__', '') == theirs.__name__ and n[0] != '_'}
        assert own - set(dir(mine)) - {'ImageFeatureExtractionMixin'} == set()  # long deprecated there; a processor has its methods

def test_modules_are_light(python):
    assert python("import sys, nbformers.image_utils as u, nbformers.image_transforms as t, numpy as n\nt.resize\nt.center_crop(n.zeros((3, 4, 5)), (2, 2)); u.is_batched([1])\nprint('torch' in sys.modules, 'PIL' in sys.modules)").split() == ['False', 'False']

x = draw(0)
BAD = [
    (lambda: T.resize(x, (3,)), ValueError, 'must have 2'), (lambda: T.resize(x-200., (3, 3)), ValueError, 'no pixels'), (lambda: T.resize(np.full((4, 4, 3), np.nan), (3, 3)), ValueError, 'no pixels'),
    (lambda: T.resize(draw(1, 5), (3, 3), input_data_format=LAST), ValueError, '5 channels'), (lambda: T.resize(x, (10**6, 10**6)), ValueError, '1000000'),
    (lambda: T.center_crop(x, 3), ValueError, 'height and width'), (lambda: T.center_crop([1], (3, 3)), TypeError, 'to_numpy_array'), (lambda: T.normalize(x, [.1], 1), ValueError, '3 channels'),
    (lambda: T.normalize(x, 1., [.1, .2]), ValueError, 'std has 2'), (lambda: T.pad(x, 1, 'edge'), ValueError, 'replicate'), (lambda: T.pad(x, 'a'), ValueError, 'Unsupported format'), (lambda: T.pad(Image.new('RGB', (2, 2)), 1), TypeError, 'np.ndarray'),
    (lambda: T.rescale(torch.zeros(3), 1), TypeError, 'np.ndarray'), (lambda: T.to_pil_image(None), ValueError, 'NoneType'), (lambda: T.to_channel_dimension_format(x, 'none'), ValueError, 'channels_last'),
    (lambda: T.center_to_corners_format([1]), ValueError, 'list'), (lambda: T.convert_to_rgb('a'), ValueError, 'str'), (lambda: T.get_resize_output_image_size(x, (1, 2, 3)), ValueError, '1 or 2'),
    (lambda: T.split_to_tiles(torch.zeros(1, 3, 5, 5), 2, 1), ValueError, 'do not divide'), (lambda: U.make_list_of_images('a.png'), ValueError, 'str'), (lambda: U.make_flat_list_of_images([x, 'a']), ValueError, 'load_image'),
    (lambda: U.make_nested_list_of_images(np.zeros((2, 2))), ValueError, 'this has 2'), (lambda: U.make_list_of_images([]), ValueError, 'no pictures'), (lambda: U.infer_channel_dimension_format(np.zeros((2, 2))), ValueError, 'has 2'),
    (lambda: U.infer_channel_dimension_format(np.zeros((2, 2, 2))), ValueError, 'input_data_format'), (lambda: U.get_image_type(3), ValueError, 'int'), (lambda: U.concatenate_list([]), ValueError, 'at least one'),
]
@pytest.mark.parametrize('case', BAD)
def test_bad_input_says_the_way_out(case):
    f, kind, says = case
    with pytest.raises(kind, match=says): f()
