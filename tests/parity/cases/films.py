"""Films: VideoMAE with its hidden blocks, ViViT, TimeSformer."""
import torch
from . import case
from .vision import SEES, SQUARE

FILM = {k: v for k, v in SEES.items() if k != 'qkv_bias'} | dict(qv_bias=[True, False], _film=[dict(num_frames=4, tubelet_size=2), dict(num_frames=6, tubelet_size=2), dict(num_frames=3, tubelet_size=1)], _grid=[dict(image_size=16, patch_size=8), dict(image_size=20, patch_size=5)])
PAINTS = dict(decoder_hidden_size=[16, 20], decoder_num_attention_heads=[2, 4], decoder_num_hidden_layers=2, decoder_intermediate_size=[19, 8], num_channels=3, norm_pix_loss=[True, False], use_mean_pooling=[True, False])
def kinds(takes, config): return ['own'] if 'bool_masked_pos' not in takes else ['masked'] if 'decoder_hidden_size' in config else ['own', 'masked']
case('videomae', FILM, use_mean_pooling=[True, False], kinds=kinds, heads={'.*PreTraining': PAINTS})

# 5.23 resizes places as if there were one moment and a square: anything but its own size fails there; the chapter tests other shapes
case('vivit', SEES, _film=[dict(num_frames=4, tubelet_size=[2, 8, 8], image_size=16), dict(num_frames=6, tubelet_size=[3, 5, 10], image_size=20), dict(num_frames=3, tubelet_size=[1, 4, 8], image_size=[12, 24])],
     pooler_act=['tanh', 'gelu'], pooler_output_size=[None, 20], hidden_act=['gelu_fast', 'gelu', 'relu'], kinds=lambda takes, config: ['own'])

def film(takes, config, seed=0, kind='own'):
    "Own size; more rows; another grid whose patches are whole rows of the old one; twice the frames, which 5.23 folds."
    g, p, f = torch.Generator().manual_seed(seed), config['patch_size'], config['num_frames']
    h = w = config['image_size']//p
    if kind == 'rows': h = h+2
    if kind == 'other': h, w = h-1, 2*w
    return dict(pixel_values=torch.randn(3, 2*f if kind == 'long' else f, config['num_channels'], h*p, w*p, generator=g))
def film_labels(cls_name, config, inputs, seed=0):
    n, g = config['num_labels'], torch.Generator().manual_seed(seed+1)
    b = inputs['pixel_values'].shape[0]*(inputs['pixel_values'].shape[1] if config['attention_type'] == 'space_only' else 1)   # a row for each frame
    if n == 1: return dict(labels=torch.randn(b, generator=g))
    if config.get('problem_type') == 'multi_label_classification': return dict(labels=torch.randint(0, 2, (b, n), generator=g).float())
    return dict(labels=torch.randint(0, n, (b,), generator=g))
case('timesformer', SEES, SQUARE, num_frames=[4, 2, 3], attention_type=['divided_space_time', 'joint_space_time', 'space_only', 'divided_space_time'], inputs=film, labels=film_labels, kinds=lambda takes, config: ['own', 'rows', 'other', 'long'])
