"""Exercises of the GPT-NeoX chapter: halves rewritten as neighbours, and one matrix for all that read the same vector."""
import torch
from . import judged

def neighbours(state, cfg):
    "Of each head's r turning rows, row j of the first half goes to 2j and of the second to 2j+1, in queries and keys, weights and biases."
    h, d = cfg.num_attention_heads, cfg.hidden_size//cfg.num_attention_heads
    r = int(d*cfg.rope_parameters.get('partial_rotary_factor', 1.))
    order = torch.cat((torch.arange(r).view(2, -1).T.flatten(), torch.arange(r, d)))
    for n, p in state.items():
        if 'query_key_value' in n:
            x = p.view(h, 3, d, -1)
            x[:, :2] = x[:, :2, order].clone()
    return state

def keys_only(state, cfg):
    was = {n: t.clone() for n, t in state.items()}
    for n, p in neighbours(state, cfg).items():
        if 'query_key_value' in n: p.view(cfg.num_attention_heads, 3, -1)[:, 0] = was[n].view(cfg.num_attention_heads, 3, -1)[:, 0]
    return state

def test_rows(): judged('models.gpt_neox', 1, neighbours, lambda state, cfg: state, keys_only)

def one_matrix(layer):
    "The rows of both matrices under each other; the product is cut where the heads end."
    a, m = layer.attention.query_key_value, layer.mlp.dense_h_to_4h
    return torch.cat((a.weight, m.weight)), torch.cat((a.bias, m.bias))

def test_one_matrix():
    judged('models.gpt_neox', 2, one_matrix, lambda layer: (one_matrix(layer)[0], torch.zeros(160)))
