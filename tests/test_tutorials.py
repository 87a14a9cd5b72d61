"""The fine-tuning tutorials take half a minute each, so nbdev-test passes them by (`skip_exec` in a raw cell behind the title). The cheapest,
from text to a trained model that writes, is run here; the nightly run, which draws NBFORMERS_SEED, takes another each night.

    python tests/test_tutorials.py [pattern]      # runs them all and stores their outputs"""
import json, os, subprocess, sys
from pathlib import Path
import pytest

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent

def _cells(f): return json.loads(f.read_text(encoding='utf-8'))['cells']
def _skips(c): return c['cell_type'] == 'raw' and 'skip_exec: true' in ''.join(c['source'])
LONG = [f for f in sorted((ROOT/'nbs/tutorials').glob('*.ipynb')) if any(map(_skips, _cells(f)))]

def execute(f, folder, env=None, save=False):
    "Run a copy without that cell; with `save` its outputs are stored in the notebook."
    nb, copy = json.loads(f.read_text(encoding='utf-8')), folder/f.name
    at = next(i for i, c in enumerate(nb['cells']) if _skips(c))
    head = nb['cells'].pop(at)
    copy.write_text(json.dumps(nb), encoding='utf-8')
    out = subprocess.run([BIN/'nbdev-test', copy, '--n-workers', '0', *(['--save'] if save else [])], cwd=ROOT, env=env, text=True, capture_output=True)
    if out.returncode or not save: return out
    done = json.loads(copy.read_text(encoding='utf-8')); done['cells'].insert(at, head)
    f.write_text(json.dumps(done, indent=1, ensure_ascii=False)+'\n', encoding='utf-8')
    subprocess.run([BIN/'nbdev-clean', '--fname', f], cwd=ROOT, check=True)
    return out

def test_a_tutorial(tmp_path, offline_env):
    f = LONG[int(os.environ['NBFORMERS_SEED']) % len(LONG)] if 'NBFORMERS_SEED' in os.environ else next(f for f in LONG if f.stem == '02_causal_lm')
    out = execute(f, tmp_path, offline_env(OMP_NUM_THREADS='1', MPLBACKEND='agg'))
    assert out.returncode == 0, out.stdout[-3000:]+out.stderr[-3000:]

@pytest.mark.parametrize('f', LONG, ids=lambda f: f.stem)
def test_outputs_are_stored(f):
    code = [c for c in _cells(f) if c['cell_type'] == 'code']
    assert sum(bool(c['outputs']) for c in code) > len(code)//3 and not [o for c in code for o in c['outputs'] if o['output_type'] == 'error']

if __name__ == '__main__':
    import tempfile
    for f in (f for f in LONG if all(p in f.stem for p in sys.argv[1:])):
        print(f.stem, flush=True)
        with tempfile.TemporaryDirectory() as folder: out = execute(f, Path(folder), dict(os.environ, OMP_NUM_THREADS='1'), save=True)
        if out.returncode: sys.exit(out.stdout[-3000:]+out.stderr[-3000:])
