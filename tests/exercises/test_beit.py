"""Solutions of the exercises in 04_models/vision/31_beit."""
from nbformers import BeitConfig, BeitModel
from . import judged

def test_how_many_numbers():
    relative, absolute = 12*12*(27*27+3), 768*(14*14+1)
    judged('models.beit', 1, (relative, absolute), (12*12*27*27, absolute), (relative/12, absolute))

def own(a, same=True):
    kw = {k: v for k, v in a.config.to_dict().items() if k not in ('use_shared_relative_position_bias', 'use_relative_position_bias', 'model_type')}
    b, table = BeitModel(BeitConfig(**kw, use_relative_position_bias=True)), a.shared_position_bias.relative_position_bias_table
    state = {k: v for k, v in a.state_dict().items() if 'bias_table' not in k}
    b.load_state_dict(state | {f'layers.{i}.relative_position_bias.relative_position_bias_table': table*(same or i == 0) for i in range(a.config.num_hidden_layers)})
    return b

def test_shared_is_the_same_everywhere(): judged('models.beit', 2, own, lambda a: own(a, False))
