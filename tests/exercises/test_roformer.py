"""Exercises of the RoFormer chapter."""
import torch
from nbformers.attention.positions import apply_rope, rope_angles, rope_freq
from nbformers.models.roformer import RoFormerConfig, RoFormerModel

def shifted(model, ids, pad):
    x = torch.cat((torch.zeros(1, pad, dtype=torch.long), ids), 1)
    with torch.no_grad(): return model(x, attention_mask=(torch.arange(x.shape[1])[None] >= pad).long()).last_hidden_state[:, pad:]

def test_values_that_turn_know_their_place():
    ids = torch.randint(3, 40, (1, 6), generator=torch.Generator().manual_seed(0))
    for turns in (False, True):
        torch.manual_seed(0)
        m = RoFormerModel(RoFormerConfig(vocab_size=40, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24, max_position_embeddings=30, initializer_range=.5, rotary_value=turns)).eval()
        assert ((shifted(m, ids, 0) - shifted(m, ids, 7)).abs().max() > .1) == turns

def test_a_common_turn_changes_nothing():
    torch.manual_seed(0)
    q, k, at = torch.randn(1, 1, 5, 8), torch.randn(1, 1, 5, 8), torch.arange(5)[None]
    turn = lambda x, p: apply_rope(x, *rope_angles(p, rope_freq(8), interleaved=True), interleaved=True)
    torch.testing.assert_close(turn(q, at) @ turn(k, at).mT, turn(q, at+100) @ turn(k, at+100).mT, atol=1e-4, rtol=1e-4)
