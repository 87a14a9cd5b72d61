"Exercise of 03b_processors/05_detection."
import numpy as np, torch
from nbformers import DetrImageProcessor
from nbformers.attention.boxes import to_corners

def in_own_pixels(box, mask, size):
    "A box as shares of a padded picture, in pixels of the picture before resizing and padding."
    (h, w), (H, W) = (int(mask.any(1).sum()), int(mask.any(0).sum())), mask.shape
    l, t, r, b = (to_corners(box)*torch.tensor([W/w, H/h, W/w, H/h])).tolist()
    return [l*size[1], t*size[0], r*size[1], b*size[0]]

def test_back_to_pixels():
    p = DetrImageProcessor(size=dict(shortest_edge=40, longest_edge=80))
    pics = [np.zeros((100, 80, 3), np.uint8), np.zeros((50, 90, 3), np.uint8)]
    x = p(pics, annotations=[dict(image_id=0, annotations=[dict(bbox=[10, 20, 30, 40], category_id=0, area=1200)])]*2, return_tensors='pt')
    for i in range(2): assert np.allclose(in_own_pixels(x.labels[i].boxes[0], x.pixel_mask[i], pics[i].shape), [10, 20, 40, min(60, pics[i].shape[0])], atol=1e-3)
