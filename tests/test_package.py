"The package as a person imports it: nothing is loaded before it is used, every public name is there, wrong names are answered well."
import json
import pytest
import nbformers
from nbformers import _registry

# Nobody asked for these by importing the five names of every tutorial.
OPTIONAL = ['transformers', 'datasets', 'evaluate', 'accelerate', 'matplotlib', 'IPython', 'ipywidgets', 'jinja2', 'PIL', 'pandas', 'scipy', 'sklearn', 'pyarrow']
FIVE = ['pipeline', 'AutoTokenizer', 'AutoModelForCausalLM', 'Trainer', 'TrainingArguments']
have = lambda *names: pytest.mark.skipif(any(n not in _registry.names for n in names), reason='not exported yet')

def loaded(python, code, names): return json.loads(python(f'import sys, json\n{code}\nprint(json.dumps([n for n in {names} if n in sys.modules]))').splitlines()[-1])

def test_import_loads_nothing(python): assert loaded(python, 'import nbformers; nbformers.__version__; dir(nbformers)', ['torch', 'numpy', 'tokenizers', 'huggingface_hub', *OPTIONAL]) == []

@have('PreTrainedConfig')
def test_configs_need_no_torch(python): assert loaded(python, 'from nbformers import PreTrainedConfig; PreTrainedConfig()', ['torch', *OPTIONAL]) == []

@have('PreTrainedTokenizerBase')
def test_tokenizers_need_no_torch(python): assert loaded(python, 'from nbformers import PreTrainedTokenizerBase', ['torch', *OPTIONAL]) == []

@have(*FIVE)
def test_five_names_load_nothing_optional(python): assert loaded(python, f"from nbformers import {', '.join(FIVE)}", OPTIONAL) == []

def test_every_public_name_resolves():
    bad = {}
    for n in _registry.star:
        try: getattr(nbformers, n)
        except Exception as e: bad[n] = f'{type(e).__name__}: {e}'
    assert not bad

def test_star_import_and_completion():
    space = {}
    exec('from nbformers import *', space)  # noqa: S102 (a star import can only be tried so)
    assert set(_registry.star) <= set(space) and 'logging' not in space
    assert set(_registry.star) <= set(dir(nbformers)) and set(_registry.parts) <= set(dir(nbformers))

def test_parts_show_their_names():
    for n, m in _registry.names.items():
        part, _, rest = m.partition('.')
        if rest: assert n in dir(getattr(nbformers, part)), (n, part)
    part = nbformers.config
    assert part.warn_once is nbformers.warn_once
    with pytest.raises(AttributeError, match='warn_once'): part.warn_ones

def test_wrong_name_offers_near_ones():
    with pytest.raises(AttributeError, match='warn_once'): nbformers.warn_ones
    with pytest.raises(ImportError, match='warn_once'): from nbformers import warn_ones  # noqa: F401
    with pytest.raises(ImportError, match='warn_once'): from nbformers.config import warn_ones  # noqa: F401,F811
    assert not hasattr(nbformers, 'no_such_name') and not hasattr(nbformers, '__no_dunder__')

@pytest.mark.parametrize('name', ['TFAutoModel', 'TFAutoModelForSequenceClassification', 'FlaxAutoModel'])
def test_other_frameworks_refuse_at_use(name):
    cls = getattr(nbformers, name)  # importing is no use yet: old scripts import more than they need
    for use in (cls, lambda: cls.from_pretrained('x')):
        with pytest.raises(ImportError, match='PyTorch only'): use()

def test_old_import_paths():
    from nbformers.utils import logging, warn_once
    import nbformers.logging as module
    from nbformers.utils.logging import get_logger  # noqa: F401
    assert logging is module is nbformers.logging and warn_once is nbformers.warn_once
    logging.set_verbosity_error(), logging.set_verbosity_warning()

def test_registry_is_what_the_sources_say(root):
    import sys
    sys.path.insert(0, str(root/'tools'))
    import build_registry
    files, complaints = build_registry.build()
    assert not complaints
    stale = [f.name for f, text in files.items() if f.read_text(encoding='utf-8') != text]
    assert not stale, f'run make export: {stale}'

def test_stub_names_what_the_package_has(root):
    "The type stub that editors read has exactly the public names."
    import ast
    tree = ast.parse((root/'nbformers/__init__.pyi').read_text(encoding='utf-8'))
    stub = {a.asname for n in tree.body if isinstance(n, ast.ImportFrom) for a in n.names} | {n.name for n in tree.body if isinstance(n, (ast.ClassDef, ast.FunctionDef))}
    stub |= {n.target.id for n in tree.body if isinstance(n, ast.AnnAssign)} - {'__version__'}
    assert stub == set(_registry.names) | set(_registry.aliases)

def test_architectures_resolve():
    from importlib import import_module
    def look(x):
        if isinstance(x, str) and x.startswith('nbformers.') and ':' in x:
            m, _, n = x.partition(':')
            assert hasattr(import_module(m), n), x
        for o in x.values() if isinstance(x, dict) else x if isinstance(x, (tuple, list)) else (): look(o)
    look(_registry.architectures)

def test_version(root):
    assert nbformers.__version__ == '0.1.0'
    assert 'attr = "nbformers.__version__"' in (root/'pyproject.toml').read_text()

@pytest.mark.slow
def test_wheel_holds_everything(root, tmp_path, offline_env):
    "Sources, stubs, licence and the starter models' files are in the wheel; tests and notebooks are not."
    import shutil, subprocess, sys, zipfile
    src = tmp_path/'src'
    for name in ('nbformers', 'pyproject.toml', 'README.md', 'LICENSE'):
        (shutil.copytree if (root/name).is_dir() else shutil.copy2)(root/name, src/name) if src.exists() or not src.mkdir() else None
    subprocess.run([sys.executable, '-m', 'build', '--wheel', '--no-isolation', '-o', tmp_path, src], check=True, capture_output=True, env=offline_env())
    inside = set(zipfile.ZipFile(next(tmp_path.glob('*.whl'))).namelist())
    want = {f.relative_to(root).as_posix() for f in (root/'nbformers').rglob('*') if f.is_file() and '__pycache__' not in f.parts and not f.name.startswith('.')}
    assert want <= inside, sorted(want - inside)
    assert any(n.endswith('licenses/LICENSE') for n in inside) and not [n for n in inside if n.endswith('.ipynb') or n.startswith('tests')]
