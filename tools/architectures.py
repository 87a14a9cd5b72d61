"""The table of architectures: names, tasks, measured difference from the reference, exported lines, chapter. It is written into
`nbs/04_models/09_architectures.ipynb` and `nbs/index.ipynb`, from the package's register, from `tests/parity/results.json`
(written by `cd tests; python -m parity --save`), and from `tests/parity/documented.csv` (the names that documentation uses).

    python tools/architectures.py            # write both
    python tools/architectures.py --check    # write nothing, fail when something is out of date
    python tools/architectures.py --sizes    # print exported lines, architecture by architecture"""
import ast, csv, json, re, statistics, sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE, INDEX = ROOT/'nbs/04_models/09_architectures.ipynb', ROOT/'nbs/index.ipynb'
TASKS = dict(causal_lm='CLM', masked_lm='MLM', seq2seq_lm='S2S', sequence_classification='SC', token_classification='TC', question_answering='QA', table_question_answering='TQA',
             multiple_choice='MC', next_sentence_prediction='NSP', pretraining='PT', text_encoding='TE', image_classification='IC', masked_image_modeling='MIM',
             semantic_segmentation='SS', zero_shot_image_classification='ZIC', object_detection='OD', zero_shot_object_detection='ZOD', image_segmentation='IS', video_classification='VC',
             backbone='BB', speech_seq2seq='ASR', image_text_to_text='ITT', ctc='CTC', audio_classification='AC', audio_frame_classification='AF', audio_xvector='XV')
LEGEND = ('CLM next token · MLM gaps · S2S text to text · SC text classification · TC token classification · QA question answering · TQA questions to tables · '
          'MC multiple choice · NSP next sentence · PT pretraining · TE text encoding · IC picture classification · MIM masked pictures · SS segmentation · '
          'ZIC pictures and texts · OD boxes · ZOD boxes for words · IS panoptic segmentation · VC films · BB backbone · ASR speech to text · ITT pictures to text · CTC letters of speech · '
          'AC sound classification · AF moments of a sound · XV voices')

def register():
    "{model_type: {role: 'module:Class'}}, read without importing the package."
    tree = ast.parse((ROOT/'nbformers/_registry.py').read_text(encoding='utf-8'))
    return next(ast.literal_eval(n.value) for n in tree.body if isinstance(n, ast.Assign) and n.targets[0].id == 'architectures')

def lines_of(node, source):
    "Lines of a statement that are not blank."
    first = min([node.lineno, *(d.lineno for d in getattr(node, 'decorator_list', ()))])
    return sum(bool(l.strip()) for l in source[first-1:node.end_lineno])

def sections(path):
    "{model_type: exported lines}: a section ends with its `arch(...)` call; imports do not count."
    text = path.read_text(encoding='utf-8')
    source, found, n = text.splitlines(), {}, 0
    for node in ast.parse(text).body:
        plain = isinstance(node, (ast.Import, ast.ImportFrom)) or isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if plain or isinstance(node, ast.Assign) and getattr(node.targets[0], 'id', '') == '__all__': continue
        n += lines_of(node, source)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and getattr(node.value.func, 'id', '') == 'arch':
            found[ast.literal_eval(node.value.args[0])], n = n, 0
    return found

def module_file(a): return ROOT/(a['config'].split(':')[0].replace('.', '/') + '.py')

def chapter(path):
    "The notebook that a module is exported from."
    m = re.search(r'File to edit: (\S+\.ipynb)', path.read_text(encoding='utf-8'))
    return (path.parent/m[1]).resolve().relative_to(ROOT/'nbs').as_posix()

def rows():
    "One dictionary an architecture, by model type."
    f = ROOT/'tests/parity/results.json'
    results = json.loads(f.read_text()) if f.exists() else {}
    with open(ROOT/'tests/parity/documented.csv') as f: names = [(r['name'], r['model_type']) for r in csv.DictReader(f)]
    out = []
    for t, a in sorted(register().items()):
        f = module_file(a)
        r = results.get(t, {})
        out.append(dict(type=t, names=[n for n, mt in names if mt == t], tasks=[short for role, short in TASKS.items() if role in a], lines=sections(f).get(t),
                        worst=r.get('worst'), classes=r.get('classes', 0), configs=r.get('configs', 0), oracle=r.get('oracle', ''), chapter=chapter(f), relative=f.stem.endswith('relatives')))
    return out

def table(rows, prefix=''):
    lines = ['| architecture | documented as | tasks | classes × configurations | largest difference | lines | chapter |', '|---|---|---|---|---|---|---|']
    for r in rows:
        worst = '–' if r['worst'] is None else f"{r['worst']:.0e}" + (f" ({r['oracle']})" if r['oracle'] != '5.23.0' else '')
        lines.append(f"| `{r['type']}` | {', '.join(r['names'])} | {' '.join(r['tasks'])} | {r['classes']} × {r['configs']} | {worst} | {r['lines']} | [{Path(r['chapter']).stem}]({prefix}{r['chapter']}) |")
    return '\n'.join(lines)

def summary(rows):
    names = sum(len(r['names']) for r in rows)
    done = [r for r in rows if r['worst'] is not None]
    return (f"{len(rows)} architectures, {names} names in documentation, {sum(r['classes'] for r in rows)} classes. Largest difference from the reference library, over all "
            f"outputs, losses and gradients of every class, in parts of the largest value: {max((r['worst'] for r in done), default=0):.0e}; "
            f"the median architecture's: {statistics.median([r['worst'] for r in done] or [0]):.0e}.")

def put(nb, mark, text):
    "The notebook with the Markdown cell that begins with `mark` replaced."
    d = json.loads(nb.read_text(encoding='utf-8'))
    cell = next(c for c in d['cells'] if c['cell_type'] == 'markdown' and ''.join(c['source']).startswith(mark))
    cell['source'] = (mark + '\n' + text).splitlines(True)
    return json.dumps(d, ensure_ascii=False, indent=1) + '\n'

def pages(rows):
    mark = '<!-- architectures: generated by tools/architectures.py -->'
    short = f"{summary(rows)}\n\n<details><summary>All {len(rows)} architectures</summary>\n\n{LEGEND}.\n\n{table(rows)}\n\n</details>"
    full = f"{summary(rows)}\n\n{LEGEND}.\n\n{table(rows, '../')}"
    return {PAGE: put(PAGE, mark, full), INDEX: put(INDEX, mark, short)}

def sizes(rows):
    for r in sorted(rows, key=lambda r: r['lines'] or 0): print(f"{r['lines']:>5}  {r['type']:26} {'relative ' if r['relative'] else '         '}{r['chapter']}")
    rel = [r['lines'] for r in rows if r['relative']]
    print(f"median of {len(rel)} relatives {statistics.median(rel):.0f}, longest {max(rel)}; median of all {len(rows)} {statistics.median(r['lines'] for r in rows):.0f}")

def main(args):
    rs = rows()
    if '--sizes' in args: return sizes(rs)
    stale = [f for f, text in pages(rs).items() if f.read_text(encoding='utf-8') != text]
    if '--check' in args and stale: sys.exit(f"out of date: {', '.join(str(f.relative_to(ROOT)) for f in stale)}; run python tools/architectures.py")
    for f, text in pages(rs).items(): f.write_text(text, encoding='utf-8')

if __name__ == '__main__': main(sys.argv[1:])
