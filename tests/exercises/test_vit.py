"""Solution to the exercise of nbs/04_models/vision/03_vit.ipynb."""
import torch
from nbformers.models.vit import DeiTConfig, DeiTForImageClassificationWithTeacher

def by_probabilities(out): return (out.cls_logits.softmax(-1) + out.distillation_logits.softmax(-1))/2

def test_mean_of_probabilities():
    "They differ where one head is sure: a mean of logits follows it, a mean of probabilities counts votes."
    m = DeiTForImageClassificationWithTeacher(DeiTConfig(hidden_size=24, num_hidden_layers=1, num_attention_heads=2, intermediate_size=24, image_size=16, patch_size=8, num_labels=3)).eval()
    p = by_probabilities(m(torch.randn(2, 3, 16, 16)))
    assert torch.allclose(p.sum(-1), torch.ones(2))
    a, b = torch.tensor([20., 0., 0.]), torch.tensor([0., 5., -30.])
    assert ((a+b)/2).argmax() == 0 and round(((a.softmax(-1)+b.softmax(-1))/2)[1].item(), 2) == .5
