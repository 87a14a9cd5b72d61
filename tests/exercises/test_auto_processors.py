"""Solution to the exercise of nbs/05_auto/02_processors.ipynb."""
from nbformers import AutoFeatureExtractor, AutoImageProcessor, AutoTokenizer, ViTImageProcessor

def prepares(name):
    found = []
    for kind, auto in (('text', AutoTokenizer), ('images', AutoImageProcessor), ('audio', AutoFeatureExtractor)):
        try: part = auto.from_pretrained(name)
        except (OSError, ValueError): continue
        if kind != 'audio' or getattr(part, 'kind', '') == 'feature_extractor': found.append(kind)
    return found

def test_prepares(tmp_path):
    assert prepares('starter/lm') == ['text']
    ViTImageProcessor().save_pretrained(tmp_path)
    assert prepares(tmp_path) == ['images']
