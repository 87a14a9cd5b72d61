"""Architectures that Transformers 5 dropped, against the answers that 4.57.6 gave (tests/golden/make.py remakes them)."""
import json
from pathlib import Path
import pytest, torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
import nbformers
from nbformers import AutoConfig
from .specs import CAUSAL, SPECS, answers, noise, questions

HERE = Path(__file__).parent
WORST = {}

def stored(model_type):
    with safe_open(HERE/f'{model_type}.safetensors', 'pt') as f: return f.metadata(), {n: f.get_tensor(n) for n in f.keys()}

def error(a, b, mask, name):
    if mask is not None and a.shape[:mask.ndim] == mask.shape and 'attentions' not in name: a, b = a[mask.bool()], b[mask.bool()]
    if mask is not None and 'attentions' in name and a.ndim == 4 and mask.ndim == 2 and a.shape[0] == len(mask) and a.shape[2] == mask.shape[1]:
        a, b = a.transpose(1, 2)[mask.bool()], b.transpose(1, 2)[mask.bool()]
    return float((a.float()-b.float()).abs().max()/b.float().abs().max().clamp(min=1e-3)) if b.numel() else 0.

def measure(model_type):
    "The largest error over everything that is asked of an architecture."
    import tempfile
    for q in questions(model_type):
        with tempfile.TemporaryDirectory() as d: test_golden(model_type, q[0], Path(d))
    return WORST[model_type]

@pytest.mark.parametrize('model_type,key', [(t, q[0]) for t in SPECS for q in questions(t)])
def test_golden(model_type, key, tmp_path):
    meta, tensors = stored(model_type)
    _, cls_name, config, inputs, labels = next(q for q in questions(model_type) if q[0] == key)
    info = json.loads(meta[key])
    disk = {n: noise(n, shape, info['seed']) for n, shape in info['names'].items()}
    disk |= {n.removeprefix(f'{key}/buffer/'): t for n, t in tensors.items() if n.startswith(f'{key}/buffer/')}
    save_file(disk, tmp_path/'model.safetensors', metadata=dict(format='pt'))
    (tmp_path/'config.json').write_text(json.dumps(info['config']))
    model, report = getattr(nbformers, cls_name).from_pretrained(tmp_path, output_loading_info=True)
    assert not any(report[k] for k in ('missing_keys', 'unexpected_keys', 'mismatched_keys')), report
    assert type(AutoConfig.from_pretrained(tmp_path)) is type(model.config)
    for backend in ('eager', 'sdpa'):
        model.set_attn_implementation(backend)
        model.zero_grad()
        want = {n.removeprefix(f'{key}/'): t for n, t in tensors.items() if n.startswith(f'{key}/') and '/buffer/' not in n}
        got = answers(model, inputs, labels, 6*cls_name.endswith(CAUSAL), info['names'])
        for a, b in ((want, got), (got, want)):   # no gradient is as good as one of zeros (an expert that nobody chose)
            for n in a.keys()-b.keys():
                if n.startswith('grad/') and a[n][1] == 0: del a[n]
        assert got.keys() == want.keys(), sorted(got.keys() ^ want.keys())
        scale = max((float(t[1]) for n, t in want.items() if n.startswith('grad/')), default=0.)
        for n, t in want.items():
            assert got[n].shape == t.shape, n
            if n == 'greedy': assert torch.equal(got[n], t), f'{n}: {got[n].tolist()}, the reference {t.tolist()}'
            elif n.startswith('grad/'): assert float((got[n]-t).abs().max()) <= 1e-4*max(float(t[1]), 1e-2*scale), f'{n}: {got[n].tolist()}, the reference {t.tolist()}'
            else:
                e = error(got[n], t, inputs.get('attention_mask'), n)
                assert e <= 1e-4, f'{n}: relative error {e:.1e}'
                WORST[model_type] = max(WORST.get(model_type, 0.), e)
    model.save_pretrained(tmp_path/'ours')
    saved = load_file(tmp_path/'ours'/'model.safetensors')
    assert {n: list(t.shape) for n, t in saved.items() if t.is_floating_point()} == info['names']
    assert all(torch.equal(saved[n], disk[n]) for n in info['names'])
