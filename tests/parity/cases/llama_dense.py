from . import *

# sizes -----------------------------------------------------------------------------------------------------------------
NORMED = {k: v for k, v in LLAMA.items() if k != 'rms_norm_eps'} | dict(layer_norm_eps=[1e-5, 1e-6])
PARTIAL = dict(_rope=[dict(rope_parameters=dict(rope_type='default', rope_theta=500.)), dict(rope_parameters=dict(rope_type='default', rope_theta=10000., partial_rotary_factor=1.)),
    dict(rope_parameters=dict(rope_type='linear', rope_theta=10000., factor=3., partial_rotary_factor=.5)),
    dict(rope_parameters=dict(rope_type='yarn', rope_theta=10000., factor=4., original_max_position_embeddings=16, partial_rotary_factor=.5))])
TYPES = ['sliding_attention', 'full_attention', 'sliding_attention']
PATTERN = dict(_window=[dict(sliding_window=4), dict(sliding_window=3, layer_types=TYPES), dict(sliding_window=5, layer_types=['full_attention']*3)])
GEMMA = LLAMA | dict(attention_bias=[False, True])
NO_ACT = {k: v for k, v in GEMMA.items() if k != 'hidden_act'} | dict(hidden_activation=['gelu_pytorch_tanh', 'silu'])
TYPED_ROPE = dict(_rope=[dict(), dict(rope_parameters=dict(full_attention=dict(rope_type='linear', rope_theta=5000., factor=4.), sliding_attention=dict(rope_type='default', rope_theta=100.))),
    dict(rope_parameters=dict(full_attention=dict(rope_type='yarn', rope_theta=10000., factor=4., original_max_position_embeddings=16), sliding_attention=dict(rope_type='default', rope_theta=300.))),
    dict(rope_parameters=dict(full_attention=dict(rope_type='llama3', rope_theta=500000., factor=8., low_freq_factor=1., high_freq_factor=4., original_max_position_embeddings=32), sliding_attention=dict(rope_type='linear', rope_theta=300., factor=2.)))])

# gemma: the keys for reading both ways change nothing in the first two (the mask that the reference builds stays causal)
case('gemma', GEMMA, SOME_ROPE, hidden_act=['gelu', 'gelu_pytorch_tanh', 'silu'], use_bidirectional_attention=[None, False, True])
case('gemma2', NO_ACT, SOME_ROPE, PATTERN, query_pre_attn_scalar=[8, 16, 3], attn_logit_softcapping=[50., 1.5, None], final_logit_softcapping=[30., 2., None])
case('gemma3_text', NO_ACT, PATTERN, TYPED_ROPE, query_pre_attn_scalar=[8, 16, 3], attn_logit_softcapping=[None, 1.5], final_logit_softcapping=[None, 2.],
    sliding_window_pattern=[6, 2], use_bidirectional_attention=[False, None, True], skip='Gemma3Model|Gemma3ForConditionalGeneration|Gemma3ForSequenceClassification')   # these see pictures

# norms after
case('olmo2', LLAMA, SOME_ROPE, attention_bias=[False, True], pad_token_id=1)
case('olmo3', LLAMA, PATTERN, TYPED_ROPE, attention_bias=[False, True], pad_token_id=1)
case('exaone4', LLAMA, SOME_ROPE, _window=[dict(sliding_window=4), dict(sliding_window=4, sliding_window_pattern=2), dict(sliding_window=3, layer_types=TYPES), dict(sliding_window=None, layer_types=['full_attention']*3)])
case('glm', LLAMA, PARTIAL, attention_bias=[True, False], pad_token_id=3)
case('glm4', LLAMA, PARTIAL, attention_bias=[True, False], pad_token_id=3)

# LayerNorm
case('cohere', NORMED, SOME_ROPE, logit_scale=[.0625, 1., 3.], attention_bias=[False, True], use_qk_norm=[False, True])
case('cohere2', NORMED, SOME_ROPE, PATTERN, head_dim=8, logit_scale=[.0625, 1., 3.], attention_bias=[False, True], sliding_window_pattern=[4, 2])
case('stablelm', NORMED, PARTIAL, head_dim=8, use_qkv_bias=[False, True], qk_layernorm=[False, True], use_parallel_residual=[False, True, False], hidden_dropout=[0., .2])
case('starcoder2', {k: v for k, v in NORMED.items() if k != 'layer_norm_eps'}, SOME_ROPE, norm_epsilon=[1e-5, 1e-6], sliding_window=[None, 4], use_bias=[True, False], residual_dropout=[0., .1], embedding_dropout=[0., .1])
case('nemotron', {k: v for k, v in NORMED.items() if k != 'layer_norm_eps'}, PARTIAL, norm_eps=[1e-5, 1e-6], hidden_act=['relu2', 'silu'], attention_bias=[False, True], mlp_bias=[False, True])
case('olmo', {k: v for k, v in LLAMA.items() if k != 'rms_norm_eps'}, SOME_ROPE, attention_bias=[False, True], clip_qkv=[None, 1.5], pad_token_id=1)

# factors, fused matrices, layers without positions
case('granite', LLAMA, SOME_ROPE, attention_bias=[False, True], mlp_bias=[False, True], embedding_multiplier=[1., 12., 3], attention_multiplier=[1., .3], residual_multiplier=[1., .22], logits_scaling=[1., 8.])
case('phi3', LLAMA, head_dim=8, sliding_window=[None, 4, 6], resid_pdrop=[0., .1], embd_pdrop=[0., .1], _rope=[dict(rope_parameters=dict(rope_type='default', rope_theta=500.)), dict(rope_parameters=dict(rope_type='default', rope_theta=500., partial_rotary_factor=.5)),
    dict(rope_parameters=dict(rope_type='longrope', rope_theta=10000., short_factor=[1.1]*4, long_factor=[2., 2.5, 3., 4.]), original_max_position_embeddings=15, max_position_embeddings=64),
    dict(rope_scaling=dict(type='su', short_factor=[1.1]*2, long_factor=[2., 2.5], original_max_position_embeddings=32), rope_theta=300., partial_rotary_factor=.5, original_max_position_embeddings=32, max_position_embeddings=64)])
case('smollm3', LLAMA, SOME_ROPE, attention_bias=[False, True], mlp_bias=[False, True], no_rope_layer_interval=[2, 3, 4], _window=[dict(), dict(use_sliding_window=True, sliding_window=4),
    dict(use_sliding_window=True, sliding_window=3, layer_types=TYPES, no_rope_layers=[1, 0, 0]), dict(no_rope_layers=[0, 1, 0])])
case('ministral3', LLAMA, sliding_window=[None, 4, 6], head_dim=8, _rope=[dict(rope_parameters=dict(rope_type='yarn', rope_theta=10000., factor=4., original_max_position_embeddings=5, mscale=1., mscale_all_dim=1., llama_4_scaling_beta=.3)), dict(),
    dict(rope_parameters=dict(rope_type='yarn', rope_theta=500., factor=2., original_max_position_embeddings=8, llama_4_scaling_beta=.1, max_position_embeddings=64)),
    dict(rope_parameters=dict(rope_type='default', rope_theta=500., original_max_position_embeddings=4, llama_4_scaling_beta=1.))])
case('ernie4_5', LLAMA, SOME_ROPE, use_bias=[False, True])
case('hunyuan_v1_dense', LLAMA, attention_bias=[False, True], _rope=[*SOME_ROPE['_rope'], dict(rope_parameters=dict(rope_type='dynamic', rope_theta=10000., alpha=50., factor=1.))])
case('seed_oss', LLAMA, SOME_ROPE, attention_bias=[True, False], attention_out_bias=[False, True], mlp_bias=[False, True], residual_dropout=[.1, 0.], attention_dropout=[.1, 0.])
