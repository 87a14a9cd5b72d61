from . import *

# RoBERTa's relatives -------------------------------------------------------------------------------------------------
ROBERTA = ENCODER | dict(pad_token_id=[1, 3], bos_token_id=0, max_position_embeddings=[40, 30])
roles = lambda name: {f'{name}ForCausalLM': DECODER_ENCODER, f'{name}Model': MAYBE_DECODER}

case('camembert', ROBERTA, heads=roles('Camembert'))
case('xlm-roberta', ROBERTA, heads=roles('XLMRoberta'))
case('data2vec-text', ROBERTA, heads=roles('Data2VecText'))
case('roberta-prelayernorm', ROBERTA, heads=roles('RobertaPreLayerNorm'))
case('xlm-roberta-xl', ROBERTA, type_vocab_size=[1, 3], heads=roles('XLMRobertaXL'))
