"""Solutions to the exercises of nbs/04_models/audio/03_wav2vec2.ipynb."""
from . import judged

def test_one_sound_for_all():
    "Where everything becomes the same code, each codebook uses one entry: the perplexity falls to the number of codebooks, its least value."
    judged('models.wav2vec2', 1, lambda groups, entries: (groups, groups*entries), lambda groups, entries: (1, groups*entries), lambda groups, entries: (groups, entries**groups))

def own_part(model):
    model.freeze_base_model()
    for p in model._get_adapters().values(): p.requires_grad_(True)
    return model.num_parameters(only_trainable=True)

def letters_only(model):
    model.freeze_base_model()
    return model.num_parameters(only_trainable=True)

def test_only_a_language(): judged('models.wav2vec2', 2, own_part, letters_only)
