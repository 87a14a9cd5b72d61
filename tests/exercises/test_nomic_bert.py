"""Exercise of the Nomic BERT chapter: no place, but order."""
import torch
from nbformers.models.nomic_bert import NomicBertConfig, NomicBertModel
from . import judged

@torch.no_grad()
def moves(model, ids):
    read = lambda ids, pos: model(ids, position_ids=pos[None]).last_hidden_state
    place = torch.arange(ids.shape[1])
    here = read(ids, place)
    return (read(ids, place + 20) - here).abs().max(), (read(ids.flip(1), place).flip(1) - here).abs().max()

def test_order():
    judged('models.nomic_bert', 1, moves, lambda model, ids: (0., 0.))
    torch.manual_seed(0)
    model, ids, place = NomicBertModel(NomicBertConfig(vocab_size=60, hidden_size=32, num_hidden_layers=3, num_attention_heads=4, intermediate_size=48, initializer_range=.2)).eval(), torch.randint(3, 60, (1, 8)), torch.arange(8)
    shift, back = moves(model, ids)
    assert shift < 1e-4 and back > .05                                                             # no place, but order
    with torch.no_grad(): torch.testing.assert_close(model(ids.flip(1), position_ids=place.flip(0)[None])[0].flip(1), model(ids, position_ids=place[None])[0], atol=1e-4, rtol=1e-4)   # unless positions are reversed too
