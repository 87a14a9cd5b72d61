"""Everything that can fail, in one command: every notebook in a process of its own, tests/ through pytest, the widgets in a real
JupyterLab. Prints a table of what ran, what did not, and how long each took; exits 1 if anything failed.

    python tools/test_all.py [--quick]       # --quick leaves the browser and the tutorials out"""
import os, re, shutil, subprocess, sys, time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
WORKERS = max(2, min(8, os.cpu_count() or 2))        # processes that share the tests, one thread each
ALONE = dict(OMP_NUM_THREADS='1')

def environment(**extra):
    "Offline for every child: sockets are refused but for loopback, Hub and caches stay inside build/."
    path = os.pathsep.join(filter(None, [str(ROOT/'tests/offline'), os.environ.get('PYTHONPATH')]))
    env = dict(os.environ, PYTHONPATH=path, HF_HUB_OFFLINE='1', HF_HOME=str(ROOT/'build/hf'), TOKENIZERS_PARALLELISM='false', PYTHONUNBUFFERED='1')
    return {**env, 'PATH': f"{BIN}{os.pathsep}{env['PATH']}", **extra}

def browser():
    "Debian's Chromium: there, installed now, or the reason why not."
    find = lambda: shutil.which('chromium') or shutil.which('google-chrome') or os.environ.get('CHROME')
    if find(): return None
    if not shutil.which('apt-get') or os.geteuid() != 0: return 'no chromium here, and only root with apt can install it (apt-get install chromium)'
    print('Installing Debian\'s chromium for the browser tests …', flush=True)
    quiet = dict(stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT, env=dict(os.environ, DEBIAN_FRONTEND='noninteractive'))
    subprocess.run(['apt-get', 'update', '-qq'], **quiet)
    subprocess.run(['apt-get', 'install', '-qq', '-y', '--no-install-recommends', 'chromium'], **quiet)
    return None if find() else 'apt-get install chromium failed'

def start(args, env):
    "A command with its output in a pipe."
    return subprocess.Popen([str(a) for a in args], cwd=ROOT, env=environment(**env), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, errors='replace')

class Table:
    def __init__(self): self.rows, self.start = [], time.time()

    def run(self, name, args, count, **env):
        "Run a command, its output shown as it comes; `count(output, ok)` gives (passed, failed, skipped)."
        print(f"\n=== {name}", flush=True)
        t, out = time.time(), []
        with start(args, env) as process:
            for line in process.stdout:
                print(line, end='', flush=True)
                out.append(line)
        ok = process.returncode == 0
        self.rows.append((name, 'ok' if ok else 'FAILED', *count(''.join(out), ok), time.time() - t))

    def left_out(self, name, why):
        print(f"\n{'!'*100}\n!!! LEFT OUT: {name}: {why}\n{'!'*100}", flush=True)
        self.rows.append((name, f'LEFT OUT: {why}', 0, 0, 0, 0))

    def close(self):
        print(f"\n{'':24}{'passed':>8}{'failed':>8}{'skipped':>8}{'seconds':>9}")
        for name, state, *n, s in self.rows: print(f'{name:24}{n[0]:8}{n[1]:8}{n[2]:8}{s:9.0f}  {state}')
        passed, failed, skipped = (sum(r[i] for r in self.rows) for i in (2, 3, 4))
        bad = [r for r in self.rows if r[1] == 'FAILED']
        print(f"{'all':24}{passed:8}{failed:8}{skipped:8}{time.time() - self.start:9.0f}\n")
        print(f'{passed} passed, {max(failed, len(bad))} failed, {skipped} skipped')
        return 1 if bad else 0

def count_pytest(out, ok):
    last = next((l for l in reversed(out.splitlines()) if re.search(r'\d+ (passed|failed|skipped|error)', l)), '')
    n = lambda word: int((re.findall(rf'(\d+) {word}', last) or [0])[0])
    return n('passed'), n('failed') + n('error'), n('skipped')

def count_notebooks(out, ok):
    passed, failed = re.findall(r'(\d+) notebooks passed, (\d+) failed', out)[-1:][0] if 'notebooks passed' in out else (0, 1)
    return int(passed), int(failed), 0

def main(quick=False):
    t = Table()
    nbs = [sys.executable, 'tools/refresh.py', '--compare', '--workers', WORKERS]
    t.run('notebooks', [*nbs, '--skip', 'tutorials'], count_notebooks)
    if not quick: t.run('tutorials', [*nbs, 'nbs/tutorials'], count_notebooks)
    pytest = [sys.executable, '-m', 'pytest', '-q', '--durations=8', '-p', 'no:cacheprovider']
    t.run('tests', [*pytest, '-n', WORKERS, '--dist', 'worksteal', '-m', 'not browser', 'tests'], count_pytest, **ALONE)
    if quick: return t.close()
    if why := browser(): t.left_out('browser', why)
    else: t.run('browser', [*pytest, '-m', 'browser', 'tests/browser'], count_pytest, **ALONE)
    return t.close()

if __name__ == '__main__': sys.exit(main('--quick' in sys.argv))
