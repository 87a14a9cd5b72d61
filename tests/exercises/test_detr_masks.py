"Exercise of 04_models/vision/41b_detr_masks."
import math
from . import judged

def test_sizes():
    "The last map is a 32nd of each side, rounded up; the mask has the size of the first stage's map, a quarter."
    h, w = 800, 1066
    judged('models.detr_masks', 1, (math.ceil(h/32)*math.ceil(w/32), math.ceil(h/4)*math.ceil(w/4)), (h//32*(w//32), h//4*(w//4)))
