"`make new-model` in a copy of the tree: the section is exported, its notebook runs, it agrees with its relative, and it loads by name."
import shutil, subprocess, sys
from pathlib import Path
import pytest

ROOT = Path(__file__).resolve().parents[1]

@pytest.fixture(scope='module')
def copy(tmp_path_factory):
    "What an export needs: package, tools, settings."
    here = tmp_path_factory.mktemp('tree')
    shutil.copytree(ROOT/'nbformers', here/'nbformers', ignore=shutil.ignore_patterns('__pycache__', 'starter'))
    shutil.copytree(ROOT/'tools', here/'tools', ignore=shutil.ignore_patterns('__pycache__'))
    for f in ('settings.ini', 'pyproject.toml', 'README.md'): shutil.copy(ROOT/f, here)
    (here/'.git').mkdir(), (here/'nbs').mkdir()
    return here

def make(copy, offline_env, *args):
    env = offline_env(OMP_NUM_THREADS='1')
    env['PYTHONPATH'] = f"{copy}:{env['PYTHONPATH']}"
    return subprocess.run([sys.executable, copy/'tools/new_model.py', *args], cwd=copy, env=env, text=True, capture_output=True)

@pytest.mark.slow
@pytest.mark.parametrize('family, cls', [('llama', 'MyLlamaForCausalLM'), ('gpt2', 'MyGpt2LMHeadModel'), ('bert', 'MyBertForMaskedLM'), ('vit', 'MyVitForImageClassification')])
def test_a_new_section_runs_at_once(copy, offline_env, family, cls):
    p = make(copy, offline_env, f'my_{family}', family)
    assert p.returncode == 0 and '1 passed' in p.stdout, (p.stdout + p.stderr)[-3000:]
    env = offline_env()
    env['PYTHONPATH'] = f"{copy}:{env['PYTHONPATH']}"
    q = subprocess.run([sys.executable, '-c', f"import nbformers; from nbformers import AutoConfig; print(nbformers.{cls}.__name__, AutoConfig.for_model('my_{family}').model_type)"], cwd=copy, env=env, text=True, capture_output=True)
    assert q.stdout.split() == [cls, f'my_{family}'], q.stderr[-2000:]

@pytest.mark.parametrize('args, says', [(('foo', 'lama'), 'there are llama, gpt2, bert, vit'), (('Foo Bar', 'llama'), 'small letters'), (('llama', 'llama'), 'there already'), ((), 'make new-model NAME=foo')])
def test_a_wrong_call_says_how(copy, offline_env, args, says):
    p = make(copy, offline_env, *args)
    assert p.returncode and says in p.stderr
