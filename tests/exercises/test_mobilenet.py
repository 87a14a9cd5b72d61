"""Exercise of nbs/04_models/vision/23_mobilenet.ipynb."""
from . import judged

def test_products():
    pixels, c, k = 28*28, 128, 3
    full, apart = pixels*k*k*c*c, pixels*(k*k*c + c*c)
    judged('models.mobilenet', 1, (apart, full), (apart-pixels*c*c, full))
    assert 8 < full/apart < 9
