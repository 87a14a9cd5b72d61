"Exercise of 04_models/vision/43_yolos."
import torch
from . import judged

def exchange(model, places=True):
    "Their answers change places, and nothing else happens."
    e, n = model.vit.embeddings, model.config.num_detection_tokens
    with torch.no_grad():
        for p in (e.detection_tokens, e.position_embeddings)[:1+places]: p[:, [-n, 1-n]] = p[:, [1-n, -n]].clone()

def test_exchanged_tokens(): judged('models.yolos', 1, exchange, lambda model: exchange(model, False))
