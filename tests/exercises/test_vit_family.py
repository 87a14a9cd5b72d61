"""Solutions to the exercises of nbs/04_models/vision/02_vit_family.ipynb."""
import torch
from nbformers.models.vit import ViTConfig, ViTModel
from nbformers.models.vit_family import ViTClassification

TINY = dict(hidden_size=24, num_hidden_layers=2, num_attention_heads=3, intermediate_size=40, image_size=32, patch_size=8)

class MeanClassification(ViTClassification):
    model_cls = ViTModel
    def scores(self, out): return self.classifier(out.last_hidden_state[:, 1:].mean(1))

def test_mean():
    m = MeanClassification(ViTConfig(**TINY, num_labels=4)).eval()
    x = torch.randn(2, 3, 32, 32)
    assert torch.allclose(m(x).logits, m.classifier(m.vit(x).last_hidden_state[:, 1:].mean(1)), atol=1e-6)

@torch.no_grad()
def test_no_order():
    m = ViTModel(ViTConfig(**TINY)).eval()
    m.embeddings.position_embeddings.zero_()
    x, order = torch.randn(1, 3, 32, 32), torch.randperm(16)
    cut = x.unfold(2, 8, 8).unfold(3, 8, 8).reshape(1, 3, 16, 8, 8)[:, :, order].reshape(1, 3, 4, 4, 8, 8).permute(0, 1, 2, 4, 3, 5).reshape(1, 3, 32, 32)
    a, b = m(x).last_hidden_state[:, 1:], m(cut).last_hidden_state[:, 1:]
    assert torch.allclose(a[:, order], b, atol=1e-5)
