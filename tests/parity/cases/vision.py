"""Vision transformers: pictures in patches, whole, hidden, of other sizes; then films."""
from . import case

SEES = dict(num_labels=[3, 5, 1], problem_type=[None, None, 'multi_label_classification'], hidden_size=24, num_hidden_layers=3, num_attention_heads=[3, 4],
    intermediate_size=37, hidden_act=['gelu', 'relu', 'gelu_new'], layer_norm_eps=[1e-12, 1e-5], num_channels=[3, 1, 4], qkv_bias=[True, False])
SQUARE = dict(_grid=[dict(image_size=24, patch_size=8), dict(image_size=20, patch_size=4), dict(image_size=18, patch_size=6)])
PAINTS = dict(_grid=[dict(image_size=24, patch_size=8, encoder_stride=8), dict(image_size=20, patch_size=4, encoder_stride=4)])
POOLED = dict(pooler_act=['tanh', 'gelu'], pooler_output_size=[None, 20])

case('vit', SEES, PAINTS, POOLED)
case('deit', SEES, PAINTS, POOLED)
# its classifier's layers lose their `vit.` in a file that 5.23 writes (an alias for reading, run backwards); 4.57 and every checkpoint have it
case('vit_msn', SEES, SQUARE, disk=lambda c, n: f'vit.{n}' if n.startswith('encoder.') and c.endswith('Classification') else n)
DINO = {k: v for k, v in SEES.items() if k != 'intermediate_size'} | dict(mlp_ratio=[2, 3], use_swiglu_ffn=[False, True], apply_layernorm=[True, False], reshape_hidden_states=[True, False], layerscale_value=[1., .3], _sizes=[dict(_sizes=True)],
    _out=[dict(out_features=['stage1', 'stage3']), dict(out_indices=[0, 2]), {}])
case('dinov2', DINO, SQUARE, use_mask_token=[True, False])
case('dinov2_with_registers', DINO, SQUARE, num_register_tokens=[2, 4])
