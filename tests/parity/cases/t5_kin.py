from . import *

# heads whose inner width is not the stream's, buckets few enough to be all used, distances long enough to share one, decoders of another depth
T5 = COMMON | dict(d_model=32, d_kv=[8, 6], d_ff=48, num_layers=3, num_decoder_layers=[None, 2, 4], num_heads=4,
    _rel=[dict(relative_attention_num_buckets=n, relative_attention_max_distance=d) for n, d in ((8, 10), (32, 128), (6, 7), (32, 17))], layer_norm_epsilon=[1e-6, 1e-5], feed_forward_proj=['relu', 'gated-gelu', 'gated-silu', 'gelu'],
    pad_token_id=[0, 5], decoder_start_token_id=[0, 3], eos_token_id=1, initializer_factor=1., dropout_rate=.1, classifier_dropout=[0., .3])
LM = {'.*ForConditionalGeneration': dict(num_decoder_layers=[None, 2])}   # the reference's `generate` makes a cache of the encoder's depth: a deeper decoder fails there
case('t5', T5, tie_word_embeddings=[True, False], heads=LM)
case('mt5', T5, heads=LM)
case('umt5', T5, heads=LM)

# Switch: sparse layers from none to all, experts with too little room
SWITCH = T5 | dict(num_layers=4, num_decoder_layers=[None, 3], num_experts=[4, 3], expert_capacity=[2, 64, 1], router_bias=[False, True], router_jitter_noise=.01,
    dense_act_fn=['relu', 'gelu_new'], tie_word_embeddings=[True, False], router_z_loss_coef=[.001, .3], router_aux_loss_coef=[.001, .5],
    num_sparse_encoder_layers=[2, 1, 4, 0, 6], num_sparse_decoder_layers=[1, 3, 0, 2])
for k in ('feed_forward_proj', 'classifier_dropout'): del SWITCH[k]
case('switch_transformers', SWITCH)
