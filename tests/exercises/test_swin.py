"""Exercise of nbs/04_models/vision/30_swin.ipynb."""
import torch
from nbformers.attention.attend import attend
from nbformers.models.swin import SwinConfig, SwinModel

def test_one_window_is_plain_attention():
    torch.manual_seed(0)
    m = SwinModel(SwinConfig(image_size=12, patch_size=2, embed_dim=8, depths=[2], num_heads=[2], window_size=6)).eval()
    x = torch.randn(2, 36, 8)
    a = m.encoder.layers[0].blocks[1].attention   # a shifted layer, with nothing to shift
    with torch.no_grad():
        torch.nn.init.normal_(a.relative_position_bias.relative_position_bias_table)
        y, _ = m.encoder.layers[0].blocks[1].look(x, (6, 6), False, False)
        q, k, v = (a.heads(t) for t in a.qkv(x))
        plain = a.o_proj(attend(q, k, v, bias=a.relative_position_bias()[None]).transpose(1, 2).flatten(2))
    torch.testing.assert_close(y, plain)
