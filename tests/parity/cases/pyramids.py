from . import *
from .convnets import LOOKS, STAGES

def own_windows(model):
    "The reference's Swin keeps the window of the smallest picture it has seen; each call is compared on its own."
    for m in model.modules():
        if hasattr(m, 'set_shift_and_window_size'): m.register_forward_pre_hook(lambda m, args, kept=(m.window_size, m.shift_size): setattr(m, 'window_size', kept[0]) or setattr(m, 'shift_size', kept[1]))

def swin_kinds(takes, config): return ['own', 'masked'] if '_mask' in config else ['own', 'larger', 'uneven']
MASK = {'.*MaskedImageModeling': dict(_mask=[dict(_mask=True)])}
SWIN = LOOKS | dict(image_size=32, patch_size=2, embed_dim=[8, 12], depths=[[1, 2, 2], [2, 2, 1]], num_heads=[[2, 4, 4], [1, 2, 2]], window_size=4, mlp_ratio=[2., 1.5], qkv_bias=[True, False], hidden_act=['gelu', 'relu'],
    layer_norm_eps=[1e-5, 1e-3], encoder_stride=8)
TABLES = {'.*Backbone': STAGES['.*Backbone'] | dict(use_absolute_embeddings=False)}   # the reference's backbone cannot interpolate them
case('swin', SWIN, use_absolute_embeddings=[False, True], heads=TABLES | MASK, kinds=swin_kinds, mend=own_windows)
case('swinv2', SWIN, pretrained_window_sizes=[[0, 0, 0], [3, 3, 2]], heads=STAGES | MASK, kinds=swin_kinds)
