"Exercises of the chapter on TimeSformer."
import pytest, torch
from nbformers import TimesformerConfig, TimesformerModel

@pytest.mark.parametrize('kind,notices', [('space_only', False), ('divided_space_time', True), ('joint_space_time', True)])
def test_1(kind, notices):
    "Space only has no table of times and no look along them."
    torch.manual_seed(0)
    m = TimesformerModel(TimesformerConfig(hidden_size=24, num_hidden_layers=2, num_attention_heads=3, intermediate_size=40, image_size=16, patch_size=8, num_frames=4, attention_type=kind)).eval()
    with torch.no_grad():
        for p in m.parameters(): p.add_(.2*torch.randn_like(p))
        film = torch.randn(1, 4, 3, 16, 16)
        a, b = (m(x).last_hidden_state[:, 0].mean(0) for x in (film, film[:, [2, 0, 3, 1]]))
    assert ((a-b).abs().max() > 1e-3) == notices
