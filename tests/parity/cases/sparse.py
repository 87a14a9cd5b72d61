from . import *
from .moe import MOE

LATENT = MOE | dict(kv_lora_rank=[12, 10], q_lora_rank=[None, 14], qk_nope_head_dim=[8, 6], qk_rope_head_dim=8, v_head_dim=[8, 10], n_routed_experts=8, n_shared_experts=[1, 2],
    moe_intermediate_size=[12, 20], first_k_dense_replace=[1, 0], num_hidden_layers=[2, 3], routed_scaling_factor=[1., 2.5], attention_bias=[False, True], num_key_value_heads=4,
    head_dim=None, _rope=[{}, dict(rope_parameters=dict(rope_type='yarn', rope_theta=10000., factor=4., original_max_position_embeddings=16, mscale=.7, mscale_all_dim=.7)),
    dict(rope_parameters=dict(rope_type='yarn', rope_theta=10000., factor=8., original_max_position_embeddings=8, mscale=1., mscale_all_dim=.8)), dict(rope_parameters=dict(rope_type='linear', rope_theta=500., factor=2.))])
del LATENT['head_dim']
case('deepseek_v2', LATENT, mlp_bias=[False, True], _group=[dict(topk_method='greedy'), dict(topk_method='group_limited_greedy', n_group=4, topk_group=2), dict(topk_method='group_limited_greedy', n_group=2, topk_group=1)])
case('deepseek_v3', LATENT, norm_topk_prob=[True, False], rope_interleave=[True, False], _group=[dict(n_group=1, topk_group=1), dict(n_group=4, topk_group=2), dict(n_group=2, topk_group=1)])
# the reference's GPT-OSS makes its masks without the positions, so packed documents see each other
case('gpt_oss', MOE, packs=False, num_local_experts=[4, 6], head_dim=8, sliding_window=[4, 3], attention_bias=[True, False], swiglu_limit=[7., .5], swiglu_alpha=[1.702, 1.],
    layer_types=[None, ['sliding_attention', 'full_attention'], ['full_attention', 'sliding_attention']], _rope=[{}, dict(rope_parameters=dict(rope_type='default', rope_theta=500.)),
    dict(rope_parameters=dict(rope_type='yarn', rope_theta=10000., factor=4., original_max_position_embeddings=16, truncate=False))])
case('glm4_moe', MOE, head_dim=[8, 16], n_routed_experts=8, n_shared_experts=[1, 2], moe_intermediate_size=[12, 20], first_k_dense_replace=[1, 0], routed_scaling_factor=[1., 2.5], norm_topk_prob=[True, False],
    use_qk_norm=[False, True], attention_bias=[False, True], _group=[dict(n_group=1, topk_group=1), dict(n_group=4, topk_group=2)], _rope=[{}, dict(rope_parameters=dict(rope_type='default', rope_theta=500., partial_rotary_factor=.25)),
    dict(rope_parameters=dict(rope_type='yarn', rope_theta=10000., factor=4., original_max_position_embeddings=16))])
