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

# T5Gemma: two stacks of different width and depth, windows on both sides in the encoder
def gemma_part(**kw): return dict(vocab_size=99, num_attention_heads=4, head_dim=8, intermediate_size=48, max_position_embeddings=64, pad_token_id=0, bos_token_id=2, eos_token_id=1) | kw
GEMMA = COMMON | dict(pad_token_id=0, eos_token_id=1, bos_token_id=2, decoder_start_token_id=2, dropout_rate=.1, classifier_dropout_rate=.2, attention_dropout=.1, tie_word_embeddings=[True, False], _parts=[
    dict(encoder=gemma_part(hidden_size=32, num_hidden_layers=2, num_key_value_heads=2, sliding_window=3, attn_logit_softcapping=5.),
         decoder=gemma_part(hidden_size=48, num_hidden_layers=3, num_key_value_heads=4, sliding_window=4, final_logit_softcapping=3., head_dim=16)),
    dict(encoder=gemma_part(hidden_size=32, num_hidden_layers=3, num_key_value_heads=1, attn_logit_softcapping=None, query_pre_attn_scalar=20, attention_bias=True),
         decoder=gemma_part(hidden_size=32, num_hidden_layers=2, num_key_value_heads=2, sliding_window=5, final_logit_softcapping=None, hidden_activation='silu')),
    dict(encoder=gemma_part(hidden_size=48, num_hidden_layers=3, num_key_value_heads=4, sliding_window=2, layer_types=['full_attention', 'sliding_attention', 'sliding_attention']),
         decoder=gemma_part(hidden_size=32, num_hidden_layers=2, num_key_value_heads=1, attention_bias=True, rope_parameters=dict(rope_type='linear', rope_theta=500., factor=2.))),
])
def gemma_inputs(cls_name, config, seed=0, side='right'):
    "Classifiers of two stacks are padded on the right only: the decoder reads the text one place later, where left padding stands before its window and all keys are hidden."
    from ..harness import usual_inputs
    return usual_inputs(cls_name, config, seed, 'right' if side == 'left' and 'Classification' in cls_name and config['is_encoder_decoder'] else side)
case('t5gemma', GEMMA, inputs=gemma_inputs, heads={'T5GemmaEncoderModel': dict(is_encoder_decoder=False), 'T5GemmaFor.*Classification': dict(is_encoder_decoder=[True, False])})

# two models joined: BERT reads for BERT, for GPT-2 and for RoBERTa, states of the same width and of another
def part(kind, **kw):
    bert = dict(vocab_size=99, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=37, max_position_embeddings=40, pad_token_id=0)
    return dict(model_type=kind) | (dict(vocab_size=99, n_embd=32, n_layer=2, n_head=4, n_positions=40) if kind == 'gpt2' else bert) | kw
WRITES = dict(is_decoder=True, add_cross_attention=True)
case('encoder-decoder', COMMON, pad_token_id=0, eos_token_id=1, decoder_start_token_id=[2, 1], _parts=[
    dict(encoder=part('bert'), decoder=part('bert', **WRITES)),
    dict(encoder=part('bert', num_hidden_layers=3), decoder=part('gpt2', add_cross_attention=True)),
    dict(encoder=part('roberta'), decoder=part('roberta', tie_word_embeddings=False, **WRITES)),
    dict(encoder=part('bert'), decoder=part('bert', hidden_size=48, **WRITES)),
    dict(encoder=part('roberta', hidden_size=48), decoder=part('gpt2', add_cross_attention=True, tie_word_embeddings=False))])
