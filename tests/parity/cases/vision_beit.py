"""BEiT and data2vec-vision: biases over differences, own and shared, squares of other sizes, four depths for the heads."""
from . import case
from ..senses import picture_kinds, picture_labels
import torch
from .vision import SEES

DIFFERENCES = dict(_bias=[dict(use_relative_position_bias=True), dict(use_shared_relative_position_bias=True, use_absolute_position_embeddings=True), {}, dict(use_relative_position_bias=True, use_shared_relative_position_bias=True)],
    use_mask_token=True, use_mean_pooling=[True, False], layer_scale_init_value=[.1, 0., 1.], drop_path_rate=[0., .2], num_hidden_layers=4,
    _grid=[dict(image_size=24, patch_size=8), dict(image_size=20, patch_size=4), dict(image_size=24, patch_size=6)])
BEIT = {k: v for k, v in SEES.items() if k not in ('qkv_bias', 'num_hidden_layers')} | DIFFERENCES | dict(_sizes=[dict(_sizes=True)])
UPER = dict(num_labels=[3, 5], pool_scales=[[1, 2, 3, 6], [1, 2]], auxiliary_channels=[7, 5], auxiliary_num_convs=[1, 2, 1], auxiliary_concat_input=[False, True], use_auxiliary_head=[True, True, False],
    _out=[dict(out_indices=[1, 2, 3, 4])])

def words(cls_name, config, inputs, seed=0):
    "Visual words of hidden patches; else what pictures usually have."
    if 'MaskedImage' not in cls_name: return picture_labels(cls_name, config, inputs, seed)
    hide = inputs.get('bool_masked_pos')
    return {} if hide is None else dict(labels=torch.randint(config['vocab_size'], (int(hide.sum()),), generator=torch.Generator().manual_seed(seed)))

OUT = dict(_out=[dict(out_features=['stage1', 'stage3']), dict(out_indices=[0, 2]), {}, dict(out_indices=[1, 2, 3, 4], add_fpn=True)], reshape_hidden_states=[True, True, True, True])
# with use_mean_pooling=False 5.23's BeitForMaskedImageModeling puts its own file's `layernorm` into `beit.layernorm` and the other way round
case('beit', BEIT, vocab_size=50, labels=words, heads={'.*Segmentation': UPER, '.*Backbone': OUT, '.*MaskedImageModeling': dict(use_mean_pooling=True)})
# the reference's data2vec head lays states out on the grid of the configuration: one size
case('data2vec-vision', BEIT, heads={'.*Segmentation': UPER | dict(_sizes=[dict(_own=True)])}, kinds=lambda takes, config: ['own'] if '_own' in config else picture_kinds(takes, config))
