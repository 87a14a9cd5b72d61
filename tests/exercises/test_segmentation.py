"""Solution of the exercise in 03b_processors/04_segmentation."""
import numpy as np
from nbformers import BeitImageProcessor, SegformerImageProcessor

def test_labels_that_nobody_gave():
    truth = np.zeros((60, 80), np.uint8); truth[10:40, 20:60] = 20; truth[30:55, 40:75] = 90
    picture = np.zeros((60, 80, 3), np.uint8)
    shares = []
    for c in (BeitImageProcessor, SegformerImageProcessor):
        y = c(size={'height': 24, 'width': 32})(picture, truth)['labels'][0]
        shares.append(float((~np.isin(y, (0, 20, 90))).mean()))
    assert shares[0] > .05 and shares[1] == 0
