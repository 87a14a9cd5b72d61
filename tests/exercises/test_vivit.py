"Exercises of the chapter on ViViT."
import torch
from . import judged

def inflate(vit, vivit, everywhere=False):
    "Central-frame initialisation."
    a, b = vit.embeddings.patch_embeddings.projection, vivit.embeddings.patch_embeddings.projection
    n = b.weight.shape[2]
    with torch.no_grad():
        b.weight.zero_()
        if everywhere: b.weight.copy_(a.weight[:, :, None].expand_as(b.weight)/n)
        else: b.weight[:, :, n//2] = a.weight
        b.bias.copy_(a.bias)

def test_1(): judged('models.vivit', 1, inflate, lambda vit, vivit: inflate(vit, vivit, True))   # a mean over frames agrees for a still picture only
