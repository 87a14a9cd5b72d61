"Solution to the exercise of the chapter on more pairs."
import torch
from nbformers import BertConfig, ViTConfig, VisionTextDualEncoderConfig, VisionTextDualEncoderModel
from . import judged

def lock(model):
    "All but the picture model learns, its projection included."
    model.vision_model.requires_grad_(False)
    return sum(p.numel() for p in model.parameters() if p.requires_grad)

def lock_more(model):
    model.visual_projection.requires_grad_(False)
    return lock(model)

def test_locked_pictures():
    judged('models.more_pairs', 1, lock, lock_more)
    small = dict(hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4)
    model = VisionTextDualEncoderModel(VisionTextDualEncoderConfig.from_vision_text_configs(ViTConfig(image_size=12, patch_size=4, **small), BertConfig(vocab_size=30, **small), projection_dim=8))
    assert lock(model) == model.text_model.num_parameters() + 2*32*8 + 1
    model(input_ids=torch.randint(3, 30, (4, 6)), pixel_values=torch.randn(4, 3, 12, 12), return_loss=True).loss.backward()
    assert all(p.grad is None for p in model.vision_model.parameters()) and model.visual_projection.weight.grad is not None
