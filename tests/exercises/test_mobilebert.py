"""Exercise of the MobileBERT chapter: what padding does to the last real token."""
import torch
from nbformers.models.check import jitter
from nbformers.models.mobilebert import MobileBertConfig, MobileBertModel

def change(trigram):
    torch.manual_seed(0)
    m = jitter(MobileBertModel(MobileBertConfig(vocab_size=40, embedding_size=8, hidden_size=16, intra_bottleneck_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=12,
        max_position_embeddings=20, trigram_input=trigram))).eval()
    ids = torch.randint(3, 40, (1, 6))
    with torch.no_grad(): a, b = m(ids).last_hidden_state, m(torch.cat((ids, torch.zeros(1, 1, dtype=torch.long)), 1), attention_mask=(torch.arange(7) < 6).long()[None]).last_hidden_state[:, :6]
    return ((a-b).norm(dim=-1)/a.norm(dim=-1))[0]

def test_padding_is_a_neighbour():
    with_, without = change(True), change(False)
    assert with_[-1] > 1e-3 and with_[-1] == with_.max() and without.max() < 1e-5
