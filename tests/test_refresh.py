"Outputs that are stored again: what stays, what a measured cell keeps, what a failure leaves."
import json, subprocess, sys
from pathlib import Path
import nbformat as nbf
import pytest

ROOT = Path(__file__).resolve().parents[1]

@pytest.fixture
def refresh(tmp_path, offline_env):
    "Store a notebook's outputs; gives the exit code and the texts its code cells hold then."
    file = tmp_path/'a.ipynb'
    def run(*sources, raw=False, measured=False, store=True):
        if sources:
            cells = [nbf.v4.new_markdown_cell('# A title', id='top'), *([nbf.v4.new_raw_cell('---\nskip_exec: true\n---', id='raw')] if raw else [])]
            old = {c['id']: c['outputs'] for c in nbf.read(file, 4).cells if c.cell_type == 'code'} if file.exists() else {}
            code = [nbf.v4.new_code_cell(s, id=f'c{i}', outputs=old.get(f'c{i}', [])) for i, s in enumerate(sources)]
            nbf.write(nbf.v4.new_notebook(cells=cells+code, metadata=dict(kernelspec=dict(name='python3', display_name='python3', language='python'))), file)
        program = f'import sys; sys.path.insert(0, {str(ROOT/"tools")!r}); from pathlib import Path; import refresh; refresh.one(Path({str(file)!r}), [], 60, {measured}, {store})'
        out = subprocess.run([sys.executable, '-c', program], cwd=ROOT, env=offline_env(), text=True, capture_output=True)
        assert out.returncode in (0, 1, 3), out.stderr
        cells = json.loads(file.read_text(encoding='utf-8'))['cells']
        return out.returncode, [json.dumps(c['outputs']) for c in cells if c['cell_type'] == 'code'], [c['cell_type'] for c in cells]
    return run

RANDOM = 'import random; print(random.random())'

def test_what_is_certain_stays(refresh):
    code, outputs, _ = refresh('print(6*7)', '[0, 1]')
    assert code == 3 and '42' in outputs[0] and '[0, 1]' in outputs[1]
    assert refresh() == (0, outputs, ['markdown', 'code', 'code'])

def test_a_measured_cell_keeps_its_figures_until_asked(refresh):
    _, first, _ = refresh('#| measured\n'+RANDOM)
    assert refresh()[:2] == (0, first)
    code, again, _ = refresh(measured=True)
    assert code == 3 and again != first

def test_chance_shows(refresh):
    _, first, _ = refresh(RANDOM)
    assert refresh()[0] == 3 and first != refresh()[1]

def test_comparing_stores_nothing(refresh):
    _, first, _ = refresh('print(6*7)', RANDOM)
    code, outputs, _ = refresh(store=False)
    assert code == 3 and outputs == first
    _, certain, _ = refresh('print(6*7)', '2')
    assert refresh(store=False)[:2] == (0, certain)

def test_a_failure_leaves_the_file(refresh):
    _, first, kinds = refresh('print(1)', '2')
    code, outputs, _ = refresh('print(1)', '1/0')
    assert code == 1 and outputs == first

def test_what_tests_pass_by_is_run_and_widgets_leave_their_picture(refresh):
    view = "from IPython.display import display; display({'text/plain': 'words', 'application/vnd.jupyter.widget-view+json': {'model_id': 'x'}}, raw=True)"
    code, outputs, kinds = refresh('print(6*7)', view, raw=True)
    assert code == 3 and '42' in outputs[0] and 'words' in outputs[1] and 'widget-view' not in outputs[1] and kinds == ['markdown', 'raw', 'code', 'code']
    assert refresh()[0] == 0
