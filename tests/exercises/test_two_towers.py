"Solutions to the exercises of the chapter on two towers."
import torch
from nbformers.models.clip_family import VisionTowerConfig, VisionTowerEmbeddings
from . import judged

def test_all_pictures_alike():
    "Rows are the same, so the mean of their own texts' surprise is at least that of equal chances (Jensen), and over pictures all chances are equal."
    judged('models.clip_family', 1, lambda b: float(torch.tensor(float(b)).log()), lambda b: 0.)

def moved(e, n):
    "With align_corners=False the corners of the finer grid lie outside the centres of the coarser one's corner patches: near, and not the same."
    side = e.config.image_size//e.config.patch_size if hasattr(e, 'config') else 3
    with torch.no_grad(): return (e.positions((n, n))[1] - e.positions((side, side))[1]).norm()

def test_corners_move_inwards():
    judged('models.clip_family', 2, moved, lambda e, n: 0.)
    torch.manual_seed(0)
    e = VisionTowerEmbeddings(VisionTowerConfig(hidden_size=8, image_size=12, patch_size=4))
    coarse, fine = e.positions((3, 3))[1:].view(3, 3, -1), e.positions((6, 6))[1:].view(6, 6, -1)
    assert (fine[0, 0]-coarse).norm(dim=-1).argmin() == 0
