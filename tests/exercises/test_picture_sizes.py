"""Solutions to the exercises of nbs/03b_processors/02_images.ipynb."""
import numpy as np
from PIL import Image
from nbformers.processors.images import resize_picture, target_size, SizeDict

def fit(picture, side, fill):
    h, w = target_size(picture.height, picture.width, SizeDict(max_height=side, max_width=side))
    out = Image.new('RGB', (side, side), fill)
    out.paste(resize_picture(picture, (h, w)), ((side-w)//2, (side-h)//2))
    return out

def test_fit():
    out = np.asarray(fit(Image.new('RGB', (40, 20), 'white'), 16, (9, 9, 9)))
    assert out.shape == (16, 16, 3) and (out[:4] == 9).all() and (out[4:12] == 255).all()

def test_every_fourth_pixel_sees_no_stripes():
    "Stripes one pixel wide: every fourth pixel makes them one colour, the mean keeps their grey."
    stripes = np.zeros((3, 64, 64), np.uint8); stripes[:, ::2] = 255
    assert (stripes[:, ::4, ::4] == 255).all()
    small = resize_picture(stripes, (16, 16))
    assert abs(small.astype(float).mean() - 127.5) < 3
