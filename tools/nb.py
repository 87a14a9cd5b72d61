"""Edit the book as text. The notebooks stay the source; this moves them to and from percent scripts.

    python tools/nb.py push  nbs/01_config/01_config.ipynb /tmp/x.py   # script -> notebook (made if missing); unchanged cells keep id and outputs
    python tools/nb.py pull  nbs/01_config/01_config.ipynb /tmp/x.py   # notebook -> script
    python tools/nb.py export nbs/01_config/01_config.ipynb ...        # these notebooks -> nbformers/ (all of them with no argument)
    python tools/nb.py run   nbs/01_config/01_config.ipynb ...         # run top to bottom, store outputs (tools/refresh.py)
    python tools/nb.py show  nbs/01_config/01_config.ipynb             # cells with ids and short outputs
    python tools/nb.py lint  [nbs/...]                                 # cells that mix imports with other code
    python tools/nb.py stats [nbs/...]                                 # cell sizes and ratios against the house style

A percent script separates cells with `# %%` (code) and `# %% [markdown]` (prose, each line behind `# `)."""
import json, os, subprocess, sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
KERNEL = dict(name='python3', display_name='python3', language='python')
FORMAT = dict(extension='.py', format_name='percent')

def pull(nbf, py):
    import jupytext
    nb = jupytext.read(nbf)
    nb.metadata['jupytext'] = dict(cell_metadata_filter='-all', notebook_metadata_filter='-all', comment_magics=False)
    Path(py).write_text(jupytext.writes(nb, FORMAT), encoding='utf-8')

def push(nbf, py):
    import jupytext, nbformat
    from fastcore.nbio import dict2nb, write_nb
    from nbdev.clean import clean_nb
    from jupytext.combine import combine_inputs_with_outputs
    text, p = Path(py).read_text(encoding='utf-8'), Path(nbf)
    new = jupytext.reads(text, FORMAT)
    if p.exists(): new = combine_inputs_with_outputs(new, jupytext.read(p), FORMAT)
    new.metadata.pop('jupytext', None)
    new.metadata['kernelspec'] = KERNEL
    new.nbformat, new.nbformat_minor = 4, 5
    d = json.loads(nbformat.writes(new))
    clean_nb(d)
    p.parent.mkdir(parents=True, exist_ok=True)
    write_nb(dict2nb(d), p)

def mixed(cells):
    "Cells that import something and do something else. A reader looks for imports in one place; nbdev's site building runs them alone."
    import ast
    for i, c in enumerate(cells):
        src = ''.join(c['source'])
        if c['cell_type'] != 'code' or 'import' not in src or any(d in src for d in ('#| export', '#| eval: false')): continue
        try: body = ast.parse('\n'.join('' if l.lstrip().startswith(('%', '!')) else l for l in src.splitlines())).body
        except SyntaxError: continue
        imports = (ast.Import, ast.ImportFrom)
        alone = (*imports, ast.FunctionDef, ast.ClassDef)  # definitions do no harm by themselves
        if any(isinstance(n, imports) for b in body for n in ast.walk(b)) and not all(isinstance(b, alone) for b in body): yield i, src

def lint(*paths):
    "Name the cells that mix imports with other code (tools/docs.py copes; plain nbdev-docs would not); exits 1 if there are any."
    bad = [(f, i, s) for f in _files(paths) for i, s in mixed(json.loads(f.read_text(encoding='utf-8'))['cells'])]
    for f, i, s in bad: print(f'{f} [{i}]: an import belongs in a cell of imports only:\n    ' + s[:300].replace('\n', '\n    '))
    if bad: sys.exit(1)

def _files(paths):
    paths = [Path(p) for p in paths] or [ROOT/'nbs']
    return [f for p in paths for f in ([p] if p.is_file() else sorted(p.rglob('*.ipynb'))) if not {'_proc', '.ipynb_checkpoints'} & set(f.parts)]

def show(nbf):
    from fastcore.nbio import read_nb, render_text
    for i, c in enumerate(read_nb(nbf).cells):
        print(f'--- [{i}] {c.cell_type} #{c.id}\n{c.source}')
        o = render_text(c.get('outputs') or []) if c.cell_type == 'code' else ''
        if o: print('  =>', str(o)[:300].replace('\n', '\n     '))

def export(*nbs):
    "Export under a lock, since every export rewrites the shared index `_modidx.py` and the registry of public names."
    import fcntl
    from nbdev.export import nb_export
    import build_registry
    os.chdir(ROOT)
    with open(ROOT/'.git/nb-export.lock', 'w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if nbs:
            for n in nbs: nb_export(n)
        else: subprocess.run([Path(sys.executable).parent/'nbdev-export'], check=True)
        build_registry.main(lenient=bool(nbs))

def run(*nbs): sys.exit(subprocess.run([sys.executable, ROOT/'tools/refresh.py', *nbs]).returncode)

def stats(*paths):
    files = _files(paths)
    print(f"{'notebook':52} prose/code  exported median/p95/max/total  tests  cells  KB")
    for f in files:
        cells = json.loads(f.read_text(encoding='utf-8'))['cells']
        md, ex, other, tests = sum(c['cell_type'] == 'markdown' for c in cells), [], 0, 0
        for c in cells:
            if c['cell_type'] != 'code': continue
            s = ''.join(c['source'])
            body = [l for l in s.splitlines() if l.strip() and not l.strip().startswith('#|')]
            if '#| export' in s or '#|export' in s: ex.append(len(body))
            elif body and not all(l.lstrip().startswith(('import ', 'from ')) for l in body):
                other += 1
                tests += any(w in s for w in ('assert', 'test_', 'expect_fail', 'check_model'))
        e = sorted(ex) or [0]
        print(f'{str(f.relative_to(ROOT) if f.is_absolute() else f):52} {md/max(1, len(ex)+other):10.2f}  {e[len(e)//2]:8}/{e[int(.95*(len(e)-1))]:3}/{e[-1]:3}/{sum(e):5}'
              f'   {tests}/{other:3}  {len(cells):5} {f.stat().st_size//1024:5}')

if __name__ == '__main__':
    if len(sys.argv) < 2 or sys.argv[1] not in ('push', 'pull', 'show', 'export', 'run', 'lint', 'stats'): sys.exit(__doc__)
    globals()[sys.argv[1]](*sys.argv[2:])
