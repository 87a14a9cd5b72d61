"Type checkers and editors: strict pyright over scripts of the public API, completion without importing torch, the marker `py.typed`."
import ast, json, os, shutil, subprocess
from pathlib import Path
import pytest

ROOT = Path(__file__).resolve().parents[1]
SAMPLES = sorted((ROOT/'tests/typing').glob('*.py'))

def pyright():
    "Where pyright is: on the path, or under `build/` where `make types` puts it."
    local = ROOT/'build/node_modules/.bin/pyright'
    return shutil.which('pyright') or (str(local) if local.exists() and shutil.which('node') else None)

@pytest.fixture(scope='module')
def found(tmp_path_factory):
    "{sample: {line: what pyright says}}, strict."
    if (tool := pyright()) is None: pytest.skip('pyright is not installed: make types')
    import sys
    here = tmp_path_factory.mktemp('typing')
    for f in SAMPLES: shutil.copy(f, here)
    venv = Path(sys.prefix)
    where = dict(venvPath=str(venv.parent), venv=venv.name) if sys.prefix != sys.base_prefix else {}
    (here/'pyrightconfig.json').write_text(json.dumps(dict(typeCheckingMode='strict', extraPaths=[str(ROOT)], pythonVersion='3.11', **where)))
    p = subprocess.run([tool, '--outputjson', '-p', here], capture_output=True, text=True, env={**os.environ, 'PYRIGHT_PYTHON_IGNORE_WARNINGS': '1'})
    said = json.loads(p.stdout)
    assert said['summary']['filesAnalyzed'] >= len(SAMPLES)
    out = {f.name: {} for f in SAMPLES}
    for d in said['generalDiagnostics']: out[Path(d['file']).name].setdefault(d['range']['start']['line'] + 1, d['message'])
    return out

@pytest.mark.slow
@pytest.mark.parametrize('sample', [f.name for f in SAMPLES if f.stem != 'wrong'])
def test_strict_pyright_has_nothing_to_say(found, sample): assert found[sample] == {}

@pytest.mark.slow
def test_strict_pyright_finds_mistakes(found):
    "Types that allow everything would pass the samples above; these mistakes have to be found."
    lines = (ROOT/'tests/typing/wrong.py').read_text().splitlines()
    assert set(found['wrong.py']) == {i for i, l in enumerate(lines, 1) if l.endswith('# wrong')}, found['wrong.py']

def test_samples_use_names_that_exist():
    import nbformers
    for f in SAMPLES:
        for n in ast.walk(ast.parse(f.read_text())):
            if isinstance(n, ast.ImportFrom) and n.module == 'nbformers':
                for a in n.names: assert a.name == 'warn_ones' or hasattr(nbformers, a.name), (f.name, a.name)

def test_marker(): assert (ROOT/'nbformers/py.typed').exists()

def test_every_task_has_an_overload():
    from nbformers.pipelines.factory import PIPELINE_REGISTRY
    tree = ast.parse((ROOT/'nbformers/pipelines/factory.pyi').read_text())
    faces = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == 'pipeline']
    said = {c.value: n.returns.id for n in faces for c in ast.walk(n.args.args[0].annotation) if isinstance(c, ast.Constant) and isinstance(c.value, str)}
    assert said == {t: PIPELINE_REGISTRY.check_task(t)[1].resolve()[0].__name__ for t in PIPELINE_REGISTRY.get_supported_tasks()}

@pytest.mark.parametrize('stub', sorted(p.relative_to(ROOT).as_posix() for p in (ROOT/'nbformers').rglob('*.pyi') if p.name not in ('__init__.pyi', '_answers.pyi')))
def test_a_stub_says_what_the_module_has(stub):
    "Each class, function and public method of a stub is there at run time, patched methods included; none that is public is missing."
    from importlib import import_module
    module = import_module(stub.removesuffix('.pyi').replace('/', '.'))
    only_checkers = {'TensorEncoding', 'ChatTensors'}
    tree = ast.parse((ROOT/stub).read_text())
    for n in tree.body:
        if not isinstance(n, (ast.ClassDef, ast.FunctionDef)) or n.name in only_checkers: continue
        assert hasattr(module, n.name), (stub, n.name)
        if not isinstance(n, ast.ClassDef) or not (cls := getattr(module, n.name)).__module__ == module.__name__: continue
        told = {m.name for m in n.body if isinstance(m, ast.FunctionDef)}
        assert not {m for m in told if not hasattr(cls, m) and m != '__getattr__'}, (stub, n.name)
        said = told | {t.target.id for t in n.body if isinstance(t, ast.AnnAssign)} | {a.targets[0].id for a in n.body if isinstance(a, ast.Assign)}
        real = {k for k, v in vars(cls).items() if not k.startswith('_') and (callable(v) or isinstance(v, (property, classmethod, staticmethod))) and getattr(v, '__module__', '').startswith('nbformers')}
        real -= {'config_class', 'forward'}   # a base gives them to each of its classes
        assert real <= said, (stub, n.name, real - said)

COMPLETE = '''
import sys
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.completer import provisionalcompleter
shell = InteractiveShell.instance()
shell.Completer.use_jedi = {jedi}
shell.run_cell('import nbformers')
with provisionalcompleter():
    every = [c.text for c in shell.Completer.completions('nbformers.', 10)]   # IPython alone stops at 500
    ask = lambda text: sorted({{c.text.lstrip('.').removeprefix('nbformers.') for c in shell.Completer.completions(text, len(text))}})
    print(len(every), ask('nbformers.pipel'), ask('nbformers.AutoModelForSeq'), 'torch' in sys.modules)
'''

@pytest.mark.parametrize('jedi', [True, False])
def test_completion_in_ipython_is_whole(python, jedi, tmp_path):
    "IPython alone loads no torch for it; with jedi it asks for the kinds of as many names as it can in 0.4 s, which may load some."
    from nbformers import _registry
    line = python(COMPLETE.format(jedi=jedi), HOME=str(tmp_path)).splitlines()[-1]
    assert int(line.split()[0]) >= (len(_registry.star) if jedi else 500) and "['pipeline', 'pipelines']" in line and (jedi or line.endswith('False'))
    assert "['AutoModelForSeq2SeqLM', 'AutoModelForSequenceClassification']" in line

@pytest.mark.parametrize('line, want', [
    ("from nbformers import AutoModelForS", {'AutoModelForSeq2SeqLM', 'AutoModelForSequenceClassification', 'AutoModelForSpeechSeq2Seq'}),
    ("from nbformers import pipeline\np = pipeline('sentiment-analysis')\np.save_p", {'save_pretrained'}),
    ("from nbformers import AutoModelForCausalLM\nm = AutoModelForCausalLM.from_pretrained('starter/lm')\nm.gen", {'generate'}),
    ("from nbformers import AutoTokenizer\nt = AutoTokenizer.from_pretrained('starter/lm')\nt.apply_c", {'apply_chat_template'}),
    ("from nbformers import Trainer\nTrainer(None).push", {'push_to_hub'}),
])
def test_completion_in_an_editor(line, want):
    "What jedi, which JupyterLab's and many editors' completion is, finds in a file that has not run."
    jedi = pytest.importorskip('jedi')
    script = jedi.Script(line, path=ROOT/'somewhere.py', project=jedi.Project(ROOT))
    assert want <= {c.name for c in script.complete()}
