"Exercise of 06_pipeline/22_object_detection."
import torch
from nbformers.attention.boxes import box_iou

def surest(found, most=.5):
    "Of boxes of one name that overlap by more than `most`, the surest. A trained DETR needs it hardly ever: matching punishes duplicates."
    kept = []
    for f in sorted(found, key=lambda f: -f['score']):
        box = lambda f: torch.tensor([[float(f['box'][k]) for k in ('xmin', 'ymin', 'xmax', 'ymax')]])
        if all(f['label'] != k['label'] or box_iou(box(f), box(k))[0].item() <= most for k in kept): kept.append(f)
    return kept

def test_surest():
    at = lambda x, s, n='cat': dict(score=s, label=n, box=dict(xmin=x, ymin=0, xmax=x+10, ymax=10))
    assert surest([at(0, .6), at(1, .9), at(2, .8, 'dog'), at(30, .3)]) == [at(1, .9), at(2, .8, 'dog'), at(30, .3)]
