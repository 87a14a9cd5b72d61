"""Every tutorial begins alike, keeps its outputs and asks no network. Those that train take a minute or so each, so nbdev-test passes them by
(`skip_exec` in a raw cell behind the title). The cheapest, from text to a trained model that writes, is run here; the nightly run, which draws
NBFORMERS_SEED, takes another each night.

    python tests/test_tutorials.py [pattern]      # runs them all and stores their outputs"""
import ast, configparser, json, os, re, subprocess, sys
from pathlib import Path
import pytest

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent

def _cells(f): return json.loads(f.read_text(encoding='utf-8'))['cells']
def _skips(c): return c['cell_type'] == 'raw' and 'skip_exec: true' in ''.join(c['source'])
ALL = sorted(f for f in (ROOT/'nbs/tutorials').glob('*.ipynb') if not f.stem.startswith('00_'))   # 00: an introduction
LONG = [f for f in ALL if any(map(_skips, _cells(f)))]
SUBJECTS = 'tour classifier gpt names chat translate speech digits architecture checkpoint costs from_transformers'.split()   # the first twelve, in this order
COLAB = 'https://colab.research.google.com/github/nbformers/nbformers/blob/main/nbs/tutorials/'

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
    f = LONG[int(os.environ['NBFORMERS_SEED']) % len(LONG)] if 'NBFORMERS_SEED' in os.environ else next(f for f in LONG if f.stem == '13_causal_lm')
    out = execute(f, tmp_path, offline_env(OMP_NUM_THREADS='1', MPLBACKEND='agg'))
    assert out.returncode == 0, out.stdout[-3000:]+out.stderr[-3000:]

def _code(f): return [''.join(c['source']) for c in _cells(f) if c['cell_type'] == 'code']
each = pytest.mark.parametrize('f', ALL, ids=lambda f: f.stem)

def test_twelve_subjects_in_order():
    assert [f.stem for f in ALL][:12] == [f'{i:02}_{s}' for i, s in enumerate(SUBJECTS, 1)]

@each
def test_head(f):
    "Title, promise, badge, time; then, perhaps behind the cell that passes it by, what Colab installs."
    title, promise, badge, took, *more = ''.join(_cells(f)[0]['source']).split('\n\n')
    assert re.fullmatch(r'# .{8,70}', title) and promise.startswith('> ') and '\n' not in promise and not more
    assert badge == f'[![Open In Colab](https://colab.research.google.com/assets/colab-badge.svg)]({COLAB}{f.name})'
    assert re.fullmatch(r'Time: about .*(second|minute)s?( and a half)? on two CPU cores; no GPU, no network\.', took)
    install = ''.join(_cells(f)[1 + _skips(_cells(f)[1])]['source'])
    assert install.startswith('#| hide\n#| eval: false\n! [ -e /content ] && pip install -Uqq "nbformers[')
    extras = configparser.ConfigParser(inline_comment_prefixes='#')
    extras.read(ROOT/'settings.ini', encoding='utf-8')
    assert set(re.search(r'nbformers\[([\w,]+)\]', install)[1].split(',')) <= set(extras['DEFAULT']['extras'].split())

@each
def test_outputs_are_stored(f):
    code = [c for c in _cells(f) if c['cell_type'] == 'code']
    assert sum(bool(c['outputs']) for c in code) > len(code)//3 and not [o for c in code for o in c['outputs'] if o['output_type'] == 'error']

def wanted(source):
    "Names of models that a cell loads: constants, and at least one part of each that is put together."
    for n in ast.walk(ast.parse(source)):
        if not isinstance(n, ast.Call): continue
        name = n.func.attr if isinstance(n.func, ast.Attribute) else getattr(n.func, 'id', '')
        given = n.args[:1] if name == 'from_pretrained' else [k.value for k in n.keywords if k.arg == 'model'] if name == 'pipeline' else []
        yield from (g.value for g in given if isinstance(g, ast.Constant))

@each
def test_needs_no_network(f):
    "What runs loads starters or what the page itself saved, and no data set from the Hub."
    cells = [s for s in _code(f) if 'eval: false' not in s]
    assert not [m for s in cells for m in wanted(s) if not str(m).startswith('starter/')]
    assert not [w for s in cells for w in ('load_dataset(', 'hf_hub_download', 'snapshot_download', 'urlopen', 'requests.') if w in s]

def test_the_check_for_networks_can_fail():
    assert list(wanted("m = AutoModel.from_pretrained('gpt2')\npipeline('ner', model='a/b')(x)")) == ['gpt2', 'a/b']

if __name__ == '__main__':
    import tempfile
    for f in (f for f in LONG if all(p in f.stem for p in sys.argv[1:])):
        print(f.stem, flush=True)
        with tempfile.TemporaryDirectory() as folder: out = execute(f, Path(folder), dict(os.environ, OMP_NUM_THREADS='1'), save=True)
        if out.returncode: sys.exit(out.stdout[-3000:]+out.stderr[-3000:])
