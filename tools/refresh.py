"""Run notebooks from top to bottom and store what they print, so that the book on disk is what its code says today.

    python tools/refresh.py [nbs/01_config ...] [--workers 2] [--measured]
    python tools/refresh.py --compare                # store nothing: which notebooks would change here (`make test` does it)

Nothing that was refreshed changes when it is refreshed again on the same machine: seeds are set in the cells, each notebook has a process and one
thread of its own. Seconds, rates and the like cannot obey; a cell that prints or draws them begins with `#| measured`, and keeps what is stored
in it until `--measured` asks for new figures. Widgets leave their picture; the live view is taken out, since the object it points to ended with
the run, and a front end would show an error in its place. Tutorials that the tests pass by (`skip_exec`) are run here like any other notebook.
Prints which notebooks changed, which failed (their files stay as they were), and how long it took. Needs no network."""
import argparse, json, os, sys, tempfile, time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

def passes_by(cell): return cell['cell_type'] == 'raw' and 'skip_exec: true' in ''.join(cell['source'])
def is_measured(cell): return any(l.replace(' ', '') == '#|measured' for l in ''.join(cell['source']).splitlines())

def keep_measured(new, old):
    "Put stored outputs back into the measured cells of `new`; a cell is known by its id."
    stored = {c['id']: c for c in old['cells'] if c['cell_type'] == 'code' and c['outputs']}
    for c in new['cells']:
        if c['cell_type'] == 'code' and c['id'] in stored and is_measured(c): c['outputs'] = stored[c['id']]['outputs']

def drop_views(nb):
    "Of each output that has something else to show, without the live view."
    for o in (o for c in nb['cells'] if c['cell_type'] == 'code' for o in c['outputs']):
        if len(o.get('data', {})) > 1: o['data'].pop('application/vnd.jupyter.widget-view+json', None)

def one(file, flags, timeout, measured, store=True):
    "Run `file` in this process and store its outputs, or only compare them; exit code 0 if nothing changed, 3 if something did, 1 if a cell failed."
    from fastcore.nbio import dict2nb, write_nb
    from nbdev.clean import clean_nb
    from nbdev.test import test_nb
    before = file.read_text(encoding='utf-8')
    old = json.loads(before)
    apart = [(i, c) for i, c in enumerate(old['cells']) if passes_by(c)]
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder)/file.name if apart else file       # in its own folder, unless something has to be taken out
        if apart: target.write_text(json.dumps(dict(old, cells=[c for c in old['cells'] if not passes_by(c)])), encoding='utf-8')
        os.chdir(ROOT/'nbs')
        ok, _ = test_nb(target, skip_flags=flags, basepath=ROOT, cell_timeout=timeout and 6*timeout, save=True)  # a busy machine fails no refresh
        new = json.loads(target.read_text(encoding='utf-8'))
    if ok:
        for i, c in apart: new['cells'].insert(i, c)
        clean_nb(new)
        if not measured: keep_measured(new, old)
        drop_views(new)
        write_nb(dict2nb(new), file)
    same = file.read_text(encoding='utf-8') == before
    if not (store or same): file.write_text(before, encoding='utf-8')
    sys.stdout.flush()
    sys.exit(1 if not ok else 0 if same else 3)

def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument('paths', nargs='*', default=['nbs'])
    a.add_argument('--workers', type=int, default=2)
    a.add_argument('--measured', action='store_true', help='measure again, too')
    a.add_argument('--compare', action='store_true', help='store nothing')
    a.add_argument('--skip', nargs='*', default=[], help='names of folders to pass by')
    a = a.parse_args()
    path = os.pathsep.join(filter(None, [str(ROOT/'tests/offline'), os.environ.get('PYTHONPATH')]))
    if 'NBFORMERS_REFRESH' not in os.environ:                    # a fresh interpreter: sockets refused, one thread, quiet tokenizers
        env = dict(os.environ, NBFORMERS_REFRESH='1', PYTHONPATH=path, HF_HUB_OFFLINE='1', TOKENIZERS_PARALLELISM='false', OMP_NUM_THREADS='1', MPLBACKEND='agg')
        os.execve(sys.executable, [sys.executable, *sys.argv], env)
    from run_notebooks import found, run
    start = time.time()
    done = run(found(a.paths, a.skip), a.workers, one, a.measured, not a.compare)
    say = {0: 'as it was', 3: 'differs' if a.compare else 'changed'}
    for file, (code, s) in sorted(done.items()):
        if code: print(f'{say.get(code, "FAILED"):8} {s:6.1f} s  {file.relative_to(ROOT)}')
    changed, failed = (sum(code in codes for code, _ in done.values()) for codes in ((3,), set(range(-64, 256)) - {0, 3}))
    if not a.compare: print(f'{len(done)} notebooks in {time.time() - start:.0f} s with {a.workers} processes: {changed} changed, {failed} failed')
    else: print(f'{len(done) - failed} notebooks passed, {failed} failed; {changed} store other outputs than they have here')
    sys.exit(1 if failed else 0)

if __name__ == '__main__': main()
