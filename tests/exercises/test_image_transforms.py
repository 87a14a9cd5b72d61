"Exercises of the chapter on single steps."
import numpy as np
from nbformers.image_transforms import pad
from . import judged

def join(patches, width):
    "A row is full when its patches are as wide as the picture."
    rows, row, at = [], [], 0
    for p in patches:
        row.append(p)
        at += p.shape[-1]
        if at == width: rows.append(np.concatenate(row, -1)); row, at = [], 0
    return np.concatenate(rows, -2)

def test_1(): judged('image_transforms', 1, join, lambda patches, width: np.concatenate(patches, -2))

def to_multiple(image, n):
    h, w = image.shape[:2]
    return pad(image, ((0, -h % n), (0, -w % n)), 'reflect', input_data_format='channels_last')

def test_2(): judged('image_transforms', 2, to_multiple, lambda image, n: pad(image, ((0, -len(image) % n), (0, -image.shape[1] % n)), 'symmetric', input_data_format='channels_last'),
    lambda image, n: image[:len(image)//n*n, :image.shape[1]//n*n])
