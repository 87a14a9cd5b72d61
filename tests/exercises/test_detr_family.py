"Exercise of 04_models/vision/41_detr_family."
import torch
from nbformers.models.detr_family import SinePositions

def test_exchanged_waves():
    "Rows come first: in the transposed picture the two halves change places. Only names and weights from elsewhere would notice, so tests/parity does and the chapter does not."
    mask = torch.ones(1, 3, 5).bool()
    p, q = SinePositions(8)(mask, torch.float32)[0].view(3, 5, 16), SinePositions(8)(mask.transpose(1, 2), torch.float32)[0].view(5, 3, 16)
    assert torch.allclose(p, torch.cat((q[..., 8:], q[..., :8]), -1).transpose(0, 1))
