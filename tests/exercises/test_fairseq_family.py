"""Exercise of the chapter on the fairseq family: the scale of a norm can be moved into the matrices that read it."""
import copy, torch
from torch import nn
from nbformers.models.fairseq_family import FairseqFamilyConfig, FairseqLayer

class Config(FairseqFamilyConfig):
    model_type = 'tiny_fairseq'
    hidden_size:int=16
    num_hidden_layers:int=1
    num_attention_heads:int=2

def test_scale_moves():
    torch.manual_seed(0)
    layer = FairseqLayer(Config(ffn_dim=32), 0).eval()
    for p in layer.parameters(): nn.init.normal_(p, 0, .3)
    other = copy.deepcopy(layer)
    with torch.no_grad():
        for p in other.self_attn_layer_norm.parameters(): p *= 2
        for m in (other.self_attn.q_proj, other.self_attn.k_proj, other.self_attn.v_proj): m.weight /= 2
        x = torch.randn(2, 5, 16)
        a, b = layer(x, {None: None})[0], other(x, {None: None})[0]
    torch.testing.assert_close(a, b)   # so the norm's weight is not needed: W·diag(g) is a matrix as good as W (and W·bias joins the bias)
