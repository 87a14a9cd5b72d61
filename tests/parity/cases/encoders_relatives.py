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
case('bert-generation', BERT, type_vocab_size=0, labels=next_words, heads={'BertGenerationDecoder': DECODER_ENCODER, 'BertGenerationEncoder': MAYBE_DECODER})

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
