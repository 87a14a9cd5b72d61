"""One tower of CLIP read from a file of both, beside the reference. Outputs, losses, gradients and files of every pair are in tests/parity."""
import sys
from pathlib import Path
import pytest, torch
transformers = pytest.importorskip('transformers')
import nbformers
sys.path.insert(0, str(Path(__file__).parent))
from parity.harness import add_noise, error

TEXT = dict(vocab_size=60, hidden_size=32, intermediate_size=37, num_hidden_layers=2, num_attention_heads=4, max_position_embeddings=20, projection_dim=16, pad_token_id=0, bos_token_id=1)
VISION = dict(hidden_size=24, intermediate_size=31, num_hidden_layers=3, num_attention_heads=2, image_size=24, patch_size=8, projection_dim=16)
PARTS = [dict(text_config=TEXT | dict(eos_token_id=2), vision_config=VISION, projection_dim=16),   # the oldest files' end token
         dict(text_config=TEXT | dict(eos_token_id=59, hidden_act='gelu'), vision_config=VISION | dict(num_channels=1, layer_norm_eps=1e-3), projection_dim=16, logit_scale_init_value=1.5)]

def pair(cls, config, folder):
    "The reference's model with noise in every parameter, and ours from its file."
    ref = add_noise(getattr(transformers, cls)(getattr(transformers, cls).config_class(**config)), 3).eval()
    ref.save_pretrained(folder/'theirs')
    return ref, getattr(nbformers, cls).from_pretrained(folder/'theirs')

def inputs(config, size=24):
    g = torch.Generator().manual_seed(4)
    ids = torch.randint(3, 58, (3, 9), generator=g)
    mask = torch.ones_like(ids)
    for row, n in enumerate((0, 2, 5)):
        end = 8-n
        ids[row, end] = config['text_config']['eos_token_id'] if config['text_config']['eos_token_id'] != 2 else 59
        ids[row, end+1:], mask[row, end+1:] = 0, 0
    return dict(input_ids=ids, attention_mask=mask, pixel_values=torch.randn(3, config['vision_config'].get('num_channels', 3), size, size+8*(size > 24), generator=g))

@pytest.mark.parametrize('tower', ['Text', 'Vision'])
def test_a_tower_of_both(tower, tmp_path):
    "A tower read from the file of both, here and there."
    pair('CLIPModel', PARTS[1], tmp_path)
    x = {k: v for k, v in inputs(PARTS[1]).items() if (k == 'pixel_values') == (tower == 'Vision')}
    for cls in (f'CLIP{tower}Model', f'CLIP{tower}ModelWithProjection'):
        want, got = (getattr(lib, cls).from_pretrained(tmp_path/'theirs').eval()(**x) for lib in (transformers, nbformers))
        assert error(got[0], want[0]) < 1e-4
