"""Create `.venv` and install everything that the book needs, as settings.ini says (`setup_extras`, `bare_extras`) under
constraints.txt. Does nothing when the last run installed the same. Standard library only: it runs before anything is there.

    python3 tools/setup_env.py [--force] [--cpu]     # --cpu: torch's CPU build where pip would take the CUDA one"""
import hashlib, os, shutil, subprocess, sys, time
from pathlib import Path
import sync_settings

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT/'.venv'
PYTHON = VENV/('Scripts/python.exe' if os.name == 'nt' else 'bin/python')
STAMP = VENV/'nbformers-setup.txt'

def wanted():
    "A fingerprint of what should be installed."
    s = sync_settings.read()
    parts = [f'{sys.version_info[:2]}', (ROOT/'constraints.txt').read_text(), *sync_settings.requirements(s)]
    for e in (s['setup_extras'] + ' ' + s['bare_extras']).split(): parts += sync_settings.requirements(s, e)
    return hashlib.sha256('\n'.join(parts).encode()).hexdigest()

def works():
    "Does the environment's Python start, with pip in it?"
    try: return subprocess.run([PYTHON, '-c', 'import pip'], capture_output=True).returncode == 0
    except OSError: return False

def create():
    print(f'Creating {VENV.relative_to(ROOT)} with Python {sys.version.split()[0]} …', flush=True)
    if VENV.exists(): shutil.rmtree(VENV)
    if subprocess.run([sys.executable, '-m', 'venv', VENV]).returncode:
        sys.exit('python3 -m venv failed. On Debian: apt-get install python3-venv, or: make tour PY=/path/to/another/python3')

def pip(*args): subprocess.run([PYTHON, '-m', 'pip', 'install', '-qq', '--disable-pip-version-check', '--no-input', *args], check=True, cwd=ROOT)

def tidy():
    "Some of these packages install their own tests as a package `tests`, which would hide ours from every import."
    for site in (ROOT/'.venv').glob('lib/python*/site-packages'): shutil.rmtree(site/'tests', ignore_errors=True)

def main(force=False, cpu=False):
    s, t = sync_settings.read(), time.time()
    need = tuple(map(int, s['setup_python'].split('.')))
    if sys.version_info < need: sys.exit(f"this repository's set-up needs Python {s['setup_python']} or newer and this is {sys.version.split()[0]}: make tour PY=python3.11")
    mark = wanted()
    if not works(): create()
    elif not force and STAMP.exists() and STAMP.read_text().strip() == mark: return
    print('Installing torch, JupyterLab, nbdev and the rest (about 1.7 GB on disk; one to three minutes) …', flush=True)
    extra = ['--extra-index-url', 'https://download.pytorch.org/whl/cpu'] if cpu else []
    pip('-c', 'constraints.txt', *extra, '-e', f".[{','.join(s['setup_extras'].split())}]")
    bare = [r for e in s['bare_extras'].split() for r in sync_settings.requirements(s, e)]
    print(f"Installing the data inside {' and '.join(bare)} …", flush=True)
    pip('--no-deps', *bare)
    tidy()
    STAMP.write_text(mark + '\n')
    print(f'Environment ready in {time.time() - t:.0f} s.', flush=True)

if __name__ == '__main__': main('--force' in sys.argv, '--cpu' in sys.argv)
