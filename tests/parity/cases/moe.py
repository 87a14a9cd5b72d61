from . import *

MOE = LLAMA | dict(num_hidden_layers=2, num_experts_per_tok=[2, 1, 3], output_router_logits=[False, True], router_aux_loss_coef=.3)

case('mixtral', MOE, SOME_ROPE, num_local_experts=[4, 5], sliding_window=[None, 4], router_jitter_noise=.1)
QWEN_MOE = dict(moe_intermediate_size=[20, 24], norm_topk_prob=[False, True], _dense=[{}, dict(decoder_sparse_step=2), dict(mlp_only_layers=[0], num_hidden_layers=3)])
case('qwen2_moe', MOE, SOME_ROPE, QWEN_MOE, num_experts=[4, 6], shared_expert_intermediate_size=20, qkv_bias=[True, False],
    _window=[dict(use_sliding_window=False), dict(use_sliding_window=True, sliding_window=4, max_window_layers=1), dict(use_sliding_window=True, sliding_window=3, max_window_layers=8)])
case('qwen3_moe', MOE, SOME_ROPE, QWEN_MOE, num_local_experts=[4, 6], attention_bias=[False, True], _window=[dict(use_sliding_window=False), dict(use_sliding_window=True, sliding_window=4)])
case('olmoe', MOE, SOME_ROPE, head_dim=8, num_experts=[4, 6], norm_topk_prob=[False, True], attention_bias=[False, True], clip_qkv=[None, .7])
case('granitemoe', MOE, SOME_ROPE, num_local_experts=[4, 6], attention_bias=[False, True], embedding_multiplier=[12., 1.], logits_scaling=[6., 1.], residual_multiplier=[.22, 1.],
    attention_multiplier=[.08, .5])
# the reference's long rope turns with the short factors whatever the length (4.57 did not): with equal factors the lengths of queries and keys still show
SCALED = dict(short_factor=[1.1, 1.2, 1.5, 2.]*2, long_factor=[1.1, 1.2, 1.5, 2.]*2, short_mscale=1.2, long_mscale=1.4)
case('phimoe', MOE, num_experts_per_tok=2, num_local_experts=[4, 6], attention_bias=[False, True], lm_head_bias=[False, True], sliding_window=[None, 4], router_jitter_noise=[.01, .4, .1],
    input_jitter_noise=.1, head_dim=16, _rope=[{}, dict(rope_parameters=dict(rope_type='longrope', rope_theta=10000., original_max_position_embeddings=40, **SCALED)),
    dict(rope_parameters=dict(rope_type='longrope', rope_theta=10000., original_max_position_embeddings=8, **SCALED))])
case('ernie4_5_moe', MOE, SOME_ROPE, {'num_experts_per_tok': 2}, moe_k=[2, 1, 3], moe_num_experts=[4, 6], use_bias=[False, True], moe_intermediate_size=20, num_hidden_layers=4, moe_norm_min=[1e-12, .9],
    moe_num_shared_experts=[2, 0, 1], _where=[{}, dict(moe_layer_start_index=0, moe_layer_interval=2), dict(moe_layer_end_index=2)])
case('minimax_m2', MOE, SOME_ROPE, num_local_experts=[4, 6], router_jitter_noise=.1, head_dim=16, _partial=[{}, dict(rotary_dim=8), dict(partial_rotary_factor=.25)])
case('jetmoe', MOE, SOME_ROPE, num_local_experts=[4, 6], activation_function=['silu', 'gelu'], aux_loss_coef=[.3, .1])
DBRX_SIZES = COMMON | dict(d_model=32, n_heads=4, n_layers=3, max_seq_len=64, pad_token_id=0, output_router_logits=[False, True])
case('dbrx', DBRX_SIZES, SOME_ROPE, max_position_embeddings=64, attn_config=[dict(kv_n_heads=2, clip_qkv=.7, rope_theta=500.), dict(kv_n_heads=4, clip_qkv=9., rope_theta=500.), dict(clip_qkv=2., rope_theta=500.)],   # the reference runs with neither left out
    ffn_config=[dict(ffn_hidden_size=24, moe_num_experts=5, moe_top_k=2, moe_loss_weight=.3, moe_jitter_eps=.1), dict(ffn_hidden_size=20, moe_top_k=3, ffn_act_fn=dict(name='gelu'), moe_normalize_expert_weights=2.),
                dict(ffn_hidden_size=20, moe_top_k=1, moe_normalize_expert_weights=None)])
