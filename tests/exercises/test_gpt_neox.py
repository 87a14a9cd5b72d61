"""Exercises of the GPT-NeoX chapter: halves rewritten as neighbours, and one matrix for all that read the same vector."""
import torch
from torch.nn import functional as F
from nbformers.models.gpt_neox import GPTNeoXConfig, GPTNeoXModel
from nbformers.models.neox_family import NeoXAttention, NeoXDecoder, NeoXFamilyConfig, NeoXLayer

SIZES = dict(vocab_size=60, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4, initializer_range=.2)

class Neighbours(NeoXAttention): interleaved = True
class NeighboursLayer(NeoXLayer): attn_cls, parallel = Neighbours, True
class NeighboursModel(NeoXDecoder): config_class, layer_cls = GPTNeoXConfig, NeighboursLayer

def test_rows():
    "Of each head's r turning rows, row j of the first half goes to 2j and of the second to 2j+1, in queries and keys, weights and biases."
    torch.manual_seed(0)
    cfg = GPTNeoXConfig(**SIZES, rotary_pct=.5)
    halves, near = GPTNeoXModel(cfg).eval(), NeighboursModel(cfg).eval()
    near.load_state_dict(halves.state_dict())
    order = torch.tensor([0, 2, 1, 3, 4, 5, 6, 7])    # r = 4 of 8: (0,2), (1,3) become (0,1), (2,3)
    for layer in near.layers:
        m = layer.attention.query_key_value
        for p in (m.weight, m.bias):
            x = p.data.view(4, 3, 8, -1)
            x[:, :2] = x[:, :2, order].clone()
    ids = torch.randint(0, 60, (2, 9))
    assert torch.allclose(near(ids).last_hidden_state, halves(ids).last_hidden_state, atol=1e-5)

class Shared(NeoXLayer): names, parallel = ('ln', 'attention', 'ln', 'mlp'), True

def test_one_matrix():
    "The rows of both matrices under each other; the product is cut where the heads end."
    torch.manual_seed(0)
    layer, x = Shared(NeoXFamilyConfig(**SIZES), 0), torch.randn(2, 5, 32)
    a, m = layer.attention, layer.mlp
    w, b = (torch.cat((getattr(a.query_key_value, n), getattr(m.dense_h_to_4h, n))) for n in ('weight', 'bias'))
    heads, wide = F.linear(layer.ln(x), w, b).split((96, 64), -1)
    q, k, v = heads.view(2, 5, 4, 3, 8).permute(3, 0, 2, 1, 4)
    y, _ = a.mix(q, k, v, None, False)
    assert torch.allclose(x + y + m.dense_4h_to_h(m.act_fn(wide)), layer(x, {None: None})[0], atol=1e-5)
