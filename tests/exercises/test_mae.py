"""Solution of the exercise in 04_models/vision/05_mae."""
from . import judged

def in_order(out): return out.last_hidden_state[:, 1:].gather(1, out.ids_restore[..., None].expand(-1, -1, out.last_hidden_state.shape[2]))

def test_noise_does_not_matter(): judged('models.vit_mae', 1, in_order, lambda out: out.last_hidden_state[:, 1:])
