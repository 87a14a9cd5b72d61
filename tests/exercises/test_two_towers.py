"Solutions to the exercises of the chapter on two towers."
import torch
from nbformers.models.clip_family import VisionTowerConfig, VisionTowerEmbeddings, contrastive_loss

def test_all_pictures_alike():
    "Rows are the same, so the mean of their own texts' surprise is at least that of equal chances (Jensen), and over pictures all chances are equal."
    torch.manual_seed(1)
    for b in (2, 5, 9):
        for scale in (0., 1., 10.):
            s = (scale*torch.randn(b, 1)).expand(b, b)   # texts down, pictures across
            assert contrastive_loss(s) >= torch.tensor(float(b)).log() - 1e-5

def test_corners_move_inwards():
    "With align_corners=False the corners of the finer grid lie outside the centres of the coarser one's corner patches: near, and not the same."
    torch.manual_seed(0)
    e = VisionTowerEmbeddings(VisionTowerConfig(hidden_size=8, image_size=12, patch_size=4))
    coarse, fine = e.positions((3, 3))[1:].view(3, 3, -1), e.positions((6, 6))[1:].view(6, 6, -1)
    assert not torch.allclose(fine[0, 0], coarse[0, 0], atol=1e-3)
    distance = (fine[0, 0]-coarse).norm(dim=-1)
    assert distance.argmin() == 0
