"""Exercise of the RoCBert chapter: without looks and sounds, disguises are learnt character by character."""
import torch
from nbformers.models.roc_bert import RoCBertConfig, RoCBertModel, contrast
from . import judged

def trained(high, steps=120):
    torch.manual_seed(0)
    cfg = RoCBertConfig(vocab_size=90, hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=48, max_position_embeddings=18, pronunciation_vocab_size=40,
        shape_vocab_size=40, pronunciation_embed_dim=16, shape_embed_dim=12, enable_shape=False, enable_pronunciation=False, initializer_range=.2)
    model = RoCBertModel(cfg).eval()
    adam = torch.optim.Adam(model.parameters(), 3e-3)
    for _ in range(steps):
        ids = torch.randint(3, high, (16, 8))
        loss = contrast(*(model(i).pooler_output for i in (ids, ids + 30)), scale=10.)
        adam.zero_grad(); loss.backward(); adam.step()
    return model

def test_learnt_disguises(): judged('models.roc_bert', 1, trained(18), trained(18, 0), trained(33, 300))   # attacks use the first 15 characters only
