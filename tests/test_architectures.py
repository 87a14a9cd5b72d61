"""What keeps three hundred architectures readable: sizes, inheritance, no copied runs of lines, every documented name."""
import ast, csv, re, sys
from itertools import combinations_with_replacement
from pathlib import Path
import pytest
from nbformers import AutoConfig, _registry
from nbformers.auto import lookup

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT/'tools'))
import architectures as tool

MODELS = sorted((ROOT/'nbformers/models').glob('*.py'))
DOCUMENTED = list(csv.DictReader(open(ROOT/'tests/parity/documented.csv')))

@pytest.mark.parametrize('row', DOCUMENTED, ids=lambda r: r['name'])
def test_documented_name_has_its_architecture(row):
    cfg = AutoConfig.for_model(row['model_type'])
    assert cfg.model_type == row['model_type'] and lookup(row['model_type'], 'config') is type(cfg)
    classes = [lookup(row['model_type'], r) for r in tool.TASKS if lookup(row['model_type'], r)] + [lookup(row['model_type'], 'model')]
    assert [c for c in classes if c is not None], 'no model class'

def test_every_architecture_has_been_compared():
    "Measured figures for all of them: towers are compared inside of their pairs, timm's nets are read through a package that is not here."
    import json
    measured = json.loads((ROOT/'tests/parity/results.json').read_text())
    assert [t for t in _registry.architectures if t not in measured and not re.search('_(text|vision)_model$', t)] == ['timm_backbone']

def owners():
    "Class name -> model type, for classes that stand in an architecture's own section."
    found = {}
    for f in MODELS:
        waiting = []
        for n in ast.parse(f.read_text()).body:
            if isinstance(n, ast.ClassDef): waiting.append(n)
            if isinstance(n, ast.Expr) and isinstance(n.value, ast.Call) and getattr(n.value.func, 'id', '') == 'arch':
                t = ast.literal_eval(n.value.args[0])
                found.update({c.name: (t, c) for c in waiting})
                waiting = []
    return found

def test_no_model_inherits_from_another_model():
    own = owners()
    registered = {v.split(':')[1]: t for t, a in _registry.architectures.items() for v in a.values() if isinstance(v, str) and ':' in v}
    registered |= {name: t for name, (t, _) in own.items() if 'For' in name}
    bad = [f'{name} of {t} is a {b.id}, which is {registered[b.id]}\'s' for name, (t, c) in own.items() for b in c.bases
           if isinstance(b, ast.Name) and registered.get(b.id, t) != t]
    assert not bad, bad

def test_no_code_asks_for_the_model_type():
    bad = [f'{f.name}:{n.lineno}' for f in MODELS if f.name != 'base.py' for n in ast.walk(ast.parse(f.read_text())) if isinstance(n, (ast.Compare, ast.If))
           and any(isinstance(x, ast.Attribute) and x.attr == 'model_type' for x in ast.walk(n.test if isinstance(n, ast.If) else n))]
    assert not bad, bad

def code_lines(f):
    "Lines that count: no blanks, no comments, no imports, no registration."
    text, skip = f.read_text(), set()
    for n in ast.walk(ast.parse(text)):
        if isinstance(n, (ast.Import, ast.ImportFrom)) or isinstance(n, ast.Assign) and getattr(n.targets[0], 'id', '') == '__all__': skip |= set(range(n.lineno, n.end_lineno+1))
    return [(i, l.strip()) for i, l in enumerate(text.splitlines(), 1) if l.strip() and not l.lstrip().startswith('#') and i not in skip]

def longest_run(a, b, same):
    "The longest run of equal lines, and where."
    best, where, prev = 0, None, {}
    index = {}
    for j, (_, l) in enumerate(b): index.setdefault(l, []).append(j)
    for i, (n, l) in enumerate(a):
        now = {}
        for j in index.get(l, ()):
            if same and j <= i: continue
            now[j] = prev.get(j-1, 0) + 1
            if now[j] > best: best, where = now[j], (n, b[j][0])
        prev = now
    return best, where

def test_no_run_of_lines_stands_twice():
    files = {f: code_lines(f) for f in MODELS}
    runs = sorted(((*longest_run(files[a], files[b], a == b), a.name, b.name) for a, b in combinations_with_replacement(MODELS, 2)), key=lambda r: -r[0])
    print('longest equal runs:', runs[:3])
    assert runs[0][0] <= 10, runs[:5]

def test_sizes(capsys):
    rows = tool.rows()
    with capsys.disabled(): print(); tool.sizes(rows)
    rel = sorted(r['lines'] for r in rows if r['relative'])
    assert rel[len(rel)//2] <= 20 and rel[-1] <= 62, rel

def test_the_table_of_architectures_is_in_step():
    stale = [f.name for f, text in tool.pages(tool.rows()).items() if f.read_text(encoding='utf-8') != text]
    assert not stale, f'{stale} out of date: run python tools/architectures.py'

def test_families_read_from_the_source_are_those_of_the_classes():
    "The tool reads class statements; the map's picture asks the classes for their ancestors."
    def top(t):
        cls = lookup(t, 'model') or next(filter(None, (lookup(t, r) for r in tool.TASKS if lookup(t, r))), lookup(t, 'config'))
        return next((c.__module__.rsplit('.', 1)[1][:-len('_family')] for c in cls.__mro__ if c.__module__.endswith('_family')), tool.ALONE)
    assert {r['type']: r['family'] for r in tool.rows()} == {t: top(t) for t in _registry.architectures}
