"""Exercise of nbs/04_models/multimodal/01_clip.ipynb."""
import torch
from nbformers.models.clip import CLIPConfig, CLIPModel

def test_locked_pictures():
    "A tower whose vectors differ need not learn: the texts come to meet them. (Fresh small weights would give all pictures one vector, and the loss could not fall.)"
    torch.manual_seed(0)
    part = dict(hidden_size=16, intermediate_size=24, num_hidden_layers=1, num_attention_heads=2, projection_dim=8)
    m = CLIPModel(CLIPConfig(text_config=part | dict(vocab_size=12, max_position_embeddings=8, eos_token_id=11), vision_config=part | dict(image_size=8, patch_size=4), projection_dim=8))
    for p in m.vision_model.requires_grad_(False).parameters(): p.data.normal_(0, .5)
    ids, x = torch.cat((torch.arange(3, 9)[:, None], torch.full((6, 1), 11)), 1), torch.randn(6, 3, 8, 8)
    opt = torch.optim.AdamW([p for p in m.parameters() if p.requires_grad], 1e-2)
    losses = []
    for _ in range(200):
        loss = m(ids, x, return_loss=True).loss
        loss.backward(); opt.step(); opt.zero_grad()
        losses.append(loss.item())
    assert losses[-1] < losses[0]/3
