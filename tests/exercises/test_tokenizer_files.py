"A solution to the exercise of 02_tokenizer/12_files."
import json
from pathlib import Path
from . import judged

def difference(a, b):
    out = []
    def walk(x, y, where):
        if isinstance(x, dict) and isinstance(y, dict):
            for k in sorted({*x, *y}): walk(x.get(k), y.get(k), f'{where}.{k}')
        elif x != y: out.append((where, x, y))
    for name in sorted({p.name for f in (a, b) for p in Path(f).glob('*.json')}): walk(*(json.loads((Path(f)/name).read_text()) if (Path(f)/name).is_file() else None for f in (a, b)), name)
    return out

def files_only(a, b):
    "A wrong answer: which files differ, not where."
    return [(p.name, p.read_text(), (Path(b)/p.name).read_text()) for p in Path(a).glob('*.json') if p.read_text() != (Path(b)/p.name).read_text()]

def test_what_differs(): judged('tokenizer.files', 1, difference, files_only, lambda a, b: [])
