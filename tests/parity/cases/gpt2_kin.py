from . import *

KIN = COMMON | dict(hidden_size=32, num_hidden_layers=3, num_attention_heads=4, max_position_embeddings=40, tie_word_embeddings=[True, False])
case('biogpt', KIN, intermediate_size=[37, 64], hidden_act=['gelu', 'relu', 'silu'], scale_embedding=[True, False], pad_token_id=[1, 0, 5], layerdrop=[0., .3],
    activation_dropout=[0., .1], classifier_dropout=[None, .2], layer_norm_eps=[1e-12, .1])
case('xglm', COMMON, d_model=[32, 36], num_layers=3, attention_heads=4, ffn_dim=[37, 64], max_position_embeddings=[40, 5], activation_function=['gelu', 'relu', 'silu'],
    scale_embedding=[True, False], pad_token_id=[1, 0, 7], tie_word_embeddings=[True, False], layerdrop=[0., .3], add_cross_attention=[False, True])
case('opt', KIN, ffn_dim=[37, 64], activation_function=['relu', 'gelu', 'silu'], pad_token_id=[1, 0, 5], word_embed_proj_dim=[None, 16, 48], enable_bias=[True, False],
    layerdrop=[0., .2], _norm=[{}, dict(do_layer_norm_before=False), dict(_remove_final_layer_norm=True), dict(layer_norm_elementwise_affine=False),
    dict(do_layer_norm_before=False, layer_norm_elementwise_affine=False)])
