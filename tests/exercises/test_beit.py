"""Solutions of the exercises in 04_models/vision/31_beit."""
import torch
from nbformers import BeitConfig, BeitModel

def test_how_many_numbers():
    cfg = BeitConfig(use_relative_position_bias=True, num_hidden_layers=12, image_size=224, patch_size=16)
    with torch.device('meta'): m = BeitModel(cfg)
    n = sum(p.numel() for k, p in m.named_parameters() if 'relative_position_bias' in k)
    assert n == 12*12*(27*27+3) == 105408
    assert 768*(14*14+1) == 151296

def test_shared_is_the_same_everywhere():
    torch.manual_seed(0)
    kw = dict(hidden_size=12, num_hidden_layers=3, num_attention_heads=3, intermediate_size=8, image_size=16, patch_size=4)
    a, b = (BeitModel(BeitConfig(**kw, **{k: True})).eval() for k in ('use_shared_relative_position_bias', 'use_relative_position_bias'))
    table = torch.randn_like(a.shared_position_bias.relative_position_bias_table)
    state = {k: v for k, v in a.state_dict().items() if 'bias_table' not in k}
    b.load_state_dict(state | {f'layers.{i}.relative_position_bias.relative_position_bias_table': table for i in range(3)})
    with torch.no_grad(): a.shared_position_bias.relative_position_bias_table.copy_(table)
    x = torch.randn(2, 3, 16, 24)
    assert torch.allclose(a(x).last_hidden_state, b(x).last_hidden_state, atol=1e-6)
