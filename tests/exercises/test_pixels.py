"""Solutions of the exercises in 04_models/vision/20b_pixels."""
import torch
from torch.nn import functional as F
from nbformers import BeitConfig, BeitForSemanticSegmentation
from nbformers.models.pixels import pixel_loss

def weighted_loss(logits, labels, weight, ignore=255):
    return F.cross_entropy(F.interpolate(logits, size=labels.shape[-2:], mode='bilinear', align_corners=False), labels, weight=weight, ignore_index=ignore)

def test_weights():
    torch.manual_seed(0)
    x, y = torch.randn(1, 3, 4, 4), torch.zeros(1, 8, 8, dtype=torch.long)
    y[0, 0, :4] = 1; y[0, 7] = 255
    assert torch.allclose(weighted_loss(x, y, torch.ones(3)), pixel_loss(x, y))
    counts = torch.bincount(y[y != 255], minlength=3).clamp(min=1)
    rare = weighted_loss(x, y, 1/counts)
    each = [pixel_loss(x, torch.where(y == c, y, 255)) for c in (0, 1)]
    assert torch.allclose(rare, sum(each)/2)   # both classes count the same

def test_what_the_helper_reaches():
    torch.manual_seed(0)
    cfg = BeitConfig(hidden_size=8, num_hidden_layers=4, num_attention_heads=2, intermediate_size=8, image_size=16, patch_size=4, out_indices=[1, 2, 3, 4], auxiliary_channels=4)
    def reached(i):
        m = BeitForSemanticSegmentation(cfg)
        out = m.beit(torch.randn(2, 3, 16, 16), output_hidden_states=True)
        maps = m.fpn([x[:, 1:].transpose(1, 2).unflatten(2, (4, 4)) for x in (out.hidden_states[j-1] for j in cfg.out_indices)])
        m.auxiliary_head([None, None, maps[i]]).sum().backward()
        return sum(p.numel() for p in m.beit.parameters() if p.grad is not None)
    assert reached(3) > reached(2) > 0   # the third pulls at the middle, the last at nearly all, where the main loss pulls already
