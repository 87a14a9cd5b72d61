"""Exercises of the ModernBERT chapter."""
import torch
from nbformers.models.modernbert import ModernBertConfig, ModernBertModel
from . import judged

def test_reach():
    "The first layer is global, so one is enough; without it every local layer adds 64 tokens."
    cfg, reach, layers = ModernBertConfig(), 0, 0
    for kind in cfg.layer_types:
        reach, layers = (float('inf') if kind == 'full_attention' else reach + cfg.sliding_window), layers + 1
        if reach >= 1000: break
    judged('models.modernbert', 1, layers, -(-1000//cfg.sliding_window))   # 16 local layers alone

def test_biases_are_few():
    with torch.device('meta'):
        plain, full = ModernBertModel(ModernBertConfig()), ModernBertModel(ModernBertConfig(norm_bias=True, attention_bias=True, mlp_bias=True))
    share = (full.num_parameters() - plain.num_parameters())/full.num_parameters()
    judged('models.modernbert', 2, share, 2*share)
    assert share < .002
