"""Exercise of the RoBERTa chapter: what positions from 0 do."""
import torch
from nbformers.models.roberta import RobertaConfig, RobertaModel

def test_wrong_positions():
    cfg = RobertaConfig(vocab_size=60, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24, max_position_embeddings=18, initializer_range=.3)
    torch.manual_seed(0)
    model, ids = RobertaModel(cfg).eval(), torch.randint(3, 60, (1, 9))
    right, wrong = (model(ids, position_ids=torch.arange(o, o+9)[None]).last_hidden_state for o in (2, 0))
    torch.testing.assert_close(model(ids).last_hidden_state, right)
    assert (right-wrong).norm()/right.norm() > .1
