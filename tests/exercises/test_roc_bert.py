"""Exercise of the RoCBert chapter: without looks and sounds, disguises are learnt character by character."""
import torch
from nbformers.models.roc_bert import RoCBertConfig, RoCBertModel, contrast

def test_learnt_disguises():
    torch.manual_seed(0)
    cfg = RoCBertConfig(vocab_size=90, hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=48, max_position_embeddings=18, pronunciation_vocab_size=40,
        shape_vocab_size=40, pronunciation_embed_dim=16, shape_embed_dim=12, enable_shape=False, enable_pronunciation=False, initializer_range=.2)
    model = RoCBertModel(cfg).eval()
    adam = torch.optim.Adam(model.parameters(), 3e-3)
    def loss(low, high, n=16):
        ids = torch.randint(low, high, (n, 8))
        return contrast(*(model(i).pooler_output for i in (ids, ids + 30)), scale=10.)
    for _ in range(120):
        l = loss(3, 18)      # attacks use the first 15 characters only
        adam.zero_grad(); l.backward(); adam.step()
    with torch.no_grad(): known, unknown = (sum(loss(*r) for _ in range(5))/5 for r in ((3, 18), (18, 33)))
    assert known < .5 and unknown > 1.5
