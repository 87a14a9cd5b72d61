"""ViTMAE: the noise is given, so that both hide the same patches."""
from . import case
from .vision import SEES, SQUARE

PAINTER = dict(decoder_hidden_size=[16, 20], decoder_num_attention_heads=[2, 4], decoder_num_hidden_layers=2, decoder_intermediate_size=[19, 8], mask_ratio=[.75, .5, .3], norm_pix_loss=[False, True])
# 5.23 reads `decoder.decoder_layers.…` as every checkpoint has it and writes `decoder.decoder_encoder.layer.…`
case('vit_mae', SEES, SQUARE, PAINTER, disk=lambda c, n: n.replace('decoder.decoder_encoder.layer.', 'decoder.decoder_layers.'))
