"""Exercise of nbs/04_models/multimodal/01_clip.ipynb."""
import torch
from . import judged

def train_texts(m, ids, pixels, steps=200, lock=True):
    "A tower whose vectors differ need not learn: the texts come to meet them. (Fresh small weights would give all pictures one vector, and the loss could not fall.)"
    if lock: m.vision_model.requires_grad_(False)
    opt = torch.optim.AdamW([p for p in m.parameters() if p.requires_grad], 1e-2)
    for _ in range(steps):
        m(ids, pixels, return_loss=True).loss.backward()
        opt.step(); opt.zero_grad()

def test_locked_pictures(): judged('models.clip', 1, train_texts, lambda *a: train_texts(*a, steps=20, lock=False), lambda *a: None)
