"""Exercise of nbs/04_models/vision/22_convnext.ipynb."""
from nbformers.models.convnext import ConvNextConfig, ConvNextLayer

def test_where_the_products_are():
    "One product a weight and pixel: the window is one part in sixteen of the layer, a full one would be six times the matrices."
    layer = ConvNextLayer(ConvNextConfig(), 96)
    window, matrices = layer.dwconv.weight.numel(), layer.pwconv1.weight.numel() + layer.pwconv2.weight.numel()
    assert (window, matrices) == (49*96, 2*4*96*96)
    assert 15 < matrices/window < 17 and 49*96*96 > 6*matrices
