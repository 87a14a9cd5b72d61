"""Solutions to the exercises of nbs/04_models/audio/05_conformer.ipynb."""
import torch
from . import judged

def places(attn, waves, q): return attn.places(q, waves(torch.zeros(1, q.shape[2], 24)))[1]

def test_distance_is_all(): judged('models.conformer', 1, places, lambda attn, waves, q: places(attn, waves, q).cumsum(-1))

def test_parameters():
    conv, attn = 3*1024**2 + 31*1024 + 4*1024, 5*1024**2 + 4*1024 + 2*1024
    judged('models.conformer', 2, (conv, attn), (conv, 4*1024**2 + 4*1024))
