"""Exercise of nbs/04_models/vision/22_convnext.ipynb."""
from . import judged

def test_where_the_products_are():
    "One product a weight and pixel: the window is one part in sixteen of the layer, a full one would be six times the matrices."
    window, matrices, full = 49*96, 2*4*96*96, 49*96*96
    judged('models.convnext', 1, (window, matrices, full), (49, matrices, full), (window, matrices/2, full))
    assert 15 < matrices/window < 17 and full > 6*matrices
