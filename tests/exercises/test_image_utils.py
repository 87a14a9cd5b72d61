"Exercise of the chapter on kinds of pictures."
from nbformers.image_utils import get_image_size
from . import judged

def common(pictures):
    "Pillow says width first."
    sizes = [(p.height, p.width) if hasattr(p, 'getbands') else get_image_size(p) for p in pictures]
    return tuple(map(min, zip(*sizes)))

def test_1(): judged('image_utils', 1, common, lambda pictures: tuple(map(min, zip(*map(get_image_size, pictures)))), lambda pictures: tuple(map(max, zip(*[(p.height, p.width) if hasattr(p, 'getbands') else get_image_size(p) for p in pictures]))))
