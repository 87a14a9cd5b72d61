"""Run notebooks as tests, several at a time, each in a process of its own: what one chapter imports, seeds, warns of once or leaves behind is
not there for the next, so a notebook says the same whatever ran before it. The heavy imports are made once and inherited by every fork.

    python tools/run_notebooks.py nbs/01_config nbs/07_generate/08_loop.ipynb [--workers 2]"""
import argparse, multiprocessing, os, sys, time
from multiprocessing.connection import wait
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

def found(paths=('nbs',), skip=()):
    "The notebooks under `paths`, in reading order; folders that begin with `_` or `.` or are named in `skip` are passed by."
    files = [f for p in map(Path.resolve, map(Path, paths)) for f in ([p] if p.is_file() else sorted(p.rglob('*.ipynb')))]
    hidden = lambda f: any(part[0] in '_.' or part in skip for part in f.relative_to(ROOT/'nbs').parts)
    return [f for f in files if not hidden(f)]

def warm():
    "What nearly every chapter imports."
    import huggingface_hub, IPython, ipywidgets, matplotlib.pyplot, nbdev.test, numpy, safetensors.torch, tokenizers, torch   # noqa: F401

def one(file, skip_flags, timeout):
    "A notebook from its first cell to its last, in this process; exit code 1 if a cell fails (its traceback is on stderr by then)."
    from nbdev.test import test_nb
    os.chdir(ROOT/'nbs')
    ok, _ = test_nb(file, skip_flags=skip_flags, basepath=ROOT, cell_timeout=timeout)
    sys.stdout.flush()
    sys.exit(0 if ok else 1)

def run(files, workers=2, work=one, *args):
    "Fork a process for each of `files`, `workers` at a time; returns `{file: (exit code, seconds)}`."
    from nbdev.config import get_config
    warm()
    cfg, fork = get_config(), multiprocessing.get_context('fork')
    flags = cfg.tst_flags.split() if isinstance(cfg.tst_flags, str) else cfg.tst_flags
    waiting, running, done = list(reversed(files)), {}, {}
    while waiting or running:
        while waiting and len(running) < workers:
            p = fork.Process(target=work, args=(file := waiting.pop(), flags, cfg.cell_timeout or None, *args))
            p.start()
            running[p.sentinel] = (p, file, time.time())
        for sentinel in wait(list(running)):
            p, file, start = running.pop(sentinel)
            p.join()
            done[file] = (p.exitcode, time.time() - start)
            if p.exitcode not in (0, 1, 3): print(f'{file}: its process ended with exit code {p.exitcode}', file=sys.stderr, flush=True)
    return done

def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument('paths', nargs='*', default=['nbs'])
    a.add_argument('--workers', type=int, default=2)
    a.add_argument('--skip', nargs='*', default=[], help='names of folders to pass by')
    a = a.parse_args()
    done = run(found(a.paths, a.skip), a.workers)
    for file, (_, s) in sorted(done.items(), key=lambda kv: -kv[1][1])[:20]: print(f'{s:6.1f} s  {file.relative_to(ROOT)}')
    failed = [f for f, (code, _) in done.items() if code]
    for f in failed: print(f'FAILED {f.relative_to(ROOT)}')
    print(f'{len(done) - len(failed)} notebooks passed, {len(failed)} failed')
    sys.exit(1 if failed else 0)

if __name__ == '__main__': main()
