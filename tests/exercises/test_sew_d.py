"""Solutions to the exercises of nbs/04_models/audio/07_sew_d.ipynb."""
import torch
from nbformers.models.sew_d import signed_buckets

def test_last_bucket():
    d = torch.arange(512)
    last = d[signed_buckets(d, 256, 512) == 255].tolist()
    assert last == list(range(last[0], 512)) and len(last) == 6   # 506 to 511
