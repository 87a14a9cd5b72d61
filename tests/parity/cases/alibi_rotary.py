from . import *

import torch

def once(model):
    """The reference's Falcon adds ALiBi to the mask and, where it writes attention out, to the scores as well: twice.
    Its fused kernel adds it once, as the published code does; so the second one is made zero."""
    def zero(m, args, kwargs):
        if kwargs.get('alibi') is not None: kwargs['alibi'] = torch.zeros_like(kwargs['alibi'])
        return args, kwargs
    for m in model.modules():
        if type(m).__name__ == 'FalconAttention': m.register_forward_pre_hook(zero, with_kwargs=True)

BLOOM = COMMON | dict(hidden_size=48, n_layer=3, n_head=[4, 6, 3], layer_norm_epsilon=[1e-5, 1e-3], pad_token_id=[3, 0], tie_word_embeddings=[True, False]) # 6 and 3 heads take slopes from two series
PARTIAL = [dict(rope_parameters=dict(rope_type='default', rope_theta=500., partial_rotary_factor=.5)),
    dict(rope_parameters=dict(rope_type='linear', rope_theta=10000., factor=3.)),
    dict(rope_parameters=dict(rope_type='dynamic', rope_theta=10000., factor=2., partial_rotary_factor=1.), max_position_embeddings=8),
    dict(rope_parameters=dict(rope_type='yarn', rope_theta=10000., factor=4., original_max_position_embeddings=16, partial_rotary_factor=.5)),
    dict(rope_parameters=dict(rope_type='llama3', rope_theta=500000., factor=8., low_freq_factor=1., high_freq_factor=4., original_max_position_embeddings=32)), {}]
NEOX = COMMON | dict(hidden_size=64, num_hidden_layers=3, num_attention_heads=[4, 8], intermediate_size=[37, 80], hidden_act=['gelu', 'relu', 'gelu_new'],
    layer_norm_eps=[1e-5, 1e-3], max_position_embeddings=64, pad_token_id=[3, 0], tie_word_embeddings=[False, True], _rope=PARTIAL)
GPTJ = COMMON | dict(n_embd=48, n_layer=3, n_head=4, n_positions=40, rotary_dim=[4, 8, 12], n_inner=[None, 50], activation_function=['gelu_new', 'relu'],
    layer_norm_epsilon=[1e-5, 1e-3], pad_token_id=0, tie_word_embeddings=[False, True])

case('bloom', BLOOM, apply_residual_connection_post_layernorm=[False, True], pretraining_tp=[1, 2])
case('mpt', COMMON, d_model=48, n_layers=3, n_heads=[4, 6, 3], max_seq_len=40, layer_norm_epsilon=[1e-5, 1e-3], pad_token_id=[3, 0], tie_word_embeddings=[True, False],
    attn_config=[None, dict(clip_qkv=.5), dict(softmax_scale=.3), dict(softmax_scale=.1, clip_qkv=1.)])
case('falcon', COMMON, mend=once, hidden_size=64, num_hidden_layers=3, num_attention_heads=[4, 16], layer_norm_epsilon=[1e-5, 1e-3], bias=[False, True], ffn_hidden_size=[None, 50],
    activation=['gelu', 'relu'], pad_token_id=[3, 0], tie_word_embeddings=[True, False], max_position_embeddings=64, _rope=SOME_ROPE['_rope'], _kind=[
    dict(), dict(multi_query=False), dict(parallel_attn=False), dict(multi_query=False, parallel_attn=False), dict(new_decoder_architecture=True, num_kv_heads=2),
    dict(new_decoder_architecture=True, num_kv_heads=1, num_ln_in_parallel_attn=1), dict(new_decoder_architecture=True, num_ln_in_parallel_attn=2), dict(alibi=True), dict(alibi=True, multi_query=False, parallel_attn=False)])
case('gpt_neox', NEOX, use_parallel_residual=[True, False], attention_bias=[True, False])
case('gpt_neox_japanese', NEOX, intermediate_multiple_size=[2, 3])
case('gptj', GPTJ)
case('codegen', GPTJ)
case('persimmon', NEOX, hidden_act=['relu2', 'gelu'], qk_layernorm=[True, False])
case('phi', NEOX, qk_layernorm=[False, True], num_key_value_heads=[None, 2, 1])
