"""SegFormer, PVT and PVTv2: ratios of keys and values, odd sizes, heads that do not divide, maps left as rows."""
from . import case
from .convnets import LOOKS, STAGES

PYRAMID = LOOKS | dict(num_encoder_blocks=3, depths=[[1, 2, 1], [2, 1, 1]], hidden_sizes=[[8, 12, 24], [6, 12, 18]], num_attention_heads=[[1, 2, 3], [2, 3, 6]], mlp_ratios=[[2, 1, 2], [3, 2, 1]], hidden_act=['gelu', 'relu'],
    layer_norm_eps=[1e-6, 1e-3], drop_path_rate=[0., .2])
RATIOS = dict(sr_ratios=[[4, 2, 1], [2, 1, 1], [1, 3, 2]], patch_sizes=[[7, 3, 3], [3, 5, 3], [4, 3, 2]], strides=[[4, 2, 2], [2, 2, 1]])
# the reference's head takes the channels of rows for their number, so a last map left as rows is for the other two
case('segformer', PYRAMID, RATIOS, reshape_last_stage=[True, False], num_attention_heads=[[1, 2, 3], [2, 3, 5]],
     heads={'.*SemanticSegmentation': dict(decoder_hidden_size=[10, 7], num_labels=[3, 1, 5], reshape_last_stage=True, problem_type=None)})
case('pvt_v2', PYRAMID, RATIOS, qkv_bias=[True, False], linear_attention=[False, True], heads={'.*Backbone': dict(_out=[dict(out_indices=[0]), dict(out_features=['stage1', 'stage3']), {}, dict(out_indices=[1, -1])])})
# PVT's places are for one number of cells: the picture's own size
case('pvt', PYRAMID, image_size=[64, 32], sequence_reduction_ratios=[[4, 2, 1], [2, 1, 1]], patch_sizes=[[4, 2, 2]], strides=[[4, 2, 2]], qkv_bias=[True, False], _sizes=[{}])
