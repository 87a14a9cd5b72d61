"""Models that see, and what prepares pictures and sounds, beside the reference: images a second of ViT-base and ResNet-50, milliseconds
of ViT's and CLIP's image processors on photographs and of Whisper's log-mel spectrogram. At least 1.5 is asked of preparing pictures.

    python bench/senses.py [vision] [preprocess] [--quick]          # or through bench/bench.py vision preprocess"""
import sys, tempfile
from pathlib import Path
import torch

sys.path.insert(0, str(Path(__file__).parent))
from bench import alternate, report

# the shapes of google/vit-base-patch16-224 and microsoft/resnet-50 are the defaults of their configurations
SEERS = {'ViT-base': ('ViT', 86_567_656), 'ResNet-50': ('ResNet', 25_557_032)}

def seers(name, folder):
    "The same random weights in both libraries, ours first; the count of parameters is checked before anything is allocated."
    import nbformers, transformers
    (kind, count), to = SEERS[name], Path(folder)/name
    cls, cfg = f'{kind}ForImageClassification', dict(num_labels=1000)
    for lib in (nbformers, transformers):
        with torch.device('meta'): n = sum(p.numel() for p in getattr(lib, cls)(getattr(lib, f'{kind}Config')(**cfg)).parameters())
        assert n == count, f'{name} of {lib.__name__} has {n} parameters, not {count}'
    if not to.exists():
        torch.manual_seed(0)
        getattr(transformers, cls)(transformers.AutoConfig.for_model(kind.lower(), **cfg)).save_pretrained(to)
    return tuple(getattr(lib, cls).from_pretrained(to).eval() for lib in (nbformers, transformers))

def vision(n, folder):
    "Pictures a second, one by one and eight together."
    for name in SEERS:
        ours, theirs = seers(name, folder)
        for b in (1, 8):
            x = torch.randn(b, 3, 224, 224, generator=torch.Generator().manual_seed(b))
            with torch.inference_mode():
                want, got = theirs(x).logits, ours(x).logits
                assert (got-want).abs().max() <= 1e-4*want.abs().max(), f'{name}: other logits'
                a, t = alternate(lambda: ours(x), lambda: theirs(x), n)
            report(f'{name}, {b} at a time', b/a, b/t, 'images/s', more_is_better=True)

def photographs():
    "Two photographs, in four sizes."
    from PIL import Image
    from sklearn.datasets import load_sample_images
    return [Image.fromarray(a).resize(s) for s in ((640, 427), (500, 375), (333, 500), (1280, 854)) for a in load_sample_images().images]

def readers(name):
    "Our image processor, and what the reference has of it: over Pillow, and over torchvision where that is there."
    import nbformers, transformers
    yield 'Pillow', getattr(nbformers, name)(), getattr(transformers, f'{name}Pil')()
    if torchvision_works(): yield 'torchvision', getattr(nbformers, name)(), getattr(transformers, name)()

def torchvision_works():
    try: import torchvision  # noqa: F401
    except (ImportError, RuntimeError): return False
    return True

def preprocess(n, folder):
    "Photographs as Pillow pictures and as arrays, one by one and together; then sounds."
    import numpy as np
    photos = photographs()
    for name in ('ViTImageProcessor', 'CLIPImageProcessor'):
        for backend, ours, theirs in readers(name):
            jobs = {'a photograph': photos[0], 'a photograph as array': np.asarray(photos[0]), 'eight photographs': photos, 'eight as arrays': [np.asarray(p) for p in photos]}
            for what, x in jobs.items():
                a, b = (p(x, return_tensors='pt').pixel_values for p in (ours, theirs))
                assert a.shape == b.shape and (a-b).abs().max() < (1e-5 if backend == 'Pillow' else .1), f'{name}: {what} differs'
                one, two = alternate(lambda: ours(x, return_tensors='pt'), lambda: theirs(x, return_tensors='pt'), 3*n, warm=3)
                report(f'{name.removesuffix("ImageProcessor")}: {what}', 1e3*one, 1e3*two, 'ms', note=f'at least 1.5 wanted; the reference over {backend}')
    sounds(n)

def sounds(n):
    "Whisper's log-mel spectrogram of half a minute, of five seconds, and of four sounds."
    import numpy as np, nbformers, transformers
    g = np.random.default_rng(0)
    ours, theirs = (lib.WhisperFeatureExtractor() for lib in (nbformers, transformers))
    clips = [g.standard_normal(16000*s).astype(np.float32)*.1 for s in (30, 5, 12, 21)]
    for what, x in {'30 s': clips[0], '5 s': clips[1], 'four sounds': clips}.items():
        a, b = (f(x, sampling_rate=16000, return_tensors='pt').input_features for f in (ours, theirs))
        assert a.shape == b.shape and (a-b).abs().max() < 1e-4, f'log-mel: {what} differs by {(a-b).abs().max()}'
        one, two = alternate(lambda: ours(x, sampling_rate=16000, return_tensors='pt'), lambda: theirs(x, sampling_rate=16000, return_tensors='pt'), 2*n, warm=2)
        report(f'Whisper log-mel: {what}', 1e3*one, 1e3*two, 'ms')

if __name__ == '__main__':
    n = 3 if '--quick' in sys.argv else 7
    with tempfile.TemporaryDirectory() as folder:
        for w in [a for a in sys.argv[1:] if a in ('vision', 'preprocess')] or ('vision', 'preprocess'): globals()[w](n, folder)
