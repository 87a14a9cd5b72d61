"""Exercise of nbs/04_models/vision/23_mobilenet.ipynb."""

def test_products():
    pixels, c, k = 28*28, 128, 3
    full, apart = pixels*k*k*c*c, pixels*(k*k*c + c*c)
    assert (full, apart) == (115605504, 13748224) and 8 < full/apart < 9
