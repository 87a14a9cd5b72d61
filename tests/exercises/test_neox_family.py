"""Exercises of the NeoX family chapter: fused rows taken apart, and who reads the stream."""
import pytest, torch
from nbformers.config.keymap import KeyMap, Split
from nbformers.models.neox_family import NeoXAttention, NeoXFamilyConfig, NeoXLayer

class Config(NeoXFamilyConfig):
    model_type = 'tiny'
    vocab_size, hidden_size, intermediate_size, num_hidden_layers, num_attention_heads = 60, 32, 48, 2, 4

class OneGroup(NeoXAttention):
    def key_heads(self, cfg): return 1

def apart(w, groups, n, d):
    "Rows that go group by group, as the three matrices they contain."
    y = w.view(groups, n+2, d, -1)
    return y[:, :n].flatten(0, 2), y[:, n].flatten(0, 1), y[:, n+1].flatten(0, 1)

@pytest.mark.parametrize('cls,groups,n', [(NeoXAttention, 4, 1), (OneGroup, 1, 4)])
def test_split(cls, groups, n):
    """`Split` cuts a tensor into pieces that lie end to end; head by head, queries lie in as many pieces as there are groups.
    With one group (Falcon-7B) they lie end to end, and `Split` with sizes (heads, 1, 1) is right."""
    attn, x = cls(Config(), 0), torch.randn(1, 5, 32)
    attn.query_key_value.bias.data.zero_()
    w = attn.query_key_value.weight.data
    want = attn.qkv(x)
    for rows, head in zip(apart(w, groups, n, 8), want): assert torch.allclose(attn.heads(x @ rows.T), head, atol=1e-5)
    names = tuple(f'{k}_proj.weight' for k in 'qkv')
    found, _ = KeyMap(Split('query_key_value.weight', names, sizes=(4, groups, groups))).load({'query_key_value.weight': w})
    same = all(torch.equal(found[k], rows) for k, rows in zip(names, apart(w, groups, n, 8)))
    assert same == (groups == 1)

class Shared(NeoXLayer): names, parallel = ('ln', 'attention', 'ln', 'mlp'), True

def test_reads():
    "In turn: two norms read the stream, two sums write it. Parallel with a shared norm: one of each (both parts are added at once)."
    def norms(layer):
        count = []
        for m in layer.modules():
            if isinstance(m, torch.nn.LayerNorm): m.register_forward_pre_hook(lambda m, a: count.append(1))
        layer(torch.randn(1, 5, 32), {None: None})
        return len(count)
    assert (norms(NeoXLayer(Config(), 0)), norms(Shared(Config(), 0))) == (2, 1)
