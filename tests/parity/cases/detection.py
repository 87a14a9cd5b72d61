from . import *
import torch

# things and where they are: padded pictures, drawn boxes, masks
def stages(widths, **kw): return dict(model_type='resnet', embedding_size=8, hidden_sizes=widths, depths=[1, 2, 1, 1], layer_type='basic', **kw)
NETS = [dict(backbone_config=stages([8, 12, 16, 24], out_features=['stage1', 'stage2', 'stage3', 'stage4'])), dict(backbone_config=stages([16, 8, 24, 16], out_indices=[1, 2, 3, 4]), num_channels=3),
        dict(backbone_config=stages([8, 12, 16, 24], num_channels=1, out_indices=[1, 2, 3, 4]), num_channels=1)]

def padded(takes, config, seed=0, kind='own'):
    "Three pictures in one batch, of their own sizes where the model takes a mask."
    g = torch.Generator().manual_seed(seed)
    h, w = dict(own=(64, 80), uneven=(96, 71), larger=(70, 130)).get(kind, (64, 64))
    x = dict(pixel_values=torch.randn(3, config.get('num_channels', 3), h, w, generator=g))
    if 'pixel_mask' in takes and kind != 'larger':
        x['pixel_mask'] = torch.ones(3, h, w, dtype=torch.long)
        x['pixel_mask'][1, h//2:] = x['pixel_mask'][1, :, w-20:] = x['pixel_mask'][2, :, w//3:] = 0
    if kind == 'uneven' and 'decoder_attention_mask' in takes:
        x['decoder_attention_mask'] = (torch.rand(3, config['num_queries'], generator=g) > .3).long()
        x['decoder_attention_mask'][:, 0] = 1
    if kind == 'larger' and 'decoder_inputs_embeds' in takes: x['decoder_inputs_embeds'] = torch.randn(3, config['num_queries'], config['d_model'], generator=g)
    return x

def drawn(cls_name, config, inputs, seed=0):
    "Two things, none, four; masks of uneven sizes."
    g = torch.Generator().manual_seed(seed+1)
    out = []
    for i, n in enumerate((2, 0, 4)):
        half = .05 + .2*torch.rand(n, 2, generator=g)
        t = dict(class_labels=torch.randint(0, config['num_labels'], (n,), generator=g), boxes=torch.cat((half + torch.rand(n, 2, generator=g)*(1-2*half), 2*half), 1))
        if 'Segmentation' in cls_name: t['masks'] = (torch.rand(n, 40+3*i, 50-i, generator=g) > .5).float()
        out.append(t)
    return dict(labels=out)

def kinds(takes, config): return ['own', 'uneven', 'larger']

DETECT = dict(_net=NETS, num_labels=[3, 5, 1], class_cost=[1, 2], bbox_cost=[5, 3], giou_cost=[2, 1], bbox_loss_coefficient=[5, 2], giou_loss_coefficient=[2, 3])
DETR = DETECT | dict(d_model=32, encoder_layers=[1, 2], decoder_layers=[2, 3], encoder_ffn_dim=16, decoder_ffn_dim=24, encoder_attention_heads=8, decoder_attention_heads=[4, 2], num_queries=[6, 9], activation_function=['relu', 'gelu'],
    auxiliary_loss=[False, True], position_embedding_type=['sine', 'learned', 'sine'], mask_loss_coefficient=[1, 2], dice_loss_coefficient=[1, 3], dropout=.1)
case('detr', DETR, eos_coefficient=[.1, .3], inputs=padded, labels=drawn, kinds=kinds)
case('conditional_detr', DETR, focal_alpha=[.25, .4], inputs=padded, labels=drawn, kinds=kinds)

def plain(takes, config, seed=0, kind='own'):
    h, w = config['image_size']
    return dict(pixel_values=torch.randn(3, config['num_channels'], *dict(own=(h, w), larger=(h+16, w+8), uneven=(h-5, w+19))[kind], generator=torch.Generator().manual_seed(seed)))
case('yolos', DETECT, _net=[dict(num_channels=3), dict(num_channels=1)], hidden_size=32, num_hidden_layers=[2, 3], num_attention_heads=[4, 2], intermediate_size=24, hidden_act=['gelu', 'relu'], layer_norm_eps=[1e-12, 1e-4], image_size=[[32, 48], [40, 32]],
    patch_size=8, qkv_bias=[True, False], num_detection_tokens=[5, 8], use_mid_position_embeddings=[True, False], eos_coefficient=[.1, .3], inputs=plain, labels=drawn, kinds=kinds)   # `auxiliary_loss` ends in an error there
