import torch
from . import *

# RoBERTa's relatives -------------------------------------------------------------------------------------------------
ROBERTA = ENCODER | dict(pad_token_id=[1, 3], bos_token_id=0, max_position_embeddings=[40, 30])
roles = lambda name: {f'{name}ForCausalLM': DECODER_ENCODER, f'{name}Model': MAYBE_DECODER}

case('camembert', ROBERTA, heads=roles('Camembert'))
case('xlm-roberta', ROBERTA, heads=roles('XLMRoberta'))
case('data2vec-text', ROBERTA, heads=roles('Data2VecText'))
case('roberta-prelayernorm', ROBERTA, heads=roles('RobertaPreLayerNorm'))
case('xlm-roberta-xl', ROBERTA, type_vocab_size=[1, 3], heads=roles('XLMRobertaXL'))

def languages(cls_name, config, seed, side):
    "A language for each row, or none said where there is a default."
    from ..harness import usual_inputs
    inputs = usual_inputs(cls_name, config, seed, side)
    lang = None if side == 'left' or 'MultipleChoice' in cls_name else torch.tensor([1, 0, 1])   # the reference's flattening of choices loses them
    return inputs if lang is None else inputs | dict(lang_ids=lang)
case('xmod', ROBERTA, inputs=languages, languages=[['en_XX', 'de_DE', 'ha_NG'], ['de_DE', 'en_XX']], default_language='de_DE', pre_norm=[False, True],
    adapter_reduction_factor=[2, 4], adapter_layer_norm=[False, True], adapter_reuse_layer_norm=[True, False], ln_before_adapter=[True, False, False], heads=roles('Xmod'))

# BERT's relatives ----------------------------------------------------------------------------------------------------
BERT = ENCODER | dict(pad_token_id=[0, 5], max_position_embeddings=[40, 30])
def next_words(cls_name, config, inputs, seed):
    from ..harness import usual_labels
    return usual_labels('XForCausalLM', config, inputs, seed) if 'Decoder' in cls_name else {}
case('bert-generation', BERT, labels=next_words, heads={'BertGenerationDecoder': DECODER_ENCODER, 'BertGenerationEncoder': MAYBE_DECODER})

def tasks(cls_name, config, seed, side):
    from ..harness import usual_inputs
    inputs = usual_inputs(cls_name, config, seed, side)
    if side == 'left' or 'MultipleChoice' in cls_name: return inputs   # the reference does not flatten the choices' tasks
    return inputs | dict(task_type_ids=torch.randint(3, inputs['input_ids'].shape, generator=torch.Generator().manual_seed(seed)))
case('ernie', BERT, inputs=tasks, task_type_vocab_size=[3, 4], use_task_id=[True, False, True], heads=roles('Ernie'))
# the reference's Megatron-BERT cuts an encoder's states as if they were as many as the tokens, so decoders are compared without
case('megatron-bert', BERT, heads={'MegatronBertForCausalLM': dict(is_decoder=True, chunk_size_feed_forward=[0, 1]), 'MegatronBertModel': dict(is_decoder=[False, True], chunk_size_feed_forward=[0, 1])})
case('rembert', BERT, input_embedding_size=[16, 24], output_embedding_size=[48, 20], classifier_dropout_prob=[.1, .2], tie_word_embeddings=[False, True], heads=roles('RemBert'))

# with inputs of their own ----------------------------------------------------------------------------------------------
def looks_and_sounds(cls_name, config, seed, side):
    "Shapes and pronunciations; on the left side none; for pretraining also the attacked and the true text."
    from ..harness import usual_inputs
    inputs, g = usual_inputs(cls_name, config, seed, side), torch.Generator().manual_seed(seed)
    if side == 'left': return inputs
    ids = inputs['input_ids']
    both = lambda pre='': {f'{pre}input_shape_ids': torch.randint(30, ids.shape, generator=g), f'{pre}input_pronunciation_ids': torch.randint(20, ids.shape, generator=g)}
    return inputs | both()
def attacked(cls_name, config, inputs, seed):
    from ..harness import usual_labels
    if 'PreTraining' not in cls_name: return usual_labels(cls_name, config, inputs, seed)
    words = usual_labels('XForMaskedLM', config, inputs, seed)['labels']
    if 'input_shape_ids' not in inputs: return dict(labels_input_ids=words)
    ids, g = inputs['input_ids'], torch.Generator().manual_seed(seed)
    out = dict(labels_input_ids=words)
    for pre in ('attack_', 'labels_'):
        out |= {f'{pre}input_shape_ids': torch.randint(30, ids.shape, generator=g), f'{pre}input_pronunciation_ids': torch.randint(20, ids.shape, generator=g),
            f'{pre}token_type_ids': torch.randint(3, ids.shape, generator=g), f'{pre}attention_mask': inputs.get('attention_mask', torch.ones_like(ids))}
    return out | dict(attack_input_ids=torch.randint(6, 99, ids.shape, generator=g))
case('roc_bert', BERT, inputs=looks_and_sounds, labels=attacked, _dims=[dict(concat_input=True, pronunciation_embed_dim=12, shape_embed_dim=20), dict(concat_input=False,
    pronunciation_embed_dim=32, shape_embed_dim=32)], enable_pronunciation=[True, False, True], enable_shape=[True, True, False], pronunciation_vocab_size=20,
    shape_vocab_size=30, skip='RoCBertLayer', heads=roles('RoCBert'))

case('dpr', BERT, projection_dim=[0, 24], skip='DPRPretrained.*', heads=dict(DPRReader=dict(projection_dim=[0, 32])))   # the reference's towers fail as decoders, for want of `use_cache`

def asked(cls_name, config, seed, side):
    "Texts with one, two and three question tokens; where they stand is said except where padding is on the left."
    from ..harness import usual_inputs
    inputs, q = usual_inputs(cls_name, config, seed, side), config['question_token_id']
    ids = inputs['input_ids'].masked_fill(inputs['input_ids'] == q, 9)
    for row, places in enumerate(((5,), (6, 2), (5, 6, 2) if side != 'left' else (5, 6, 11))): ids[row, list(places)] = q
    if 'PreTraining' in cls_name and side != 'left': inputs['question_positions'] = torch.tensor([[5, 0, 0], [2, 6, 0], [2, 5, 6]])
    return inputs | dict(input_ids=ids)
def spans(cls_name, config, inputs, seed):
    if 'Model' in cls_name or 'PreTraining' in cls_name and 'question_positions' not in inputs: return {}
    if 'PreTraining' not in cls_name: return dict(start_positions=torch.tensor([3, 1, 40]), end_positions=torch.tensor([4, 2, 2]))
    return dict(start_positions=torch.tensor([[3, 0, 0], [1, 5, 0], [1, 1, 4]]), end_positions=torch.tensor([[4, 0, 0], [2, 40, 0], [2, 2, 5]]))
case('splinter', BERT, inputs=asked, labels=spans, question_token_id=[7, 50], skip='SplinterLayer')

case('nomic_bert', BERT, SOME_ROPE, head_dim=[8, 16, None])

def tables(cls_name, config, seed, side):
    "A question and a table of three columns behind it, cells of one piece and two; padding is a part of no table."
    from ..harness import T, usual_inputs
    inputs, sizes, g = usual_inputs(cls_name, config, seed, side), config['type_vocab_sizes'], torch.Generator().manual_seed(seed)
    column = [0]*4 + [1, 2, 1, 1, 2, 3, 1, 2]          # [CLS] and question, names, then rows; a row may be too many for max_num_rows
    row = [0]*4 + [0, 0, 1, 1, 1, 1, 2, 2]
    kinds = torch.zeros(len(inputs['input_ids']), T, len(sizes), dtype=torch.long)
    for b, there in enumerate(inputs['attention_mask'].bool()):
        n, places = int(there.sum()), there.nonzero()[:, 0]
        kinds[b, places, 0], kinds[b, places, 1], kinds[b, places, 2] = (torch.tensor(x[:n]) for x in ([0]*4 + [1]*8, column, row))
        cells = places[6:]
        for i in range(3, len(sizes)): kinds[b, cells, i] = torch.randint(sizes[i], cells.shape, generator=g)
    return inputs | dict(token_type_ids=kinds)

def cells_that_answer(cls_name, config, inputs, seed):
    "Cells in the first row's and the second's table, none in the third's; numbers, one of which stands in no cell."
    from ..harness import usual_labels
    if 'QuestionAnswering' not in cls_name: return usual_labels(cls_name, config, inputs, seed)
    kinds, mask, g = inputs['token_type_ids'], inputs['attention_mask'] if 'attention_mask' in inputs else torch.ones_like(inputs['input_ids']), torch.Generator().manual_seed(seed)
    inside = (kinds[..., 2] > 0).long()
    labels = ((kinds[..., 1] == 1) & (kinds[..., 2] == 1)).long()*mask
    labels[1] = ((kinds[1, :, 1] == 2) & (kinds[1, :, 2] > 0)).long()
    labels[2] = 0
    values = torch.randn(labels.shape, generator=g)*3
    return dict(labels=labels, aggregation_labels=torch.tensor([0, 1, 2]) % max(config['num_aggregation_labels'], 1), float_answer=torch.tensor([float('nan'), 2.5, -4.]),
        numeric_values=values.masked_fill((inside == 0) | (torch.rand(labels.shape, generator=g) < .2), float('nan')), numeric_values_scale=torch.randint(1, 3, labels.shape, generator=g).float())

WAYS = dict(num_aggregation_labels=4)
WEAK = WAYS | dict(use_answer_as_supervision=True, cell_selection_preference=.6, huber_loss_delta=1.5)
case('tapas', {k: v for k, v in BERT.items() if k not in ('type_vocab_size', 'classifier_dropout', 'use_cache')}, inputs=tables, labels=cells_that_answer,
    type_vocab_sizes=[[3, 4, 4, 2, 5, 5, 10], [3, 8, 8, 2, 6, 6, 10]], reset_position_index_per_cell=[True, False, True], heads=dict(TapasForQuestionAnswering=dict(
    max_num_rows=[3, 2, 64], max_num_columns=[4, 3, 32], average_logits_per_cell=[False, True], allow_empty_column_selection=[True, False, True], temperature=[1., .7],
    aggregation_temperature=[1., 1.3], positive_label_weight=[10., 3.], aggregation_loss_weight=[1., .4], answer_loss_importance=[1., .3], init_cell_selection_weights_to_zero=[False, True],
    _known=[dict(num_aggregation_labels=0), WAYS, WEAK, WEAK | dict(average_approximation_function='first_order', answer_loss_cutoff=2.),
        WEAK | dict(average_approximation_function='second_order', use_normalized_answer_loss=True, huber_loss_delta=None), WEAK | dict(disable_per_token_loss=True)])))

def on_a_page(cls_name, config, seed, side):
    "A box for each token, from the first entry of the tables to the last; padding has none."
    from ..harness import usual_inputs
    inputs, n, g = usual_inputs(cls_name, config, seed, side), config['max_2d_position_embeddings'], torch.Generator().manual_seed(seed)
    corners = torch.randint(n, (*inputs['input_ids'].shape, 2, 2), generator=g).sort(2).values
    corners[0, 1] = torch.tensor([[0, 0], [n-1, n-1]])
    return inputs | dict(bbox=corners.flatten(2)*inputs['attention_mask'][..., None])
def by_head(cls_name, config, inputs, seed):
    "The usual labels: the LM of the name is no language-model head."
    from ..harness import usual_labels
    return usual_labels(cls_name.replace('LayoutLM', 'Layout'), config, inputs, seed)
case('layoutlm', {k: v for k, v in BERT.items() if k != 'classifier_dropout'}, inputs=on_a_page, labels=by_head, max_2d_position_embeddings=[1024, 60, 200])
