"""Exercises of the RoFormer chapter."""
import torch
from nbformers.attention.positions import apply_rope, rope_angles, rope_freq
from . import judged

def shifted(model, ids, pad):
    x = torch.cat((torch.zeros(1, pad, dtype=torch.long), ids), 1)
    with torch.no_grad(): return model(x, attention_mask=(torch.arange(x.shape[1])[None] >= pad).long()).last_hidden_state[:, pad:]

def test_values_that_turn_know_their_place(): judged('models.roformer', 1, lambda m, ids: (shifted(m, ids, 0) - shifted(m, ids, 7)).abs().max(), lambda m, ids: 0.)

def turned_scores(q, k, extra):
    turn = lambda x: apply_rope(x[None, None], *rope_angles(torch.arange(len(x))[None] + extra, rope_freq(x.shape[-1]), interleaved=True), interleaved=True)[0, 0]
    return turn(q) @ turn(k).T

def test_a_common_turn_changes_nothing(): judged('models.roformer', 2, turned_scores, lambda q, k, extra: q @ k.T, lambda q, k, extra: turned_scores(q, k, 0)*(1 + extra))
