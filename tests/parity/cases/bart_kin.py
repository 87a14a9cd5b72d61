from . import *

BART = dict(vocab_size=99, d_model=32, encoder_layers=[2, 3], decoder_layers=[3, 2, 1], encoder_attention_heads=[4, 2], decoder_attention_heads=[2, 4, 8],
    encoder_ffn_dim=[37, 48], decoder_ffn_dim=[48, 37, 40], max_position_embeddings=40, activation_function=['gelu', 'relu', 'gelu_new', 'silu'],
    scale_embedding=[False, True], tie_word_embeddings=[True, True, False], pad_token_id=[1, 0], bos_token_id=0, eos_token_id=2, decoder_start_token_id=2,
    forced_eos_token_id=None, num_labels=[3, 5, 1], problem_type=[None, None, 'multi_label_classification'])

case('bart', BART, classifier_dropout=[0., .2], skip='BartPretrainedModel|PretrainedBartModel')   # old names of a base class
case('marian', BART, pad_token_id=[98, 1], eos_token_id=0, decoder_start_token_id=98, bos_token_id=None,
    _share=[dict(share_encoder_decoder_embeddings=True), dict(share_encoder_decoder_embeddings=False, decoder_vocab_size=120), dict(share_encoder_decoder_embeddings=True)])
case('mbart', BART, classifier_dropout=[0., .2], decoder_start_token_id=[2, 5])
case('plbart', BART, classifier_dropout=[0., .2], decoder_start_token_id=[2, 5])
case('pegasus', BART, pad_token_id=[0, 1], eos_token_id=[1, 2], decoder_start_token_id=0)
case('blenderbot', BART, pad_token_id=[0, 1], decoder_start_token_id=1)
case('blenderbot-small', BART, pad_token_id=[0, 1], decoder_start_token_id=1)
case('mvp', BART, _prompt=[dict(use_prompt=False), dict(use_prompt=True, prompt_length=5, prompt_mid_dim=20), dict(use_prompt=True, prompt_length=3, prompt_mid_dim=11)])
case('m2m_100', BART, max_position_embeddings=[40, 8])
case('fsmt', BART, src_vocab_size=[99, 110], use_cache=False)
