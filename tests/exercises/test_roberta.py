"""Exercise of the RoBERTa chapter: what positions from 0 do."""
import torch
from nbformers.models.roberta import RobertaConfig, RobertaModel
from . import judged

def difference(model, ids):
    t = ids.shape[1]
    with torch.no_grad(): right, wrong = (model(ids, position_ids=torch.arange(o, o+t)[None]).last_hidden_state for o in (2, 0))
    return (right-wrong).norm()/right.norm()

def test_wrong_positions():
    judged('models.roberta', 1, difference, lambda model, ids: 0.)
    cfg = RobertaConfig(vocab_size=60, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24, max_position_embeddings=18, initializer_range=.3)
    assert difference(RobertaModel(cfg).eval(), torch.randint(3, 60, (1, 9))) > .1
