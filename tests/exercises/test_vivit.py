"Exercises of the chapter on ViViT."
import torch
from nbformers import ViTConfig, ViTModel, VivitConfig, VivitModel

def test_1():
    "Central-frame initialisation."
    sizes = dict(hidden_size=12, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8, image_size=16)
    torch.manual_seed(0)
    vit, vivit = ViTModel(ViTConfig(patch_size=8, **sizes)), VivitModel(VivitConfig(num_frames=6, tubelet_size=[3, 8, 8], **sizes))
    a, b = vit.embeddings.patch_embeddings.projection, vivit.embeddings.patch_embeddings.projection
    with torch.no_grad():
        b.weight.zero_()
        b.weight[:, :, 1] = a.weight
        b.bias.copy_(a.bias)
        picture = torch.randn(1, 3, 16, 16)
        film = picture[:, None].expand(-1, 6, -1, -1, -1)
        got = vivit.embeddings.patch_embeddings(film).view(2, 4, 12)
        assert torch.allclose(got, vit.embeddings.patch_embeddings(picture).expand(2, -1, -1), atol=1e-5)
