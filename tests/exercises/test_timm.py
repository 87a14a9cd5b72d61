"Exercise of 04_models/vision/44_timm."
import torch
from nbformers.models.timm import TimmBackbone, TimmBackboneConfig

def test_stride_of_eight():
    net = TimmBackbone(TimmBackboneConfig(backbone='resnet18', output_stride=8)).eval()
    with torch.no_grad(): assert net(torch.randn(1, 3, 64, 48)).feature_maps[0].shape[-2:] == (8, 6)
    assert net.layer4[-1].conv2.dilation == (4, 4)
