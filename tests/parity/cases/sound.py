"""Models that hear the wave: bare, of uneven lengths, and with moments hidden."""
from . import case

CONVS = dict(_convs=[
    dict(conv_dim=[16, 20, 16], conv_stride=[5, 2, 2], conv_kernel=[10, 3, 3]),
    dict(conv_dim=[12, 12], conv_stride=[6, 4], conv_kernel=[11, 5]),
    dict(conv_dim=[16, 16, 16, 24], conv_stride=[5, 2, 2, 1], conv_kernel=[9, 3, 2, 2])])
HEARS = dict(vocab_size=[19, 32], num_labels=[3, 5, 2], hidden_size=24, num_hidden_layers=3, num_attention_heads=[3, 4], intermediate_size=37, hidden_act=['gelu', 'relu', 'gelu_new'],
    layer_norm_eps=[1e-5, 1e-3], feat_extract_activation=['gelu', 'relu'], conv_bias=[False, True], num_conv_pos_embeddings=[6, 9, 16], num_conv_pos_embedding_groups=[2, 4], layerdrop=0.,
    mask_time_prob=.05, mask_time_length=2, ctc_loss_reduction=['sum', 'mean'], ctc_zero_infinity=[False, True], use_weighted_layer_sum=[False, True], classifier_proj_size=10) | CONVS
NORMS = dict(feat_extract_norm=['group', 'layer'], do_stable_layer_norm=[False, True])
VOICES = dict(_tdnn=[dict(tdnn_dim=[10, 8, 12], tdnn_kernel=[3, 2, 1], tdnn_dilation=[1, 2, 1]), dict(tdnn_dim=[8, 8], tdnn_kernel=[2, 3], tdnn_dilation=[3, 1])], xvector_output_dim=9)
SHORTER = {'.*(Model|CTC)': dict(_adapter=[{}, dict(add_adapter=True, num_adapter_layers=2), dict(add_adapter=True, num_adapter_layers=1, adapter_kernel_size=3, adapter_stride=2, output_hidden_size=18)])}
CODES = dict(num_codevectors_per_group=[7, 5], num_codevector_groups=2, codevector_dim=[12, 10], proj_codevector_dim=[11, 16], contrastive_logits_temperature=[.1, .5], diversity_loss_weight=[.1, .3])

case('wav2vec2', HEARS, NORMS, VOICES, CODES, heads=SHORTER, adapter_attn_dim=[None, 5], apply_spec_augment=[True, False])


case('hubert', HEARS, NORMS, feat_proj_layer_norm=[True, False], conv_pos_batch_norm=[False, True], apply_spec_augment=True)
case('wavlm', HEARS, NORMS, VOICES, CODES, heads=SHORTER, num_buckets=[16, 320], max_bucket_distance=[20, 800])
case('unispeech', HEARS, NORMS, CODES, num_ctc_classes=11, replace_prob=.5)
case('unispeech-sat', HEARS, NORMS, CODES, VOICES, num_clusters=13)
case('data2vec-audio', HEARS, VOICES, heads=SHORTER, num_conv_pos_embeddings=[2, 3], conv_pos_kernel_size=[5, 4])
case('sew', HEARS, feat_extract_norm=['group', 'layer'], squeeze_factor=[2, 3])

def spectrograms(takes, config, seed=0, kind='bare'):
    "A picture of a sound; `uneven` hides tokens."
    import torch
    g = torch.Generator().manual_seed(seed)
    x = dict(input_values=torch.randn(3, config['max_length'], config['num_mel_bins'], generator=g))
    if kind == 'uneven':
        n = 2 + ((config['num_mel_bins']-config['patch_size'])//config['frequency_stride'] + 1)*((config['max_length']-config['patch_size'])//config['time_stride'] + 1)
        x['attention_mask'] = (torch.arange(n) < torch.tensor([n, n-3, n-7])[:, None]).long()
    return x

case('audio-spectrogram-transformer', num_labels=[3, 5, 2], hidden_size=24, num_hidden_layers=3, num_attention_heads=[3, 4], intermediate_size=37, hidden_act=['gelu', 'relu', 'gelu_new'],
    layer_norm_eps=[1e-12, 1e-5], qkv_bias=[True, False], _squares=[dict(patch_size=4, frequency_stride=3, time_stride=2, max_length=20, num_mel_bins=13), dict(patch_size=5, frequency_stride=5, time_stride=4, max_length=23, num_mel_bins=16)],
    inputs=spectrograms)

def windows(cls_name, config, seed=0, side='right'):
    "The picture of a sound, some of it silence behind the end, and what the decoder reads."
    import torch
    from ..harness import seq2seq_inputs
    g, n = torch.Generator().manual_seed(seed), 37 + 2*(seed%6)
    mask = (torch.arange(n) < torch.tensor([n, n-6, n-17] if side != 'none' else [n]*3)[:, None]).long()
    x = dict(input_features=torch.randn(3, n, config['input_feat_per_channel']*config['input_channels'], generator=g), attention_mask=mask)
    return seq2seq_inputs(x, cls_name, config, g, side)

case('speech_to_text', vocab_size=[61, 40], d_model=24, encoder_layers=[2, 3], decoder_layers=[3, 2], encoder_attention_heads=[3, 4], decoder_attention_heads=[4, 2], encoder_ffn_dim=[30, 41], decoder_ffn_dim=[37, 20],
    activation_function=['relu', 'gelu'], scale_embedding=[True, False], _ids=[dict(pad_token_id=1, bos_token_id=0, eos_token_id=2, decoder_start_token_id=2), dict(pad_token_id=0, bos_token_id=1, eos_token_id=2, decoder_start_token_id=1), dict(pad_token_id=3, bos_token_id=0, eos_token_id=2, decoder_start_token_id=0)],
    max_source_positions=[60, 12], max_target_positions=[40, 60], _convs=[dict(num_conv_layers=2, conv_kernel_sizes=[5, 5]), dict(num_conv_layers=1, conv_kernel_sizes=[3]), dict(num_conv_layers=3, conv_kernel_sizes=[4, 3, 6])], conv_channels=[20, 34],
    input_feat_per_channel=[8, 11], input_channels=[1, 2], tie_word_embeddings=[True, False], use_cache=[True, False], inputs=windows)

def half_minutes(names, config, seed=0, how='right'):
    "The picture of a sound, which has one length; what the decoder reads; for a decoder alone, the states it looks at."
    import torch
    from ..harness import seq2seq_inputs, usual_inputs
    g, c = torch.Generator().manual_seed(seed), config
    x = dict(input_features=torch.randn(3, c['num_mel_bins'], 2*c['max_source_positions'], generator=g))
    if not isinstance(names, str): return x                            # a class without a decoder: how it takes part in `senses`
    if not names.endswith('CausalLM'): return seq2seq_inputs(x, names, c, g, how)
    return usual_inputs(names, c, seed, how) | dict(encoder_outputs=(torch.randn(3, 7, c['d_model'], generator=g),))

case('whisper', vocab_size=[61, 40], d_model=24, encoder_layers=[2, 3], decoder_layers=[3, 2], encoder_attention_heads=[3, 4], decoder_attention_heads=[4, 2], encoder_ffn_dim=[30, 41], decoder_ffn_dim=[37, 20],
    activation_function=['gelu', 'relu'], scale_embedding=[False, True], num_mel_bins=[8, 13], max_source_positions=[15, 20], max_target_positions=[40, 60], num_labels=[3, 5, 2], classifier_proj_size=[10, 17], use_weighted_layer_sum=[False, True],
    _ids=[dict(pad_token_id=1, bos_token_id=0, eos_token_id=2, decoder_start_token_id=2), dict(pad_token_id=0, bos_token_id=1, eos_token_id=2, decoder_start_token_id=1), dict(pad_token_id=3, bos_token_id=0, eos_token_id=2, decoder_start_token_id=0)],
    begin_suppress_tokens=None, apply_spec_augment=[False, True], tie_word_embeddings=[True, False], use_cache=[True, False], inputs=half_minutes, packs=False, kinds=lambda takes, config: ['own', 'again'])

def even_scale(model):
    "Convolutions over many taps as small as they are at the start: gates that are always open or shut leave gradients of rounding alone."
    import torch
    for m in model.modules():
        if isinstance(m, torch.nn.Conv1d) and 'weight' in m._parameters: m.weight.data.mul_((m.in_channels//m.groups*m.kernel_size[0])**-.5 / m.weight.data.std())

CONFORMER = dict(num_hidden_layers=2, position_embeddings_type=['relative', 'rotary', None], rotary_embedding_base=[10000, 500], max_source_positions=[500, 20], conv_depthwise_kernel_size=[5, 3, 9], conformer_conv_dropout=[.1, 0.])
case('wav2vec2-conformer', HEARS, VOICES, CODES, CONFORMER, heads=SHORTER, feat_extract_norm=['group', 'layer'], apply_spec_augment=[True, False], mend=even_scale)

def pictures(takes, config, seed=0, kind='bare'):
    "Mel energies of two windows side by side, uneven, or with hidden states."
    import torch
    g, n = torch.Generator().manual_seed(seed), 45 + 3*(seed % 5)
    x = dict(input_features=torch.randn(3, n, config['feature_projection_input_dim'], generator=g))
    if kind != 'bare': x['attention_mask'] = (torch.arange(n) < torch.tensor([n, n-5, n-14])[:, None]).long()
    if kind == 'hidden': x['mask_time_indices'] = torch.rand(3, n, generator=g) < .3
    return x

# an adapter whose padding is not half its kernel makes other lengths than the reference says: its CTC loss then fails
SHRINK = [dict(add_adapter=True, num_adapter_layers=2, output_hidden_size=36), dict(add_adapter=True, use_intermediate_ffn_before_adapter=True, num_adapter_layers=1, adapter_kernel_size=5, adapter_stride=4),
    dict(add_adapter=True, num_adapter_layers=1, adapter_kernel_size=4), dict(add_adapter=True, num_adapter_layers=2, adapter_kernel_size=5, adapter_stride=3)]
case('wav2vec2-bert', {k: v for k, v in HEARS.items() if 'conv' not in k and k != 'feat_extract_activation'}, VOICES, CONFORMER, inputs=pictures, feature_projection_input_dim=[12, 20], adapter_act=['relu', 'gelu'],
    position_embeddings_type=['relative_key', 'relative', 'rotary', None], _far=[dict(left_max_position_embeddings=5, right_max_position_embeddings=2), dict(left_max_position_embeddings=64, right_max_position_embeddings=8)], apply_spec_augment=[True, False],
    mend=even_scale, heads={'.*CTC': dict(_adapter=[{}, *SHRINK[:2]]), '.*Model': dict(_adapter=[{}, *SHRINK])})
case('sew-d', {k: v for k, v in HEARS.items() if k != 'layerdrop'}, feat_extract_norm=['group', 'layer'], squeeze_factor=[2, 3, 1], max_position_embeddings=[40, 9], position_buckets=[8, -1, 5, 256], share_att_key=[True, False],
    relative_attention=[True, True, False], pos_att_type=[['p2c', 'c2p'], ['c2p'], ['p2c'], []], norm_rel_ebd=['layer_norm', 'none'], feature_layer_norm_eps=[1e-5, 1e-2], mend=even_scale)
