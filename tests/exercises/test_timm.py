"Exercise of 04_models/vision/44_timm."
from . import judged

def test_stride_of_eight(): judged('models.timm', 1, ((8, 6), 4), ((8, 6), 2), ((2, 2), 1))
