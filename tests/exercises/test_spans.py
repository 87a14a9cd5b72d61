"""Solutions to the exercises of nbs/03_attention/12_spans.ipynb."""
import torch
from nbformers.attention.spans import span_mask

def test_half_hidden():
    p = 10*(1 - .5**.1)   # (1 - p/10)**10 = 1/2
    torch.manual_seed(0)
    assert abs(span_mask((4, 20000), p, 10).float().mean().item() - .5) < .02
