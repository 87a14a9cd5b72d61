"""VideoMAE: films, hidden blocks."""
from . import case
from .vision import SEES

FILM = {k: v for k, v in SEES.items() if k != 'qkv_bias'} | dict(qv_bias=[True, False], _film=[dict(num_frames=4, tubelet_size=2), dict(num_frames=6, tubelet_size=2), dict(num_frames=3, tubelet_size=1)], _grid=[dict(image_size=16, patch_size=8), dict(image_size=20, patch_size=5)])
PAINTS = dict(decoder_hidden_size=[16, 20], decoder_num_attention_heads=[2, 4], decoder_num_hidden_layers=2, decoder_intermediate_size=[19, 8], num_channels=3, norm_pix_loss=[True, False], use_mean_pooling=[True, False])
def kinds(takes, config): return ['own'] if 'bool_masked_pos' not in takes else ['masked'] if 'decoder_hidden_size' in config else ['own', 'masked']
case('videomae', FILM, use_mean_pooling=[True, False], kinds=kinds, heads={'.*PreTraining': PAINTS})
