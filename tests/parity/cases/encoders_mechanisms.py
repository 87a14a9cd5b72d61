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

NARROW = dict(embedding_size=[16, 32, 24])
SUMMARY = dict(summary_type=['first', 'mean', 'last', 'cls_index'], summary_use_proj=[True, False], summary_activation=['gelu', '', 'tanh'])

case('electra', ENCODER, NARROW, pad_token_id=[0, 4], labels=tasks,
    heads={'ElectraForCausalLM': DECODER_ENCODER, 'ElectraModel': MAYBE_DECODER, 'ElectraForMultipleChoice': SUMMARY})
case('distilbert', COMMON, dim=32, n_layers=3, n_heads=[4, 2], hidden_dim=37, max_position_embeddings=40, activation=['gelu', 'relu', 'gelu_new'], pad_token_id=[0, 5],
    tie_word_embeddings=[True, False], sinusoidal_pos_embds=[False, True], chunk_size_feed_forward=[0, 1, 4], qa_dropout=[.1, .3], seq_classif_dropout=.3)
case('albert', ENCODER, NARROW, num_hidden_layers=[4, 3, 6], num_hidden_groups=[1, 2, 3], inner_group_num=[1, 2], hidden_act=['gelu_new', 'relu', 'gelu'], labels=tasks,
    classifier_dropout_prob=[.1, 0.], pad_token_id=[0, 3], heads={'AlbertForPreTraining': dict(num_labels=2)})
