"""Films beside the reference: pictures one by one as its Pillow path, all frames at once as torchvision's calls, files as PyAV reads them."""
import json, random
import numpy as np
import pytest
transformers = pytest.importorskip('transformers')
import torch
from PIL import Image
from sklearn.datasets import load_sample_images
from torch.nn import functional as F
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

def test_channels_last(film):
    "Frames with their channels at the end, as a batch and as lists."
    from transformers.models.vivit.image_processing_vivit import VivitImageProcessor as theirs
    small = dict(size=dict(shortest_edge=24), crop_size=dict(height=20, width=22))
    for kind in (None, 'np'):
        a, b = (np.asarray(p(**small)(film, return_tensors=kind, data_format='channels_last')['pixel_values']) for p in (nbformers.VivitImageProcessor, theirs))
        assert a.shape == b.shape == (1, 4, 20, 22, 3) and np.abs(a-b).max() < 1e-4
    p = nbformers.VideoMAEImageProcessor(**small)
    assert np.array_equal(p(film, return_tensors='np', data_format='channels_last').pixel_values, np.moveaxis(p(film, return_tensors='np').pixel_values, 2, -1))

def test_minus_one_first(film, tmp_path):
    "ViViT's processor for pictures."
    rng = random.Random(f'vivit{SEED}')
    from transformers.models.vivit.image_processing_vivit import VivitImageProcessor as theirs
    ours = nbformers.VivitImageProcessor
    for i in range(6):
        n, m = rng.randint(20, 70), rng.randint(20, 70)
        kw = {} if not i else dict(size=rng.choice([dict(shortest_edge=n), dict(height=n, width=m)]), do_center_crop=rng.random() < .6, crop_size=m, do_normalize=rng.random() < .7, resample=rng.choice([0, 2, 3]), offset=rng.random() < .6)
        x = rng.choice([film, [film, film[::-1]], [np.asarray(f) for f in film]])
        a, b = ours()(x, return_tensors='pt', **kw), theirs()(x, return_tensors='pt', **kw)
        assert a.pixel_values.shape == b.pixel_values.shape and float((a.pixel_values-b.pixel_values).abs().max()) <= 1e-5*max(1, float(b.pixel_values.abs().max())), kw
    theirs().save_pretrained(tmp_path/'a'); ours().save_pretrained(tmp_path/'b')
    a, b = ({k: v for k, v in json.loads((tmp_path/d/'preprocessor_config.json').read_text()).items() if v is not None} for d in 'ab')
    assert a == b and type(nbformers.AutoImageProcessor.from_pretrained(tmp_path/'a')) is ours

# all frames at once: the reference needs torchvision for it, so the calls that it makes are written out here -----------------------------
VIDEO = {'VideoMAE': ([.5]*3, [.5]*3, 224, 1/255), 'Timesformer': ([.485, .456, .406], [.229, .224, .225], 224, 1/255), 'Vivit': ([.5]*3, [.5]*3, 256, 1/127.5)}

def torchvision_calls(x, brand, n, crop, resample):
    mean, std, _, factor = VIDEO[brand]
    h, w = x.shape[-2:]
    size = (n, int(n*w/h)) if h <= w else (int(n*h/w), n)
    x = F.interpolate(x, size=size, mode={2: 'bilinear', 3: 'bicubic'}[resample], align_corners=False, antialias=True)
    top, left = int((size[0]-crop)/2), int((size[1]-crop)/2)
    x = x[..., top:top+crop, left:left+crop].float()
    mean, std = (torch.tensor(v).view(3, 1, 1) for v in (mean, std))
    return (x*factor-1-mean)/std if brand == 'Vivit' else (x-mean/factor)/(std/factor)

@pytest.mark.parametrize('brand', VIDEO)
def test_all_frames_at_once(brand, film, tmp_path):
    rng, cls = random.Random(f'{brand}{SEED}'), getattr(nbformers, f'{brand}VideoProcessor')
    x = torch.stack([torch.from_numpy(np.array(f)) for f in film]).permute(0, 3, 1, 2).contiguous()
    if torch.backends.cpu.get_cpu_capability() not in ('AVX2', 'AVX512'): x = x.float()
    for _ in range(4):
        n, resample = rng.randint(20, 70), rng.choice([2, 3])
        crop = rng.randint(9, n)
        for given in ([film, x.numpy(), x, x.permute(0, 2, 3, 1).numpy()] if x.dtype == torch.uint8 else [x]):
            got = cls()(given, size=dict(shortest_edge=n), crop_size=crop, resample=resample, return_tensors='pt').pixel_values
            want = torchvision_calls(x, brand, n, crop, resample)
            assert got.shape == (1, *want.shape) and float((got[0]-want).abs().max()) <= 1e-5
    d = cls().to_dict()
    assert (d['video_processor_type'], d['size']['shortest_edge'], d['rescale_factor'], d['image_mean']) == (cls.__name__, *(VIDEO[brand][i] for i in (2, 3, 0)))
    cls(size=31, num_frames=2).save_pretrained(tmp_path)
    again = nbformers.AutoVideoProcessor.from_pretrained(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ['video_preprocessor_config.json'] and type(again) is cls and again.size == {'shortest_edge': 31} and again.num_frames == 2
    out = again(film, do_sample_frames=True, return_metadata=True, return_tensors='np')
    assert out.pixel_values.shape[:2] == (1, 2) and list(out.video_metadata[0].frames_indices) == [0, 2] and (out.video_metadata[0].height, out.video_metadata[0].width) == (80, 100)

def test_settings_for_pictures_serve_films(tmp_path):
    for name, want in (('VideoMAEImageProcessor', 'VideoMAEVideoProcessor'), ('VideoMAEFeatureExtractor', 'VideoMAEVideoProcessor'), ('VivitImageProcessor', 'VivitVideoProcessor')):
        (tmp_path/'preprocessor_config.json').write_text(json.dumps(dict(image_processor_type=name, size=dict(shortest_edge=33))))
        p = nbformers.AutoVideoProcessor.from_pretrained(tmp_path)
        assert type(p).__name__ == want and p.size == {'shortest_edge': 33} == getattr(nbformers, want).from_pretrained(tmp_path).size
    (tmp_path/'processor_config.json').write_text(json.dumps(dict(video_processor=dict(video_processor_type='TimesformerVideoProcessor', size=dict(shortest_edge=34)))))
    assert type(nbformers.AutoVideoProcessor.from_pretrained(tmp_path)).__name__ == 'TimesformerVideoProcessor'

def test_strange_films():
    p = nbformers.VideoMAEVideoProcessor(size=16, crop_size=16)
    grey, clear = np.full((2, 20, 24, 1), 200, np.uint8), np.full((2, 20, 24, 4), 100, np.uint8)
    assert p(grey, return_tensors='pt').pixel_values.shape == p(list(grey[..., 0]), return_tensors='pt').pixel_values.shape == (1, 2, 3, 16, 16)
    assert torch.allclose(p(clear, return_tensors='pt').pixel_values, torch.tensor((100/255*100 + (1-100/255)*255)/127.5-1), atol=1e-5)
    for bad, match in (([], 'empty list'), (np.zeros((2, 20, 24, 5), np.uint8), 'channel dimension'), (np.zeros((0, 20, 24, 3), np.uint8), '4 dimensions'), (7, 'not int'), ([grey[0], grey[0, 1:]], 'different shapes')):
        with pytest.raises(ValueError, match=match): p(bad, return_tensors='pt')
    with pytest.raises(ValueError, match='resample'): p(grey, resample=4)

# files -----------------------------------------------------------------------------------------------------------------------------------
def write(path, codec='mpeg4', n=12, rate=10):
    av = pytest.importorskip('av')
    with av.open(str(path), 'w') as out:
        s = out.add_stream(codec, rate=rate)
        s.width, s.height, s.pix_fmt = 64, 48, 'yuvj420p' if codec == 'mjpeg' else 'yuv420p'
        for t in range(n):
            f = np.full((48, 64, 3), 20, np.uint8)
            f[10:30, 3*t:3*t+16] = 220, 120, 30
            out.mux(s.encode(av.VideoFrame.from_ndarray(f, format='rgb24')))
        out.mux(s.encode())
    return path

@pytest.mark.parametrize('name,codec', [('f.mp4', 'mpeg4'), ('f.avi', 'mjpeg')])
def test_same_frames_of_files(name, codec, tmp_path):
    path = str(write(tmp_path/name, codec))
    for kw in ({}, dict(num_frames=5), dict(fps=3)):
        (a, m), (b, n) = nbformers.load_video(path, **kw), transformers.video_utils.load_video(path, backend='pyav', **kw)
        assert np.array_equal(a, b) and list(m.frames_indices) == list(n.frames_indices) and all(m[k] == n[k] for k in ('total_num_frames', 'fps', 'width', 'height', 'duration', 'video_backend'))
    assert np.array_equal(nbformers.load_video((tmp_path/name).read_bytes())[0], nbformers.load_video(tmp_path/name)[0])
    p = nbformers.VideoMAEVideoProcessor(size=24, crop_size=24)
    assert torch.equal(p([path, path], do_sample_frames=True, num_frames=3, return_tensors='pt').pixel_values[1], p(nbformers.load_video(path)[0][::4], return_tensors='pt').pixel_values[0])

def test_files_that_do_not_say_how_many(tmp_path):
    "The reference fails on them: Matroska has no count in its header."
    path = str(write(tmp_path/'f.mkv'))
    frames, meta = nbformers.load_video(path, num_frames=4)
    assert meta.total_num_frames == 12 and meta.frames_indices == [0, 3, 6, 9] and np.array_equal(frames, nbformers.load_video(path)[0][::3])

def test_bad_files(tmp_path, monkeypatch):
    pytest.importorskip('av')
    path = write(tmp_path/'f.mp4')
    (tmp_path/'cut.mp4').write_bytes(path.read_bytes()[:300])
    (tmp_path/'text.mp4').write_text('no film')
    for bad in ('cut.mp4', 'text.mp4'):
        with pytest.raises(ValueError, match='not a film that PyAV can read'): nbformers.load_video(tmp_path/bad)
    with pytest.raises(ValueError, match='not a file that exists'): nbformers.load_video('nowhere.mp4')
    with pytest.raises(ValueError, match='exceeds'): nbformers.load_video(path, num_frames=13)
    with pytest.raises(ValueError, match='pass one of them'): nbformers.load_video(path, num_frames=3, fps=1)
    with pytest.raises(ValueError, match='pyav'): nbformers.load_video(path, backend='decord')
    from nbformers.processors import videos
    monkeypatch.setattr(videos, 'MAX_VIDEO_BYTES', 64*48*3*11)
    with pytest.raises(ValueError, match='take fewer'): nbformers.load_video(path)
    assert len(nbformers.load_video(path, num_frames=11)[0]) == 11

def test_places_of_another_shape(tmp_path):
    "ViViT with one moment, the one case in which 5.23 resizes places rightly."
    cfg = dict(hidden_size=24, num_hidden_layers=1, num_attention_heads=3, intermediate_size=30, image_size=16, num_frames=2, tubelet_size=[2, 8, 8])
    ref = transformers.VivitModel(transformers.VivitConfig(**cfg)).eval()
    torch.nn.init.normal_(ref.embeddings.position_embeddings)
    ref.save_pretrained(tmp_path)
    x = torch.randn(2, 2, 3, 24, 40)
    a, b = (m(x, interpolate_pos_encoding=True).last_hidden_state for m in (nbformers.VivitModel.from_pretrained(tmp_path), ref))
    assert float((a-b).detach().abs().max()) < 1e-5

# the pipeline ------------------------------------------------------------------------------------------------------------------------------
SMALL = dict(hidden_size=24, num_hidden_layers=1, num_attention_heads=3, intermediate_size=30, image_size=32, num_frames=4, num_labels=7, initializer_range=.3)
ASKS = {}, dict(top_k=3), dict(top_k=50), dict(frame_sampling_rate=3), dict(num_frames=4, frame_sampling_rate=2, function_to_apply='none'), dict(function_to_apply='sigmoid', top_k=1)

@pytest.mark.parametrize('brand,more,kind', [('VideoMAE', dict(patch_size=8), None), ('Vivit', dict(tubelet_size=[2, 8, 8]), 'regression'), ('Timesformer', dict(patch_size=8), 'multi_label_classification')])
def test_same_labels(brand, more, kind, tmp_path):
    from transformers.models.vivit.image_processing_vivit import VivitImageProcessor
    model = getattr(transformers, f'{brand}ForVideoClassification')(getattr(transformers, f'{brand}Config')(**SMALL, **more, problem_type=kind)).eval()
    processor = (VivitImageProcessor if brand == 'Vivit' else transformers.VideoMAEImageProcessorPil)(size=dict(shortest_edge=36), crop_size=dict(height=32, width=32))
    for part in (model, processor): part.save_pretrained(tmp_path)
    path = str(write(tmp_path/'f.mp4'))
    ours, theirs = nbformers.pipeline(model=tmp_path, device='cpu'), transformers.pipeline('video-classification', model=model, image_processor=processor, device='cpu')
    assert ours.task == 'video-classification' and ours.video_processor is None
    for kw in ASKS:
        a, b = ours([path, path], **kw), theirs([path, path], **kw)
        for x, y in zip(a, b):
            assert [r['label'] for r in x] == [r['label'] for r in y] and max(abs(p['score']-q['score']) for p, q in zip(x, y)) < 1e-5, kw
    frames = nbformers.load_video(path)[0]
    for way in (frames, [Image.fromarray(f) for f in frames], torch.from_numpy(frames), (tmp_path/'f.mp4').read_bytes()): assert ours(way, frame_sampling_rate=2) == ours(path, frame_sampling_rate=2)
    with pytest.raises(ValueError, match='ends after 12 frames'): ours(path, frame_sampling_rate=4)
    nbformers.pipeline(model=tmp_path, video_processor=getattr(nbformers, f'{brand}VideoProcessor')(size=32, crop_size=32), device='cpu').save_pretrained(tmp_path/'again')
    again = nbformers.pipeline(model=tmp_path/'again', device='cpu')
    assert type(again.video_processor).__name__ == f'{brand}VideoProcessor' and again(path) == again(frames[::3]) == again([path, frames])[1]
