"""CLIP with both its towers beside the reference's: outputs, losses, gradients, files. The single towers are in tests/parity."""
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

def tensors(out):
    for k, v in out.items():
        if isinstance(v, torch.Tensor): yield k, v
        elif isinstance(v, (tuple, list)): yield from ((f'{k}.{i}', x) for i, x in enumerate(v))
        elif hasattr(v, 'items'): yield from ((f'{k}.{n}', x) for n, x in tensors(v))

@pytest.mark.parametrize('i', range(len(PARTS)))
def test_both_towers(i, tmp_path):
    ref, ours = pair('CLIPModel', PARTS[i], tmp_path)
    assert {n for n, _ in ref.named_parameters()} == {n for n, _ in ours.named_parameters()}
    for size in (24, 40):
        x = inputs(PARTS[i], size) | dict(return_loss=True, output_hidden_states=True, output_attentions=True, interpolate_pos_encoding=size > 24)
        ref.set_attn_implementation('eager')
        for backend in ('eager', 'sdpa'):
            ours.set_attn_implementation(backend)
            want, got = dict(tensors(ref(**x))), dict(tensors(ours(**x)))
            assert [*got] == [*want]
            keep = x['attention_mask'].bool()
            for k in want:
                a, b = got[k], want[k]
                if k.startswith('text_model_output') and a.dim() > 2: a, b = (t.transpose(1, 2)[keep] if t.dim() == 4 else t[keep] for t in (a, b))   # padded queries mean nothing
                assert error(a, b) < 1e-4, k
        for m in (ref, ours): m.zero_grad(); m(**x).loss.backward()
        theirs = {n: p.grad for n, p in ref.named_parameters() if p.grad is not None}
        scale = max(g.abs().max() for g in theirs.values())
        for n, p in ours.named_parameters():
            if n in theirs: assert (p.grad-theirs[n]).abs().max() < 1e-4*max(theirs[n].abs().max(), 1e-2*scale), n
    plain = inputs(PARTS[i])
    assert len(ours(**plain).to_tuple()) == len(ref(**plain).to_tuple()) == len(ours(**plain, return_dict=False))
    ours.save_pretrained(tmp_path/'ours')
    back, info = type(ref).from_pretrained(tmp_path/'ours', output_loading_info=True)
    assert not info['missing_keys'] and not info['unexpected_keys']
    assert all(torch.equal(p, q) for p, q in zip(back.parameters(), ref.parameters()))

@pytest.mark.parametrize('tower', ['Text', 'Vision'])
def test_a_tower_of_both(tower, tmp_path):
    "A tower read from the file of both, here and there."
    pair('CLIPModel', PARTS[1], tmp_path)
    x = {k: v for k, v in inputs(PARTS[1]).items() if (k == 'pixel_values') == (tower == 'Vision')}
    for cls in (f'CLIP{tower}Model', f'CLIP{tower}ModelWithProjection'):
        want, got = (getattr(lib, cls).from_pretrained(tmp_path/'theirs').eval()(**x) for lib in (transformers, nbformers))
        assert error(got[0], want[0]) < 1e-4
