from . import *

# convolution nets: any picture size, backbones with every choice of stages
LOOKS = dict(num_channels=[3, 1], num_labels=[3, 5, 1], problem_type=[None, None, 'multi_label_classification'], _sizes=[dict(_sizes=True)], image_size=[(40, 33), 32, (48, 31)])
STAGES = {'.*Backbone': dict(_out=[dict(out_indices=[0]), dict(out_indices=[1, 3]), dict(out_features=['stem', 'stage2', 'stage3']), {}, dict(out_indices=[1, -1])])}
NET = LOOKS | dict(embedding_size=[8, 6], hidden_sizes=[[16, 24, 32], [8, 16, 20]], depths=[[1, 2, 1], [2, 1, 2]], hidden_act=['relu', 'gelu'])
case('resnet', NET, layer_type=['bottleneck', 'basic'], downsample_in_first_stage=[False, True], downsample_in_bottleneck=[False, True, False], heads=STAGES)

CONVNEXT = LOOKS | dict(hidden_sizes=[[8, 12, 16], [6, 8, 10]], depths=[[1, 2, 1], [2, 1, 1]], num_stages=3, patch_size=[4, 2], hidden_act=['gelu', 'relu'], layer_norm_eps=[1e-12, 1e-3], drop_path_rate=[0., .3])
case('convnext', CONVNEXT, layer_scale_init_value=[1e-6, .1, 0.], heads=STAGES)
case('convnextv2', CONVNEXT, heads=STAGES)

MOBILE = LOOKS | dict(depth_multiplier=[.1, .25, 1.], min_depth=[8, 4], hidden_act=['relu6', 'relu'], tf_padding=[True, False], layer_norm_eps=[.001, 1e-5])
case('mobilenet_v1', MOBILE)
case('mobilenet_v2', MOBILE, depth_multiplier=[.1, .2], depth_divisible_by=[8, 4], expand_ratio=[6., 2.], output_stride=[32, 8, 16], first_layer_is_expansion=[True, False], finegrained_output=[False, True],
     heads={'.*SemanticSegmentation': dict(num_labels=[3, 5])})
case('efficientnet', LOOKS, width_coefficient=[1., 1.3], depth_coefficient=[1., 1.4], in_channels=[[32, 8, 8]], out_channels=[[8, 8, 16]], kernel_sizes=[[3, 5, 3], [5, 3, 3]], strides=[[1, 2, 2], [2, 1, 2]], num_block_repeats=[[1, 2, 1]],
     expand_ratios=[[1, 4, 2]], depthwise_padding=[[], [2, 4]], squeeze_expansion_ratio=[.25, .5], hidden_act=['swish', 'relu'], pooling_type=['mean', 'max'], _dim=[dict(width_coefficient=1., hidden_dim=1280), dict(width_coefficient=1.3, hidden_dim=1664)])
