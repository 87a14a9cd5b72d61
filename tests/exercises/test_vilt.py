"Solutions to the exercises of the chapter on ViLT."
import torch
from . import judged

def tokens(cfg, sizes, words):
    n = max((h//cfg.patch_size)*(w//cfg.patch_size) for h, w in sizes)
    return words + 1 + (n if cfg.max_image_length < 0 else min(n, cfg.max_image_length))

def unfilled(cfg, sizes, words): return words + 1 + sum(h*w for h, w in sizes)//cfg.patch_size**2
def filled(cfg, sizes, words):   # the batch's frame, not the fullest picture
    h, w = (max(s) for s in zip(*sizes))
    return words + 1 + h*w//cfg.patch_size**2

def blank(model, inputs):
    "One vector that no word may look at stands for the picture."
    b = len(inputs['input_ids'])
    words = {k: v for k, v in inputs.items() if 'pixel' not in k}
    return model(**words, image_embeds=torch.zeros(b, 1, model.config.hidden_size), pixel_mask=torch.zeros(b, 1)).logits

def grey(model, inputs): return model(**inputs | dict(pixel_values=torch.zeros_like(inputs['pixel_values']))).logits   # zeros are a colour too

def test_vectors(): judged('models.vilt', 1, tokens, unfilled, filled)
def test_eyes_shut(): judged('models.vilt', 2, blank, grey, lambda model, inputs: model(**inputs).logits)
