"""Exercise of the Nomic BERT chapter: no place, but order."""
import torch
from nbformers.models.nomic_bert import NomicBertConfig, NomicBertModel

def test_order():
    torch.manual_seed(0)
    model = NomicBertModel(NomicBertConfig(vocab_size=60, hidden_size=32, num_hidden_layers=3, num_attention_heads=4, intermediate_size=48, initializer_range=.2)).eval()
    ids = torch.randint(3, 60, (1, 8))
    read = lambda ids, pos: model(ids, position_ids=pos[None]).last_hidden_state
    place = torch.arange(8)
    with torch.no_grad():
        torch.testing.assert_close(read(ids, place + 20), read(ids, place), atol=1e-4, rtol=1e-4)
        back = read(ids.flip(1), place).flip(1)
        assert not torch.allclose(back, read(ids, place), atol=.05)                            # reversed, it is another text
        torch.testing.assert_close(read(ids.flip(1), place.flip(0)).flip(1), read(ids, place), atol=1e-4, rtol=1e-4)   # unless its positions are reversed too
