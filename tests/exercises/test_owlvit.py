"Solution to the exercise of the chapter on OWL-ViT."
from . import judged

def test_boxes_of_a_larger_picture(): judged('models.owlvit', 1, 4*5, 3*3)   # a patch of eight by eight pixels, and each box starts at its own
