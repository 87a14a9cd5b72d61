"""Exercise of the chapter on the fairseq family: the scale of a norm can be moved into the matrices that read it."""
import torch
from torch import nn
from . import judged

def folded(layer):
    "W·diag(g) is a matrix as good as W, and W·b joins the bias: the norm needs no parameters."
    norm, attn = layer.self_attn_layer_norm, layer.self_attn
    with torch.no_grad():
        for m in (attn.q_proj, attn.k_proj, attn.v_proj):
            m.bias += m.weight @ norm.bias
            m.weight *= norm.weight
        norm.weight.fill_(1.)
        norm.bias.zero_()
    return layer

def reset(layer):
    nn.init.ones_(layer.self_attn_layer_norm.weight)
    nn.init.zeros_(layer.self_attn_layer_norm.bias)
    return layer

def test_scale_moves(): judged('models.fairseq_family', 1, folded, reset, lambda layer: layer)
