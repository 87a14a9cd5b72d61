from . import *

case('bert', ENCODER, heads={'BertLMHeadModel': DECODER_ENCODER, 'BertModel': MAYBE_DECODER}, skip='BertLayer')
case('roberta', ENCODER, pad_token_id=1, bos_token_id=0, heads={'RobertaForCausalLM': DECODER_ENCODER, 'RobertaModel': MAYBE_DECODER})
