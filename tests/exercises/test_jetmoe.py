"""Exercise of the JetMoE chapter: what attention's projections cost a token."""
from nbformers.models.jetmoe import JetMoeConfig
from . import judged

def projections(cfg, experts):
    "Multiplications for one token's queries and outputs of so many experts, and for its keys and values."
    heads = cfg.kv_channels*cfg.num_key_value_heads
    return 2*experts*cfg.hidden_size*heads + 2*cfg.hidden_size*heads

def test_a_token_pays_for_its_experts_only():
    "Everything is kept, a third is used."
    cfg = JetMoeConfig()
    sparse, dense = projections(cfg, cfg.num_experts_per_tok), projections(cfg, cfg.num_experts)
    judged('models.jetmoe', 1, (sparse, dense), (dense, dense), (sparse/2, dense))
    assert dense == 3*sparse
