"""What the package never does (its design, section 5), read off its syntax trees: no reference library, no pickle, no code
from text, no way for a config to choose a module; and nothing of the machine it was written on."""
import ast, json, re
from pathlib import Path
import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted((ROOT/'nbformers').rglob('*.py'))
TREES = {f.relative_to(ROOT).as_posix(): ast.parse(f.read_text(encoding='utf-8')) for f in SOURCES}
NOTEBOOKS = sorted(f for f in (ROOT/'nbs').rglob('*.ipynb') if '.ipynb_checkpoints' not in f.parts)

FORBIDDEN_MODULES = {'transformers', 'pickle', 'cPickle', '_pickle', 'cloudpickle', 'dill', 'joblib', 'shelve', 'marshal', 'nbdev', 'tensorflow', 'jax', 'flax'}
FORBIDDEN_CALLS = {'eval', 'exec', 'compile', '__import__'}

def dotted(n):
    "'torch.load' of an attribute chain, '' of anything else."
    if isinstance(n, ast.Name): return n.id
    return f'{dotted(n.value)}.{n.attr}' if isinstance(n, ast.Attribute) else ''

def everywhere(kind): return [(f, n) for f, t in TREES.items() for n in ast.walk(t) if isinstance(n, kind)]

def test_there_is_something_to_check(): assert len(TREES) > 8

def test_forbidden_imports():
    used = [(f, a.name) for f, n in everywhere(ast.Import) for a in n.names] + [(f, n.module) for f, n in everywhere(ast.ImportFrom) if not n.level]
    assert not [(f, m) for f, m in used if m and m.split('.')[0] in FORBIDDEN_MODULES]

def test_no_code_from_text():
    calls = [(f, n.lineno, dotted(n.func)) for f, n in everywhere(ast.Call)]
    assert not [c for c in calls if c[2] in FORBIDDEN_CALLS or c[2].split('.')[-1] in ('get_class_from_dynamic_module', 'spec_from_file_location', 'run_path', 'exec_module')]

def test_torch_load_reads_weights_only():
    for f, n in everywhere(ast.Call):
        if dotted(n.func) not in ('torch.load', 'load') or dotted(n.func) == 'load' and not _from_torch(f): continue
        flag = [k.value for k in n.keywords if k.arg == 'weights_only']
        assert flag and isinstance(flag[0], ast.Constant) and flag[0].value is True, f'{f}:{n.lineno}: torch.load without weights_only=True'

def _from_torch(f): return any(isinstance(n, ast.ImportFrom) and n.module == 'torch' and any(a.name == 'load' for a in n.names) for n in ast.walk(TREES[f]))

def test_files_choose_no_module():
    from nbformers.tokenizer.words import needs
    for name in ('antigravity', 'os', 'emoji.core', '..words', ''):
        with pytest.raises(ValueError, match='not one of the tools'): needs(name)

def test_torch_save_is_not_used():
    assert not [(f, n.lineno) for f, n in everywhere(ast.Call) if dotted(n.func) == 'torch.save'], 'state is safetensors and JSON'

def test_modules_come_from_the_registry():
    "`import_module` with a name that is computed: only where the registry is read."
    allowed = {'nbformers/__init__.py', 'nbformers/auto.py', 'nbformers/tokenizer/words.py'}  # the last checks a closed list of tools first
    for f, n in everywhere(ast.Call):
        if dotted(n.func).split('.')[-1] != 'import_module' or f in allowed: continue
        assert isinstance(n.args[0], (ast.Constant, ast.JoinedStr)) and (not isinstance(n.args[0], ast.JoinedStr) or isinstance(n.args[0].values[0], ast.Constant)), f'{f}:{n.lineno}'

def test_nothing_imports_a_widget():
    "Modules that draw or answer to keys are leaves: no other module needs them, but for the checks of their exercises, which stand above all parts."
    widget = lambda name: any(part.startswith('widgets') for part in (name or '').split('.'))
    assert not [(f, n.lineno) for f, n in everywhere(ast.ImportFrom) if not f.startswith('nbformers/exercises/') and (widget(n.module) or any(widget(a.name) for a in n.names))]
    assert not [(f, n.lineno) for f, n in everywhere(ast.Import) if any(widget(a.name) for a in n.names)]

def test_parts_import_downwards():
    "A part imports only from parts above it; models reach generation lazily, inside functions."
    order = ['config', 'tokenizer', 'attention', 'models', 'auto', 'pipelines', 'generation', 'trainer', 'exercises']
    after = {'pipelines': {'generation', 'auto'}}  # read before generation, built on it
    for f, tree in TREES.items():
        part = Path(f).parts[1].removesuffix('.py')
        if part not in order: continue
        for n in tree.body:
            if not isinstance(n, ast.ImportFrom): continue
            base = ['nbformers', *Path(f).with_suffix('').parts[1:]][:-n.level] if n.level else []
            target = '.'.join([*base, n.module or '']).split('.')
            if target[0] != 'nbformers' or len(target) < 2 or target[1] not in order: continue
            fine = order.index(target[1]) <= order.index(part) or target[1] in after.get(part, ())
            assert fine, f'{f}:{n.lineno}: {part} imports {target[1]}, which comes after it'

def test_config_and_tokenizer_parts_load_without_torch():
    for f, tree in TREES.items():
        if not re.match(r'nbformers/(tokenizer/|config/(configuration|hub|utils|outputs|keymap|pictures))', f): continue
        top = [a.name for n in tree.body if isinstance(n, ast.Import) for a in n.names] + [n.module for n in tree.body if isinstance(n, ast.ImportFrom) and not n.level]
        assert 'torch' not in [m.split('.')[0] for m in top if m], f

def text_files():
    for f in sorted(ROOT.rglob('*')):
        parts = f.relative_to(ROOT).parts
        if not f.is_file() or parts[0] in ('.git', '.venv', 'build', '_docs', '_proc') or any(p.endswith('.egg-info') or p == '__pycache__' for p in parts): continue
        if f.suffix in ('.py', '.pyi', '.ipynb', '.md', '.toml', '.ini', '.yml', '.yaml', '.json', '.txt', '') and f.stat().st_size < 5_000_000: yield f

def test_nothing_of_this_machine():
    "No path of the machine that wrote or runs this: neither in sources nor in the notebooks' stored outputs."
    home = re.compile(r'/(?:home|Users)/(?!me/|you/|user/)[a-z]\w+/|/root/|/work/(?:main|scratch|shared)|/tmp/(?:tmp\w{6,}|ipykernel_\d+|pytest-)')
    found = [(f.relative_to(ROOT).as_posix(), m[0]) for f in text_files() if f != Path(__file__) for m in home.finditer(f.read_text(encoding='utf-8', errors='ignore'))]
    assert not found, sorted(set(found))[:20]

@pytest.mark.parametrize('nb', NOTEBOOKS, ids=lambda f: f.relative_to(ROOT/'nbs').as_posix())
def test_notebook_is_clean(nb):
    "Titled, exported where it says, no error kept in an output, no script from another host."
    cells = json.loads(nb.read_text(encoding='utf-8'))['cells']
    text = ''.join(cells[0]['source'])
    assert cells[0]['cell_type'] == 'markdown' and text.startswith('# '), 'the first cell is the title'
    assert '\n> ' in text or nb.name == 'index.ipynb', 'the title is followed by one or two sentences behind `> `'
    outputs = [o for c in cells for o in c.get('outputs', ())]
    assert not [o for o in outputs if o['output_type'] == 'error']
    shown = ' '.join(''.join(o.get('data', {}).get('text/html', '')) for o in outputs)
    assert not re.search(r'<script[^>]+src=|<link[^>]+href=["\']http|<img[^>]+src=["\']http', shown), 'an output loads something from another host'

def test_sizes(capsys):
    "The house style's sizes: printed, not enforced."
    big = []
    for nb in NOTEBOOKS:
        cells = json.loads(nb.read_text(encoding='utf-8'))['cells']
        lines = [sum(bool(l.strip()) and not l.startswith('#|') for l in ''.join(c['source']).splitlines()) for c in cells if re.search(r'^#\|\s*export', ''.join(c['source']), flags=re.M)]
        if lines and (max(lines) > 60 or sum(lines) > 350 or len(cells) > 90 or nb.stat().st_size > 200_000):
            big.append(f'{nb.relative_to(ROOT)}: largest cell {max(lines)}, exported {sum(lines)} lines, {len(cells)} cells, {nb.stat().st_size//1024} KB')
    with capsys.disabled(): print(*[f'\n  over the house size: {b}' for b in big], end='')

def test_no_star_imports(): assert not [(f, n.lineno) for f, n in everywhere(ast.ImportFrom) if any(a.name == '*' for a in n.names)]

def undescribed(cell):
    "Public functions of an exported cell whose lines leave a parameter without a word, in the house's form: one parameter a line, a comment behind it."
    try: tree = ast.parse(cell)
    except SyntaxError: return
    lines = cell.splitlines()
    for n in tree.body:
        if not isinstance(n, ast.FunctionDef) or n.name.startswith('_'): continue
        args = [a for a in [*n.args.args, *n.args.kwonlyargs] if a.arg not in ('self', 'cls')]
        if not ast.get_docstring(n) or len(args) > 2 and any('#' not in lines[a.lineno-1] for a in args): yield n.name

def test_house_style(capsys):
    "Printed, not enforced: chapters whose long cells are many, tests that are hidden, public functions without a word on a parameter."
    said = []
    for nb in NOTEBOOKS:
        code = [''.join(c['source']) for c in json.loads(nb.read_text(encoding='utf-8'))['cells'] if c['cell_type'] == 'code']
        exported = [s for s in code if re.search(r'^#\|\s*export', s, flags=re.M)]
        sizes = sorted(sum(bool(l.strip()) and not l.startswith('#|') for l in s.splitlines()) for s in exported)
        name = nb.relative_to(ROOT/'nbs').as_posix()
        if sizes and (p95 := sizes[int(.95*(len(sizes) - 1))]) > 30: said.append(f'{name}: 95 of 100 exported cells have up to {p95} lines')
        if hidden := [s for s in code if re.search(r'^#\|\s*hide\s*$', s, flags=re.M) and re.search(r'\bassert\b|\btest_\w+\(|check_model\(', s)]: said.append(f'{name}: {len(hidden)} hidden tests')
        if bare := [n for s in exported for n in undescribed(s)]: said.append(f"{name}: no word on a parameter of {', '.join(bare[:4])}{' …' if len(bare) > 4 else ''}")
    with capsys.disabled(): print(*[f'\n  house style: {s}' for s in said], end='')
    assert len(NOTEBOOKS) > 100
