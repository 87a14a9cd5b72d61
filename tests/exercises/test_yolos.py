"Exercise of 04_models/vision/43_yolos."
import torch
from nbformers.models.yolos import YolosConfig, YolosForObjectDetection

def test_exchanged_tokens():
    "Their answers change places, and nothing else happens."
    cfg = YolosConfig(hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=16, image_size=[16, 16], patch_size=8, num_detection_tokens=3, use_mid_position_embeddings=False)
    model, x = YolosForObjectDetection(cfg).eval(), torch.randn(1, 3, 16, 16)
    e = model.vit.embeddings
    with torch.no_grad():
        e.detection_tokens.normal_(); e.position_embeddings.normal_()
        was = model(x).pred_boxes
        e.detection_tokens.copy_(e.detection_tokens[:, [1, 0, 2]].clone()); e.position_embeddings[:, -3:] = e.position_embeddings[:, -3:][:, [1, 0, 2]].clone()
        assert torch.allclose(model(x).pred_boxes, was[:, [1, 0, 2]], atol=1e-5)
