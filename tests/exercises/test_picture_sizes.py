"""Solutions to the exercises of nbs/03b_processors/02_images.ipynb."""
from PIL import Image
from nbformers.processors.images import resize_picture, target_size, SizeDict
from . import judged

def fit(picture, side, fill):
    h, w = target_size(picture.height, picture.width, SizeDict(max_height=side, max_width=side))
    out = Image.new('RGB', (side, side), fill)
    out.paste(resize_picture(picture, (h, w)), ((side-w)//2, (side-h)//2))
    return out

def test_fit(): judged('processors.images', 1, fit, lambda picture, side, fill: picture.resize((side, side)), lambda picture, side, fill: fit(picture, side, 'black'))

def shrink(pixels):
    "2: every fourth pixel makes stripes one colour, the mean keeps their grey."
    return resize_picture(pixels, (pixels.shape[1]//4, pixels.shape[2]//4))

def test_every_fourth_pixel_sees_no_stripes(): judged('processors.images', 2, shrink, lambda pixels: pixels[:, ::4, ::4])
