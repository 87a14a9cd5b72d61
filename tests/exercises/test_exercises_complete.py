"Every exercise of every chapter has a check, every check a right and a wrong solution, and the chapters say what is registered."
import ast, json, re
from pathlib import Path
import pytest
from nbformers.exercises import exam

ROOT = Path(__file__).resolve().parents[2]
HEAD, NEXT = re.compile(r'^#+ .*xercise.*$', re.M), re.compile(r'^#+ ', re.M)
ITEM = re.compile(r'^(\d+)\. (?:(★+)☆* (\d+) min · )?', re.M)
DONE = ['01_config', '02_tokenizer', '03_attention', '03b_processors', '04_models', '05_auto', '06_pipeline', '07_generate', '08_trainer', 'tutorials']  # parts whose exercises all have checks

def listed(notebook):
    "[(number, stars or None, minutes or None)] of a chapter's list, and the sources of its cells."
    cells = json.loads(notebook.read_text(encoding='utf-8'))['cells']
    source = [''.join(c['source']) for c in cells]
    prose = '\n\n'.join(s for c, s in zip(cells, source) if c['cell_type'] == 'markdown')
    heads = list(HEAD.finditer(prose))
    below = NEXT.split(prose[heads[-1].end():])[0] if heads else ''
    return [(int(i[1]), i[2] and len(i[2]), i[3] and int(i[3])) for i in ITEM.finditer(below)], source

def chapters(part):
    for nb in sorted((ROOT/'nbs'/part).rglob('*.ipynb')):
        if '.ipynb_checkpoints' in nb.parts: continue
        found, source = listed(nb)
        if not found: continue
        name = next((m[1] for s in source if (m := re.search(r"^check\('([\w.]+)'\)$", s, re.M))), None)
        yield nb.relative_to(ROOT).as_posix(), name, found, source

def registered():
    exam._load()
    return exam._all

def tried():
    "{(chapter, number): {'right', 'wrong'}} from the calls of `judged` and `check` in the tests' syntax trees."
    out = {}
    def note(call, *kinds):
        a = call.args
        if len(a) > 2 and all(isinstance(x, ast.Constant) for x in a[:2]): out.setdefault((a[0].value, a[1].value), set()).update(kinds)
    for f in sorted(Path(__file__).parent.glob('test_*.py')):
        tree = ast.parse(f.read_text(encoding='utf-8'))
        refused = {id(c) for w in ast.walk(tree) if isinstance(w, ast.With) and 'NotYet' in ast.unparse(w.items[0]) for c in ast.walk(w)}
        for c in ast.walk(tree):
            if not isinstance(c, ast.Call): continue
            called = getattr(c.func, 'id', getattr(c.func, 'attr', ''))
            if called == 'judged' and len(c.args) > 3: note(c, 'right', 'wrong')
            if called == 'check': note(c, 'wrong' if id(c) in refused else 'right')
    return out

@pytest.mark.parametrize('part', DONE)
def test_lists_are_what_is_registered(part):
    known, wrong = registered(), []
    for nb, name, found, source in chapters(part):
        own = [(n, e.stars, e.minutes) for (c, n), e in sorted(known.items()) if c == name]
        if found != own: wrong.append(f'{nb}: the list says {found}, the checks of {name} {own}')
        if not any('xercises import check' in s for s in source): wrong.append(f'{nb} does not import check')
        if not re.search(r'tests/exercises/test_\w+\.py', '\n'.join(source)): wrong.append(f'{nb} does not say where solutions lie')
        for f in re.findall(r'tests/exercises/test_\w+\.py', '\n'.join(source)):
            if not (ROOT/f).exists(): wrong.append(f'{nb} names {f}, which is not there')
    assert not wrong, '\n'.join(wrong)

def test_no_check_without_a_list():
    "A check belongs to a list, and is tried with a right solution and with a wrong one."
    names = {name for part in (p.name for p in (ROOT/'nbs').iterdir() if p.is_dir()) for _, name, _, _ in chapters(part)}
    seen, known = tried(), registered()
    assert not (lost := {c for c, _ in known} - names), f'checks of chapters that do not list them: {sorted(lost)}'
    assert not (lost := {k for k in known if seen.get(k, set()) < {'right', 'wrong'}}), f'without a right and a wrong solution: {sorted(lost)}'
    assert not set(seen) - set(known), f'solutions of exercises that nobody registered: {sorted(set(seen) - set(known))}'

def test_parts_that_are_done_have_them_all():
    "Every numbered exercise below an exercise heading was found: no chapter of these parts is without a call of `check`."
    for part in DONE: assert not [nb for nb, name, _, _ in chapters(part) if name is None], part
