"""Exercise of the MobileBERT chapter: what padding does to the last real token."""
import torch
from nbformers.models.check import jitter
from nbformers.models.mobilebert import MobileBertConfig, MobileBertModel
from . import judged

@torch.no_grad()
def change(m, ids):
    more = torch.cat((ids, torch.zeros(1, 1, dtype=torch.long)), 1)
    a, b = m(ids).last_hidden_state[0, -1], m(more, attention_mask=(torch.arange(more.shape[1]) < ids.shape[1]).long()[None]).last_hidden_state[0, -2]
    return (a-b).norm()/a.norm()

def test_padding_is_a_neighbour():
    judged('models.mobilebert', 1, change, lambda m, ids: 0.)
    for trigram in (True, False):
        torch.manual_seed(0)
        m = jitter(MobileBertModel(MobileBertConfig(vocab_size=40, embedding_size=8, hidden_size=16, intra_bottleneck_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=12,
            max_position_embeddings=20, trigram_input=trigram))).eval()
        assert (change(m, torch.randint(3, 40, (1, 6))) > 1e-3) == trigram
