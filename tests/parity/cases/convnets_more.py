"""RegNet and BiT."""
from . import case
from .convnets import NET

case('regnet', NET, layer_type=['x', 'y'], groups_width=[4, 8], hidden_sizes=[[16, 24, 32], [8, 16, 24]], downsample_in_first_stage=[True, False])
# 5.23's last norm has the channels of the configuration, whatever the factor: with one of two it fails on its own
case('bit', NET, hidden_sizes=[[16, 24, 32], [8, 16, 24]], embedding_size=[8, 16], layer_type=['preactivation', 'bottleneck'], global_padding=[None, 'SAME'], num_groups=[2, 4], embedding_dynamic_padding=[False, True],
     output_stride=[32, 8, 4], heads={'.*Backbone': dict(_out=[dict(out_indices=[0, 3]), dict(out_indices=[1, 3]), dict(out_features=['stem', 'stage2', 'stage3']), {}, dict(out_indices=[1, -1])])})
