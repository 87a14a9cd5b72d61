"""Two models joined, one that sees and one that writes; and a decoder that was made for such a pair."""
import torch
from . import COMMON, case
from .t5_kin import WRITES, part

def sees(kind, **kw): return dict(model_type=kind, image_size=24, patch_size=8, num_channels=3, hidden_size=24, num_hidden_layers=2, num_attention_heads=3, intermediate_size=37) | kw
def swin(kind, **kw): return dict(model_type=kind, image_size=24, patch_size=2, num_channels=3, embed_dim=8, depths=[1, 2], num_heads=[2, 4], window_size=3) | kw
TROCR = dict(model_type='trocr', vocab_size=99, d_model=32, decoder_layers=2, decoder_attention_heads=4, decoder_ffn_dim=37, max_position_embeddings=40, pad_token_id=0, bos_token_id=1, eos_token_id=2, dropout=0., is_decoder=True)
MBART = dict(model_type='mbart', vocab_size=99, d_model=24, decoder_layers=2, decoder_attention_heads=4, decoder_ffn_dim=37, encoder_layers=2, encoder_ffn_dim=8, encoder_attention_heads=2, max_position_embeddings=40, pad_token_id=0, is_decoder=True, add_cross_attention=True)

def source(takes, config, g): return dict(pixel_values=torch.randn(3, config['encoder']['num_channels'], 24, 24, generator=g))

def composed_inputs(cls_name, config, seed=0, side='right'):
    "Something to see, and a text with padding behind it; from the left nothing is padded."
    from ..harness import D, seq2seq_inputs, takes
    g = torch.Generator().manual_seed(seed)
    return seq2seq_inputs(source(takes(cls_name), config, g), cls_name, config, g, side)

def composed_labels(cls_name, config, inputs, seed=0):
    g, ids = torch.Generator().manual_seed(seed+1), inputs['decoder_input_ids']
    return dict(labels=torch.randint(3, 99, ids.shape, generator=g).masked_fill(torch.rand(ids.shape, generator=g) < .2, -100))

case('vision-encoder-decoder', COMMON, pad_token_id=0, eos_token_id=1, decoder_start_token_id=[2, 1], num_labels=2, problem_type=None, inputs=composed_inputs, labels=composed_labels, _parts=[
    dict(encoder=sees('vit'), decoder=part('gpt2', add_cross_attention=True)),
    dict(encoder=sees('deit', hidden_size=32, num_attention_heads=4, qkv_bias=False), decoder=part('bert', **WRITES)),
    dict(encoder=sees('beit', use_absolute_position_embeddings=True, use_mask_token=True), decoder=part('roberta', tie_word_embeddings=False, **WRITES)),
    dict(encoder=swin('swin'), decoder=TROCR | dict(cross_attention_hidden_size=16, use_learned_position_embeddings=False)),
    dict(encoder=sees('vit', num_channels=1), decoder=TROCR | dict(scale_embedding=True, layernorm_embedding=False, tie_word_embeddings=False)),
    dict(encoder=swin('swinv2'), decoder=MBART | dict(scale_embedding=True)),
    dict(encoder=sees('dinov2', hidden_size=24, mlp_ratio=2), decoder=part('bert', hidden_size=48, **WRITES))])

def hears(kind, **kw): return dict(model_type=kind, hidden_size=24, num_hidden_layers=2, num_attention_heads=3, intermediate_size=37, conv_dim=[8, 8, 12], conv_stride=[5, 2, 2], conv_kernel=[10, 3, 2], num_feat_extract_layers=3,
    num_conv_pos_embeddings=6, num_conv_pos_embedding_groups=2, apply_spec_augment=False, layerdrop=0.) | kw
STABLE = dict(do_stable_layer_norm=True, feat_extract_norm='layer', conv_bias=True)

def heard_inputs(cls_name, config, seed=0, side='right'):
    "Sounds of uneven lengths where the encoder can tell padding, and a text with padding behind it."
    from ..harness import seq2seq_inputs
    g = torch.Generator().manual_seed(seed)
    n = 400
    if config['encoder']['model_type'] == 'speech_to_text': made = dict(input_features=torch.randn(3, 60, 8, generator=g))
    elif config['encoder']['model_type'] == 'wav2vec2-bert': made = dict(input_features=torch.randn(3, 30, 12, generator=g))
    else: made = dict(input_values=torch.randn(3, n, generator=g))
    x = next(iter(made.values()))
    keep = torch.ones(x.shape[:2], dtype=torch.long)
    for i in (1, 2): keep[i, int(x.shape[1]*(.5 + .2*i)):] = 0
    rest = seq2seq_inputs(made, cls_name, config, g, side)
    return rest | dict(attention_mask=keep)

case('speech-encoder-decoder', COMMON, pad_token_id=0, eos_token_id=1, decoder_start_token_id=[2, 1], num_labels=2, problem_type=None, inputs=heard_inputs, labels=composed_labels, _parts=[
    dict(encoder=hears('wav2vec2', **STABLE), decoder=part('bert', **WRITES)),
    dict(encoder=hears('wav2vec2', add_adapter=True, num_adapter_layers=1, adapter_stride=2, **STABLE), decoder=part('gpt2', add_cross_attention=True)),
    dict(encoder=hears('hubert', hidden_size=32, num_attention_heads=4, **STABLE), decoder=MBART | dict(scale_embedding=True)),
    dict(encoder=hears('wavlm', **STABLE), decoder=part('bert', hidden_size=48, **WRITES)),
    dict(encoder=dict(model_type='wav2vec2-bert', feature_projection_input_dim=12, hidden_size=24, num_hidden_layers=2, num_attention_heads=3, intermediate_size=37, conv_depthwise_kernel_size=5, apply_spec_augment=False, layerdrop=0.), decoder=part('bert', **WRITES))])

def trocr_inputs(cls_name, config, seed=0, side='right'):
    "What a text decoder reads, and in half of the configurations states of the width that it looks at."
    from ..harness import usual_inputs
    inputs = usual_inputs(cls_name, config | dict(add_cross_attention=False), seed, side)
    if not config['add_cross_attention']: return inputs
    g = torch.Generator().manual_seed(seed+7)
    return inputs | dict(encoder_hidden_states=torch.randn(3, 7, config['cross_attention_hidden_size'] or config['d_model'], generator=g), encoder_attention_mask=(torch.rand(3, 7, generator=g) > .3).long().index_fill(1, torch.tensor([0]), 1))

case('trocr', vocab_size=99, d_model=[32, 24], decoder_layers=[2, 3], decoder_attention_heads=[4, 2], decoder_ffn_dim=37, activation_function=['gelu', 'relu', 'gelu_new'], max_position_embeddings=40, dropout=0.,
    init_std=.02, scale_embedding=[False, True], layernorm_embedding=[True, False], tie_word_embeddings=[True, False], pad_token_id=[0, 1], bos_token_id=1, eos_token_id=2, use_cache=True, decoder_start_token_id=2, inputs=trocr_inputs,
    _positions=[dict(use_learned_position_embeddings=True), dict(use_learned_position_embeddings=False)],
    _looks=[dict(add_cross_attention=True, cross_attention_hidden_size=None), dict(add_cross_attention=True, cross_attention_hidden_size=20), dict(add_cross_attention=False, cross_attention_hidden_size=None)])
