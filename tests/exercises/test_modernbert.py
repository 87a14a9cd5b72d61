"""Exercises of the ModernBERT chapter."""
import torch
from nbformers.models.modernbert import ModernBertConfig, ModernBertModel

def test_reach():
    "The first layer is global, so one is enough; without it every local layer adds 64 tokens."
    cfg, reach, layers = ModernBertConfig(), 0, 0
    for kind in cfg.layer_types:
        reach, layers = (float('inf') if kind == 'full_attention' else reach + cfg.sliding_window), layers + 1
        if reach >= 1000: break
    assert layers == 1
    assert -(-1000//cfg.sliding_window) == 16   # local layers alone

def test_biases_are_few():
    with torch.device('meta'):
        plain, full = ModernBertModel(ModernBertConfig()), ModernBertModel(ModernBertConfig(norm_bias=True, attention_bias=True, mlp_bias=True))
    share = (full.num_parameters() - plain.num_parameters())/full.num_parameters()
    assert 0 < share < .002
