"Solution to the exercise of the chapter on X-CLIP."
import torch
from nbformers import XCLIPConfig, XCLIPModel

def test_without_positions_order_is_lost():
    "Messages, the mixer's attention and both means treat all frames alike: without positions a film and its reverse are one."
    torch.manual_seed(0)
    size = dict(hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=2)
    model = XCLIPModel(XCLIPConfig(text_config=size | dict(vocab_size=12), vision_config=size | dict(image_size=8, patch_size=4, num_frames=3, mit_hidden_size=8, mit_num_attention_heads=2),
        projection_dim=8, prompt_num_attention_heads=2)).eval()
    for p in model.parameters(): p.data.normal_(0., .3) # fresh weights are too small to show it
    x, ids = torch.randn(2, 3, 3, 8, 8), torch.tensor([[0, 5, 11], [0, 6, 11]])
    forward, backward = (model(ids, v).logits_per_video for v in (x, x.flip(1)))
    assert not torch.allclose(forward, backward, atol=1e-4)
    model.mit.position_embedding.data.zero_()
    forward, backward = (model(ids, v).logits_per_video for v in (x, x.flip(1)))
    assert torch.allclose(forward, backward, atol=1e-5)
