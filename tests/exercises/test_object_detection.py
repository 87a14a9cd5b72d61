"Exercise of 06_pipeline/22_object_detection."
import torch
from nbformers.attention.boxes import box_iou
from . import judged

def surest(found, most=.5):
    "Of boxes of one name that overlap by more than `most`, the surest. A trained DETR needs it hardly ever: matching punishes duplicates."
    kept = []
    for f in sorted(found, key=lambda f: -f['score']):
        box = lambda f: torch.tensor([[float(f['box'][k]) for k in ('xmin', 'ymin', 'xmax', 'ymax')]])
        if all(f['label'] != k['label'] or box_iou(box(f), box(k))[0].item() <= most for k in kept): kept.append(f)
    return kept

def test_surest(): judged('pipelines.object_detection', 1, surest, lambda found: found, lambda found: surest(found, .1), lambda found: [max(found, key=lambda f: f['score'])])
