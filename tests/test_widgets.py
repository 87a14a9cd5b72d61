"""Every widget of the book as a file keeps it: a notebook run without a browser, then as GitHub shows it (outputs of the file,
styles and scripts taken out) and as nbconvert's HTML."""
import json, re
from base64 import b64decode
from pathlib import Path
import pytest

ROOT = Path(__file__).resolve().parents[1]
GALLERY = ROOT/'nbs/08_trainer/13b_gallery.ipynb'

# a word that the stored form of each must hold, in its text or behind its picture
KEPT = dict(LiveTokens='tokens', LiveAttention='layer 5, head 11', show_shapes='LlamaForCausalLM', LiveDistribution='tokens can be drawn',
            LiveGeneration='And the king said', LiveBeams='finished', Trainer='')

ASKS, DRAWS = 'Run this cell for the controls.', 'Curves are drawn here while the cell runs; a picture stays.'   # what stands for them in a file

def bare(text):
    "HTML without what a cautious site takes out."
    text = re.sub(r'(?is)<(style|script)\b.*?</\1>', '', text)
    return re.sub(r'''(?i)\s(style|class|on\w+)=("[^"]*"|'[^']*')''', '', text)

def joined(x): return ''.join(x) if isinstance(x, list) else x

def stored(nb):
    "widget → the bundles that its cell keeps and that need no kernel."
    found = {}
    for c in nb['cells']:
        name = next((n for n in KEPT if c['cell_type'] == 'code' and re.search(rf'^(show\(|with [^:]*: ){n}\(', joined(c['source']), re.M)), None)
        if name: found[name] = [o['data'] for o in c['outputs'] if o.get('data') and not any('widget' in k for k in o['data']) and joined(o['data'].get('text/plain', '')) not in (ASKS, DRAWS)]
    return found

def check(nb):
    found = stored(nb)
    assert set(found) == set(KEPT)
    for name,bundles in found.items():
        assert len(bundles) == 1, (name, len(bundles))
        data = {k: joined(v) for k,v in bundles[0].items()}
        assert KEPT[name] in data['text/plain'] or KEPT[name] in bare(data.get('text/html', '')), name
        if 'image/png' in data: assert b64decode(data['image/png'])[:4] == b'\x89PNG' and len(data['image/png']) > 2000, name
        else:
            assert not re.search('(?i)<(script|style|svg|iframe)', data['text/html']), name
            assert len(re.sub('<[^>]+>', ' ', bare(data['text/html'])).split()) > 20, name

def test_the_gallery_keeps_every_widget(): check(json.loads(GALLERY.read_text(encoding='utf-8')))

@pytest.mark.parametrize('file', sorted((ROOT/'nbs').rglob('*.ipynb')), ids=lambda f: f.stem)
def test_no_view_without_its_widget(file):
    "A live view that is stored points to an object of a kernel that is gone; a front end that cannot find it shows an error there."
    views = [o for c in json.loads(file.read_text(encoding='utf-8'))['cells'] for o in c.get('outputs', ()) if any('widget-view' in k for k in o.get('data', ()))]
    assert not [o for o in views if len(o['data']) > 1]

@pytest.mark.slow
def test_run_and_converted(tmp_path, monkeypatch):
    "Run with nbclient, as any service would, and converted by nbconvert: the fallback is in the file and on the page."
    import nbformat
    from nbclient import NotebookClient
    from nbconvert import HTMLExporter
    monkeypatch.setenv('OMP_NUM_THREADS', '1')
    monkeypatch.delenv('MPLBACKEND', raising=False)           # the kernel sets its inline one
    nb = nbformat.read(GALLERY, as_version=4)
    for c in nb.cells:
        if c.cell_type == 'code': c.outputs = []
    NotebookClient(nb, timeout=300, kernel_name='python3', resources=dict(metadata=dict(path=str(tmp_path)))).execute()
    check(nb)
    for keep_state in (True, False):                          # with the widgets' state in the file, and without
        if not keep_state: nb.metadata.pop('widgets', None)
        page, _ = HTMLExporter().from_notebook_node(nb)
        assert page.count('src="data:image/png;base64') >= 5, keep_state
        assert 'class="nb-static"' in page and 'nb-tokens' in page and 'nb-probs' in page, keep_state
        if not keep_state: assert page.count(ASKS) == 6
