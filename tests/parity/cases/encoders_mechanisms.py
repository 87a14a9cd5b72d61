"""Encoders that brought a mechanism of their own."""
import torch
from . import *

def tasks(cls_name, config, inputs, seed):
    "ELECTRA's discriminator learns from zeros and ones, one a token; ALBERT's second task has a name of its own."
    from ..harness import usual_labels
    g, ids = torch.Generator().manual_seed(seed), inputs['input_ids']
    if cls_name == 'ElectraForPreTraining': return dict(labels=torch.randint(0, 2, ids.shape, generator=g))
    labels = usual_labels(cls_name, config, inputs, seed)
    if cls_name == 'AlbertForPreTraining': labels['sentence_order_label'] = labels.pop('next_sentence_label')
    return labels

def plain_names(ref):
    "The reference saves ESM under old names, one of them with a star in it (`encoder.layer.*.attention…inv_freq`); without that it writes its own."
    from functools import partial
    ref.save_pretrained = partial(ref.save_pretrained, save_original_format=False)

def always_a_mask(ref):
    "The reference's mean over tokens fails without a mask where it picks one of several texts."
    def ones(m, args, kw): return args, dict(attention_mask=torch.ones((kw['input_ids'] if 'input_ids' in kw else kw['inputs_embeds'][..., 0]).shape, dtype=torch.long)) | kw
    if type(ref).__name__ == 'ModernBertForMultipleChoice': ref.register_forward_pre_hook(ones, with_kwargs=True)

@torch.no_grad()
def calm(ref):
    "Without norms, random matrices of the usual size would blow the stream up until every softmax is a step: not a fault, but nothing to compare."
    if ref.config.normalization_type != 'no_norm': return
    for n, p in ref.named_parameters():
        if p.ndim == 2 and 'encoder' in n: p.mul_(.3)

NARROW = dict(embedding_size=[16, 32, 24])
SUMMARY = dict(summary_type=['first', 'mean', 'last', 'cls_index'], summary_use_proj=[True, False], summary_activation=['gelu', '', 'tanh'])

case('electra', ENCODER, NARROW, pad_token_id=[0, 4], labels=tasks,
    heads={'ElectraForCausalLM': DECODER_ENCODER, 'ElectraModel': MAYBE_DECODER, 'ElectraForMultipleChoice': SUMMARY})
case('distilbert', COMMON, dim=32, n_layers=3, n_heads=[4, 2], hidden_dim=37, max_position_embeddings=40, activation=['gelu', 'relu', 'gelu_new'], pad_token_id=[0, 5],
    tie_word_embeddings=[True, False], sinusoidal_pos_embds=[False, True], chunk_size_feed_forward=[0, 1, 4], qa_dropout=[.1, .3], seq_classif_dropout=.3)
case('albert', ENCODER, NARROW, num_hidden_layers=[4, 3, 6], num_hidden_groups=[1, 2, 3], inner_group_num=[1, 2], hidden_act=['gelu_new', 'relu', 'gelu'], labels=tasks,
    classifier_dropout_prob=[.1, 0.], pad_token_id=[0, 3], heads={'AlbertForPreTraining': dict(num_labels=2)})
case('roformer', ENCODER, embedding_size=[16, None, 32, 24], rotary_value=[False, True], max_position_embeddings=40, pad_token_id=[0, 4],
    heads={'RoFormerForCausalLM': DECODER_ENCODER, 'RoFormerModel': MAYBE_DECODER, 'RoFormerForMultipleChoice': SUMMARY}, skip='RoFormerLayer')
ESM = {k: v for k, v in ENCODER.items() if k not in ('type_vocab_size', 'hidden_act', 'classifier_dropout', 'chunk_size_feed_forward')}
case('esm', ESM, pad_token_id=[1, 0], mask_token_id=7, position_embedding_type=['rotary', 'absolute'], rope_theta=[10000., 500.], emb_layer_norm_before=[True, False, None],
    token_dropout=[True, False], mend=plain_names, heads={'EsmForMaskedLM|EsmModel': dict(is_decoder=[False, True])})
MODERN = {k: v for k, v in ENCODER.items() if k not in ('type_vocab_size', 'hidden_act', 'layer_norm_eps', 'chunk_size_feed_forward', 'use_cache')}
case('modernbert', MODERN, num_hidden_layers=4, pad_token_id=[0, 4], hidden_activation=['gelu', 'silu', 'relu'], norm_eps=[1e-5, 1e-6], norm_bias=[False, True], attention_bias=[False, True],
    mlp_bias=[True, False], decoder_bias=[True, False], classifier_bias=[False, True], classifier_activation=['gelu', 'silu'], classifier_pooling=['cls', 'mean'],
    classifier_dropout=0., local_attention=[4, 8, 6, 128], cls_token_id=1, sep_token_id=2, _layers=[{}, dict(global_attn_every_n_layers=2, global_rope_theta=5000., local_rope_theta=100.),
    dict(layer_types=['sliding_attention', 'full_attention', 'full_attention', 'sliding_attention'], rope_parameters=dict(full_attention=dict(rope_type='linear', rope_theta=3000., factor=4.),
        sliding_attention=dict(rope_type='default', rope_theta=300.))), dict(layer_types=['sliding_attention']*4)],
    mend=always_a_mask, heads={'ModernBertForMaskedLM': dict(sparse_prediction=[False, True]),
        'ModernBertForSequenceClassification': dict(local_attention=[12, 128, 16])})   # reads column 0, which on the left is padding: it must see somebody
case('mobilebert', ENCODER, hidden_size=32, intra_bottleneck_size=16, mend=calm, embedding_size=[16, 24], hidden_act=['relu', 'gelu'], chunk_size_feed_forward=0, pad_token_id=[0, 4],
    normalization_type=['no_norm', 'layer_norm'], trigram_input=[True, False], num_feedforward_networks=[4, 1, 2], classifier_activation=[True, False],
    _bottleneck=[{}, dict(use_bottleneck_attention=True), dict(use_bottleneck=False), dict(key_query_shared_bottleneck=False, intra_bottleneck_size=32),
        dict(use_bottleneck_attention=True, key_query_shared_bottleneck=False)])
case('squeezebert', ENCODER, embedding_size=32, intermediate_size=40, chunk_size_feed_forward=0, pad_token_id=[0, 4], q_groups=[4, 1, 2], k_groups=[2, 4], v_groups=[1, 4, 8], post_attention_groups=[1, 2],
    intermediate_groups=[4, 2], output_groups=[8, 1])
case('eurobert', LLAMA, SOME_ROPE, attention_bias=[False, True], mlp_bias=[False, True], mask_token_id=3, classifier_pooling=['late', 'mean', 'bos'], pad_token_id=[0, 4])
