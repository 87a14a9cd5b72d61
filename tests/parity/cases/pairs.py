"""Pairs of towers: pictures and texts in one space."""
import torch
from . import case
from ..pairs import PAIR
from ..senses import picture_inputs

TEXT = [dict(vocab_size=60, hidden_size=32, intermediate_size=37, num_hidden_layers=2, num_attention_heads=4, max_position_embeddings=20, pad_token_id=0, bos_token_id=1, eos_token_id=2),
        dict(vocab_size=53, hidden_size=24, intermediate_size=20, num_hidden_layers=3, num_attention_heads=3, max_position_embeddings=15, pad_token_id=1, bos_token_id=0, eos_token_id=52, hidden_act='gelu', layer_norm_eps=1e-3)]
SEEN = [dict(hidden_size=24, intermediate_size=31, num_hidden_layers=3, num_attention_heads=2, image_size=24, patch_size=8),
        dict(hidden_size=30, intermediate_size=44, num_hidden_layers=2, num_attention_heads=3, image_size=20, patch_size=4, num_channels=1, hidden_act='gelu_new', layer_norm_eps=1e-3),
        dict(hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4, image_size=18, patch_size=6, num_channels=4)]

def towers(text, seen, both, name, **more):
    "The options of each class of a pair: one tower's, or both towers' drawn together."
    pairs = [dict(text_config=t, vision_config=v) for t, v in zip(text*3, seen*2)]
    return {f'{name}Text.*': dict(_text=text), f'{name}Vision.*': dict(_seen=seen), f'{name}(?!Text|Vision).*': dict(_pair=pairs, **both, **more)}

NAMES = dict(num_labels=[3, 5, 1], problem_type=[None, None, 'multi_label_classification'])
case('clip', heads=towers([t | dict(projection_dim=16) for t in TEXT], [v | dict(projection_dim=18) for v in SEEN],
     dict(projection_dim=[16, 10], logit_scale_init_value=[2.6592, 1.5]), 'CLIP', **NAMES), **PAIR)
SIG = [v for v in SEEN]
case('siglip', heads=towers([t | dict(projection_size=s) for t, s in zip(TEXT, (24, 30))], [v | dict(vision_use_head=h) for v, h in zip(SEEN, (True, True, False))], {}, 'Siglip', **NAMES) |
     {'SiglipModel': dict(_pair=[dict(text_config=t | dict(projection_size=v['hidden_size']), vision_config=v) for t, v in zip(TEXT*2, SEEN)])}, **PAIR)
BERT = [dict(vocab_size=60, hidden_size=32, intermediate_size=37, num_hidden_layers=2, num_attention_heads=4, max_position_embeddings=20, pad_token_id=0, type_vocab_size=3),
        dict(vocab_size=53, hidden_size=24, intermediate_size=20, num_hidden_layers=3, num_attention_heads=3, max_position_embeddings=18, pad_token_id=1, type_vocab_size=2, hidden_act='relu', layer_norm_eps=1e-3)]
SPACE = dict(projection_dim=[16, 10], logit_scale_init_value=[2.6592, 1.5])
def padding_row(model):
    "The reference empties the padding token's row whenever it reads a file (it fills a view, which does not know that it was loaded)."
    for m in model.modules():
        if isinstance(m, torch.nn.Embedding) and m.padding_idx is not None: m.weight.data[m.padding_idx] = 0.
case('chinese_clip', heads=towers(BERT, SEEN, SPACE, 'ChineseCLIP'), mend=padding_row, **PAIR)
# 5.23 writes `layer` of the texts and, which no checkpoint has, of the pictures
case('altclip', heads=towers([t | dict(project_dim=d, bos_token_id=0, eos_token_id=2) for t, d in ((BERT[0], 20), (BERT[0] | dict(hidden_act='relu', layer_norm_eps=1e-3, pad_token_id=1, hidden_size=24, num_attention_heads=3), 26))], SEEN, SPACE, 'AltCLIP'), disk=lambda c, n: n.replace('vision_model.encoder.layer.', 'vision_model.encoder.layers.'), **PAIR)
MADE = [dict(model_type='vit', hidden_size=24, intermediate_size=31, num_hidden_layers=2, num_attention_heads=2, image_size=24, patch_size=8),
        dict(model_type='clip_vision_model', hidden_size=30, intermediate_size=44, num_hidden_layers=2, num_attention_heads=3, image_size=20, patch_size=4),
        dict(model_type='deit', hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4, image_size=18, patch_size=6, num_channels=1)]
READ = [dict(model_type='bert', **BERT[0]), dict(model_type='roberta', **(BERT[1] | dict(bos_token_id=0, eos_token_id=2)))]
case('vision-text-dual-encoder', _pair=[dict(text_config=t, vision_config=v) for t, v in zip(READ*2, MADE)], **SPACE, **PAIR)
LARGEST = [t | dict(max_position_embeddings=16) for t in TEXT]   # a query ends at its largest id
case('owlvit', heads=towers(LARGEST, SEEN, SPACE, 'OwlViT') | {'OwlViTForObjectDetection': dict(projection_dim=32, _pair=[dict(text_config=LARGEST[0], vision_config=v) for v in SEEN])}, **PAIR)
case('owlv2', heads=towers(LARGEST, SEEN, SPACE, 'Owlv2') | {'Owlv2ForObjectDetection': dict(projection_dim=32, _pair=[dict(text_config=LARGEST[0], vision_config=v) for v in SEEN])}, **PAIR)
NETS = [dict(width_coefficient=w, depth_coefficient=d, depth_divisor=v, in_channels=[32, 8, 8], out_channels=[8, 8, 16], kernel_sizes=k, strides=s, num_block_repeats=[1, 2, 1], expand_ratios=[1, 4, 2], hidden_dim=1300,
             depthwise_padding=p, squeeze_expansion_ratio=q, hidden_act=a, pooling_type=m, num_channels=c, image_size=i, batch_norm_eps=e, _sizes=True)
        for w, d, v, k, s, p, q, a, m, c, i, e in ((1., 1., 8, [3, 5, 3], [1, 2, 2], [], .25, 'swish', 'mean', 3, (40, 33), 1e-3), (1.3, 1.4, 4, [5, 3, 3], [2, 1, 2], [2, 3], .5, 'relu', 'max', 1, 32, 1e-2))]
case('align', heads=towers(BERT, NETS, dict(temperature_init_value=[1., .3]), 'Align') | {'AlignModel': dict(_sizes=True, temperature_init_value=[1., .3],
     _pair=[dict(text_config=t, vision_config={k: v for k, v in n.items() if k[0] != '_'}, projection_dim=d) for t, n, d in zip(BERT*2, NETS*2, (16, 20, 16, 20))])}, mend=padding_row, **PAIR)
def masks(cls, config, inputs, seed=0):
    "What is to be painted."
    if 'pixel_values' not in inputs: return {}
    x, p = inputs['pixel_values'], config['vision_config']['patch_size']
    q = (p//4)**2 if config['use_complex_transposed_convolution'] else p   # pixels of a patch's side
    return dict(labels=(torch.rand(len(x), *(n//p*q for n in x.shape[2:]), generator=torch.Generator().manual_seed(seed)) < .2).float())
def prompted(first, config, seed=0, kind='own'):
    "A text as prompt, a picture, or a ready vector."
    x = PAIR['inputs'](first, config, seed, kind)
    g = torch.Generator().manual_seed(seed+5)
    if kind in ('shown', 'ready'): x = dict(pixel_values=x['pixel_values'])
    if kind == 'shown': x['conditional_pixel_values'] = torch.randn(x['pixel_values'].shape, generator=g)
    if kind == 'ready': x['conditional_embeddings'] = torch.randn(len(x['pixel_values']), config['projection_dim'], generator=g)
    return x
def gentle(model):
    "The decoder attends to states before any norm: where they are large its softmax is a switch, and float32 is a thousandth off its own gradients (in float64 both agree: tests/test_pairs.py)."
    if not hasattr(model, 'decoder'): return
    for m in (model.clip.text_projection, model.clip.visual_projection, *model.decoder.reduces): m.weight.data.mul_(.25)
PAINTS = [dict(text_config=t, vision_config=v, extract_layers=e, conditional_layer=c, use_complex_transposed_convolution=u, reduce_dim=r, decoder_num_attention_heads=h, decoder_intermediate_size=i)
          for t, v, e, c, u, r, h, i in zip(TEXT*2, [SEEN[0], SEEN[1], SEEN[2] | dict(patch_size=9), SEEN[0] | dict(image_size=32, patch_size=16)], ([0, 1, 2], [0, 1], [1], [0, -1]), (0, 1, 0, 1), (False, True, True, True), (16, 12, 8, 20), (4, 3, 2, 5), (33, 20, 24, 17))]
case('clipseg', heads=towers(TEXT, SEEN, SPACE, 'CLIPSeg(?!For)') | {'CLIPSegText.*': dict(_text=TEXT), 'CLIPSegVision.*': dict(_seen=SEEN), 'CLIPSegForImageSegmentation': dict(_pair=PAINTS, **SPACE)},
     labels=masks, mend=gentle, kinds=lambda takes, config: ['own', 'larger', 'shown', 'ready'] if 'labels' in takes else ['own', 'larger', 'uneven'], inputs=prompted)
FILMS = [v | dict(num_frames=n, mit_hidden_size=d, mit_intermediate_size=m, mit_num_hidden_layers=l, mit_num_attention_heads=h, drop_path_rate=p)
         for v, n, d, m, l, h, p in zip(SEEN, (4, 2, 3), (16, 12, 16), (21, 30, 8), (1, 2, 2), (4, 3, 2), (0., .2, 0.))]
def films(first, config, seed=0, kind='own'):
    "As many texts as films; the picture tower alone reads frames, so many that they are whole films."
    if isinstance(first, str) or 'input_ids' in first: return PAIR['inputs'](first, config, seed, kind)
    x = picture_inputs(first, config, seed, kind)
    return x | dict(pixel_values=x['pixel_values'].flatten(0, 1))
case('xclip', heads=towers(TEXT, FILMS, {}, 'XCLIP') | {'XCLIPModel': dict(logit_scale_init_value=[2.6592, 1.5], prompt_layers=[2, 1, 3], prompt_alpha=[.1, .5], prompt_hidden_act=['quick_gelu', 'gelu', 'relu'],
     prompt_attention_dropout=[0., .2], prompt_projection_dropout=[0., .3], _pair=[dict(text_config=t, vision_config=v, projection_dim=v['mit_hidden_size'], prompt_num_attention_heads=h) for t, v, h in zip(TEXT*2, FILMS, (4, 3, 8))])}, **(PAIR | dict(inputs=films)))
