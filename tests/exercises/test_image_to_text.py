"Solution to the exercise of `nbs/06_pipeline/23_image_to_text.ipynb`."
import numpy as np
from PIL import Image, ImageDraw
from . import judged

def lines(page, dark=128):
    "Strips of the page that have something dark in every row of pixels."
    ink = (np.asarray(page.convert('L')) < dark).any(1)
    edges = np.flatnonzero(np.diff(np.r_[0, ink.astype(int), 0]))
    return [page.crop((0, a, page.width, b)) for a, b in zip(edges[::2], edges[1::2])]

def page(texts, turn=0):
    p = Image.new('RGB', (160, 30*len(texts)), 'white')
    for i, t in enumerate(texts): ImageDraw.Draw(p).text((10, 30*i+8), t, fill='black')
    return p.rotate(turn, fillcolor='white', resample=Image.BICUBIC)

def test_a_page_is_read_line_by_line():
    read = lambda pictures: [[{'generated_text': f'{p.height} rows'}] for p in pictures]   # a pipeline's form
    found = lines(page(['one line', 'another one', 'the last']))
    assert len(found) == 3 and all(p.height < 30 for p in found)
    assert len(read(found)) == 3
    judged('pipelines.image_to_text', 1, lines, lambda page: [page], lambda page: [page.crop((0, y, page.width, y+20)) for y in range(0, page.height-20, 30)])

def test_askew():
    "Askew, the end of one line stands as high as the start of the next: no row of pixels is free, and lines melt into one strip."
    texts = ['a line as wide as the page', 'and another one just as wide', 'and a third one to be sure']
    assert len(lines(page(texts))) == 3 and len(lines(page(texts, turn=15))) < 3
