from . import *

# convolution nets: any picture size, backbones with every choice of stages
LOOKS = dict(num_channels=[3, 1], num_labels=[3, 5, 1], problem_type=[None, None, 'multi_label_classification'], _sizes=[dict(_sizes=True)], image_size=[(40, 33), 32, (48, 31)])
STAGES = {'.*Backbone': dict(_out=[dict(out_indices=[0]), dict(out_indices=[1, 3]), dict(out_features=['stem', 'stage2', 'stage3']), {}, dict(out_indices=[1, -1])])}
NET = LOOKS | dict(embedding_size=[8, 6], hidden_sizes=[[16, 24, 32], [8, 16, 20]], depths=[[1, 2, 1], [2, 1, 2]], hidden_act=['relu', 'gelu'])
case('resnet', NET, layer_type=['bottleneck', 'basic'], downsample_in_first_stage=[False, True], downsample_in_bottleneck=[False, True, False], heads=STAGES)

CONVNEXT = LOOKS | dict(hidden_sizes=[[8, 12, 16], [6, 8, 10]], depths=[[1, 2, 1], [2, 1, 1]], num_stages=3, patch_size=[4, 2], hidden_act=['gelu', 'relu'], layer_norm_eps=[1e-12, 1e-3], drop_path_rate=[0., .3])
case('convnext', CONVNEXT, layer_scale_init_value=[1e-6, .1, 0.], heads=STAGES)
case('convnextv2', CONVNEXT, heads=STAGES)
