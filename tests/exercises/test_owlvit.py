"Solution to the exercise of the chapter on OWL-ViT."
import torch
from nbformers import OwlViTConfig, OwlViTForObjectDetection

def test_boxes_of_a_larger_picture():
    "A patch of eight by eight pixels, so 4 × 5 boxes, and each starts at its own patch."
    cfg = OwlViTConfig(text_config=dict(vocab_size=60, hidden_size=32, intermediate_size=48, num_hidden_layers=1, num_attention_heads=4),
        vision_config=dict(hidden_size=24, intermediate_size=48, num_hidden_layers=1, num_attention_heads=4, image_size=24, patch_size=8), projection_dim=32)
    model = OwlViTForObjectDetection(cfg).eval()
    out = model(torch.tensor([[1, 5, 59]]), torch.randn(1, 3, 32, 40), interpolate_pos_encoding=True)
    assert out.pred_boxes.shape == (1, 20, 4) and out.image_embeds.shape[1:3] == (4, 5)
