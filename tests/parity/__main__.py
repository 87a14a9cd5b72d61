"""`cd tests; python -m parity [pattern] [--save] [-2]`: the sweep without pytest (`-2`: in two processes), printing the table of worst errors; `--save` writes
`results.json`, from which the table of architectures in the documentation is made."""
import json, sys
from pathlib import Path
from .test_parity import sweep, table
sys.path.insert(0, str(Path(__file__).parents[1]))

def save(rows):
    "Results by architecture; those of a part of the sweep replace their own rows only. Golden files give what Transformers 5 dropped."
    f = Path(__file__).parent/'results.json'
    found = json.loads(f.read_text()) if f.exists() else {}
    for t in {r['model_type'] for r in rows}:
        mine = [r for r in rows if r['model_type'] == t and not r['failed']]
        found[t] = dict(worst=float(f"{max((r['worst'] for r in mine), default=0):.1e}"), classes=len(mine), configs=min((r['configs'] for r in mine), default=0), oracle='5.23.0')
    from golden.specs import SPECS
    from golden.test_golden import measure
    for t, s in SPECS.items(): found[t] = dict(worst=float(f'{measure(t):.1e}'), classes=len(s['classes']), configs=len(s['configs']), oracle='4.57.6')
    f.write_text(json.dumps(dict(sorted(found.items())), indent=1) + '\n')

if __name__ == '__main__':
    args = [a for a in sys.argv[1:] if a not in ('--save', '-2')]
    rows = sweep(args[0] if args else '', verbose=True, workers=2 if '-2' in sys.argv else 1)
    print(table(rows))
    if '--save' in sys.argv: save(rows)
    sys.exit(any(r['failed'] for r in rows))
