"What every test runs under: no network but loopback, caches inside `build/`, one thread, no windows."
import os, subprocess, sys, warnings
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OFFLINE = ROOT/'tests/offline'

os.environ.update(HF_HUB_OFFLINE='1', TOKENIZERS_PARALLELISM='false', MPLBACKEND='agg', HF_HUB_DISABLE_TELEMETRY='1')
os.environ.setdefault('HF_HOME', str(ROOT/'build/hf'))
os.environ.setdefault('OMP_NUM_THREADS', '1')
sys.path.insert(0, str(OFFLINE))
import sitecustomize as _other  # noqa: E402  (another one may be loaded already: load ours by its path)
if not hasattr(_other, 'NetworkBlocked'):
    import importlib.util
    spec = importlib.util.spec_from_file_location('nbformers_offline', OFFLINE/'sitecustomize.py')
    _other = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(_other)
sys.path.remove(str(OFFLINE))
if str(ROOT) not in sys.path: sys.path.insert(0, str(ROOT))   # `pytest` alone, from any folder

import pytest  # noqa: E402
from tests.seeds import again  # noqa: E402

def offline_env(**extra):
    "The environment of a child process that cannot reach the network either."
    path = os.pathsep.join(filter(None, [str(OFFLINE), os.environ.get('PYTHONPATH')]))
    return {**os.environ, 'PYTHONPATH': path, **extra}

HANGS = 900   # seconds after which a child process hangs, however busy the machine is

@pytest.fixture(scope='session')
def torchrun():
    "Two processes of `torch.distributed.run`: the words after `sys.executable`. They meet on a free port that the launcher holds from the first."
    return ['-m', 'torch.distributed.run', '--standalone', '--local-addr', '127.0.0.1', '--nproc_per_node', '2']

@pytest.fixture
def python(tmp_path):
    "Run code in a fresh, offline Python: `python('print(1)') -> '1'`; a failing run fails the test with its traceback."
    def run(code, *, ok=True, timeout=HANGS, **env):
        p = subprocess.run([sys.executable, '-c', code], cwd=tmp_path, env=offline_env(**env), text=True, capture_output=True, timeout=timeout)
        if ok: assert p.returncode == 0, p.stderr[-4000:]
        return p.stdout.strip() if ok else p
    return run

@pytest.fixture
def quiet():
    "One thread and no warnings: `pytestmark = pytest.mark.usefixtures('quiet')` for a whole file."
    import torch
    n = torch.get_num_threads()
    torch.set_num_threads(1)
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        yield
    torch.set_num_threads(n)

@pytest.fixture(scope='session')
def root(): return ROOT

@pytest.fixture(scope='session', name='offline_env')
def offline_env_fixture(): return offline_env

@pytest.fixture(scope='session')
def site():
    "The pages of the site, built without Quarto unless they are there already and nothing that they are made from has changed since."
    out = ROOT/'build/site'
    p = subprocess.run([sys.executable, ROOT/'tools/docs.py', out, '--if-changed'], cwd=ROOT, text=True, capture_output=True,
                       env=offline_env(OMP_NUM_THREADS='1', PATH=f'{os.path.dirname(sys.executable)}{os.pathsep}{os.environ["PATH"]}'))
    assert p.returncode == 0, (p.stdout + p.stderr)[-4000:]
    return out

def pytest_collectstart(collector): again(collector.nodeid)

@pytest.hookimpl(tryfirst=True)
def pytest_fixture_setup(fixturedef, request): again(fixturedef.baseid, fixturedef.argname, request.param_index)

@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item): again(item.nodeid)

@pytest.fixture(autouse=True)
def nothing_said():
    "Sentences that the package says once in a process are said once in each test."
    if (utils := sys.modules.get('nbformers.config.utils')) is not None: utils._said.clear()
