"Messages and docstrings are our own: none shares nine words in a row with a sentence of the reference (facts, such as lists of languages and patterns, are no sentences)."
import ast, re
from pathlib import Path
import transformers

ROOT, N = Path(__file__).resolve().parents[1], 9
SMALL = set('a an and are as be by for from in is it must not of or should that the this to with you'.split())

def runs(text):
    "All runs of nine words that read like a sentence: small words in them, and long ones."
    w = re.findall(r"[a-z0-9_']+", text.lower())
    found = (w[i:i+N] for i in range(len(w)-N+1))
    return {' '.join(r) for r in found if sum(x in SMALL for x in r) > 1 and sum(len(x) > 3 for x in r) > 3}

def said(text): return [(n.lineno, n.value) for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Constant) and isinstance(n.value, str)]

def joined(source): return re.sub(r'["\']\s*\n\s*[frb]{0,2}["\']', ' ', source)     # strings over several lines

def common(ours, theirs):
    "Where a text of ours, `{place: text}`, has a run of theirs."
    mine = {place: r for place, t in ours.items() if (r := runs(t))}
    wanted, found = set().union(*mine.values()), set()
    for t in theirs: found |= wanted & runs(joined(t))
    return {place: sorted(r & found)[0] for place, r in mine.items() if r & found}

def test_no_sentence_of_the_reference():
    ours = {(f.relative_to(ROOT).as_posix(), line): t for f in sorted((ROOT/'nbformers').rglob('*.py')) if f.name not in ('_modidx.py', '_registry.py') for line, t in said(f.read_text(encoding='utf-8'))}
    assert len(ours) > 10_000
    theirs = (f.read_text(encoding='utf-8', errors='ignore') for f in sorted(Path(transformers.__file__).parent.rglob('*.py')))
    assert common(ours, theirs) == {}

def test_a_copy_is_found():
    theirs = ['raise ValueError(\n    "Give as many sizes as there are pictures "\n    "in the batch of the model.")']
    assert common({'x': 'ValueError: give as many sizes as there are pictures in the batch: 3'}, theirs) == {'x': 'as many sizes as there are pictures in the'}
    assert common({'x': '3 pictures need as many sizes, not 4'}, theirs) == {}
