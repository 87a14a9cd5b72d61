"""Exercise of the JetMoE chapter: what attention's projections cost a token."""
import torch
from nbformers.models.jetmoe import JetMoeConfig, JetMoeModel

def projections(cfg, experts):
    "Multiplications for one token's queries and outputs of so many experts, and for its keys and values."
    heads = cfg.kv_channels*cfg.num_key_value_heads
    return 2*experts*cfg.hidden_size*heads + 2*cfg.hidden_size*heads

def test_a_token_pays_for_its_experts_only():
    cfg = JetMoeConfig()
    sparse, dense = projections(cfg, cfg.num_experts_per_tok), projections(cfg, cfg.num_experts)
    assert (sparse, dense) == (25165824, 75497472) and dense == 3*sparse
    with torch.device('meta'): attn = JetMoeModel(cfg).layers[0].self_attention
    stored = attn.experts.input_linear.weight.numel() + attn.experts.output_linear.weight.numel() + attn.kv_proj.weight.numel()
    assert stored == dense   # everything is kept, a third is used
