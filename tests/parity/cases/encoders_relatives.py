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
case('bert-generation', BERT, type_vocab_size=0, heads={'BertGenerationDecoder': DECODER_ENCODER, 'BertGenerationEncoder': MAYBE_DECODER})

def tasks(cls_name, config, seed, side):
    from ..harness import usual_inputs
    inputs = usual_inputs(cls_name, config, seed, side)
    if side == 'left' or 'MultipleChoice' in cls_name: return inputs   # the reference does not flatten the choices' tasks
    return inputs | dict(task_type_ids=torch.randint(3, inputs['input_ids'].shape, generator=torch.Generator().manual_seed(seed)))
case('ernie', BERT, inputs=tasks, task_type_vocab_size=[3, 4], use_task_id=[True, False, True], heads=roles('Ernie'))
# the reference's Megatron-BERT cuts an encoder's states as if they were as many as the tokens, so decoders are compared without
case('megatron-bert', BERT, heads={'MegatronBertForCausalLM': dict(is_decoder=True, chunk_size_feed_forward=[0, 1]), 'MegatronBertModel': dict(is_decoder=[False, True], chunk_size_feed_forward=[0, 1])})
case('rembert', BERT, input_embedding_size=[16, 24], output_embedding_size=[48, 20], classifier_dropout_prob=[.1, .2], tie_word_embeddings=[False, True], heads=roles('RemBert'))
