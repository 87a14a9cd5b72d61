"Exercise of 04_models/vision/41_detr_family."
import torch
from nbformers.models.detr_family import SinePositions
from . import judged

class Exchanged(SinePositions):
    "Rows come first: in the transposed picture the two halves change places. Only names and weights from elsewhere would notice, so tests/parity does and the chapter does not."
    def forward(self, *args, **kw): return torch.cat(super().forward(*args, **kw).chunk(2, -1)[::-1], -1)

def test_exchanged_waves(): judged('models.detr_family', 1, Exchanged, SinePositions)
