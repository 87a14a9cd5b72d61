"""Every page of the site builds without Quarto, its links hold, nothing is loaded from another host (tests/browser opens the pages).
Introductions, reading order, glossary and the map of the architectures agree with what they speak of."""
import json, re, subprocess, sys
from pathlib import Path
import pytest
ROOT = Path(__file__).resolve().parents[1]
NBS = ROOT/'nbs'
sys.path.insert(0, str(ROOT/'tools'))
import docs, sidebar  # noqa: E402

PARTS = sorted(f for f in NBS.iterdir() if f.is_dir() and re.match(r'\d', f.name))

def cells(nb): return json.loads(nb.read_text(encoding='utf-8'))['cells']
def words(nb): return '\n'.join(''.join(c['source']) for c in cells(nb))

@pytest.mark.slow
def test_a_page_for_every_notebook_with_source_and_documents(site):
    notebooks = [f for f in (ROOT/'nbs').rglob('*.ipynb') if not any(p[0] in '._' for p in f.relative_to(ROOT/'nbs').parts)]
    assert len(list(site.rglob('*.html'))) >= len(notebooks) > 5
    page = (site/'01_config/utils.html').read_text(encoding='utf-8')
    assert 'class="highlight"' in page                                   # the exported cell
    assert 'id="warn_once"' in page and page.count('the sentence, which is also its identity') >= 2   # and its API entry with the docments

@pytest.mark.parametrize('made', ['sidebar', 'readme', 'sync_settings', 'architectures'])
def test_generated_files_are_current(made):
    subprocess.run([sys.executable, ROOT/f'tools/{made}.py', '--check'], check=True, cwd=ROOT)

@pytest.mark.slow
def test_every_page_can_be_found_and_says_where_it_comes_from(site):
    found = json.loads((site/'search.js').read_text(encoding='utf-8').removeprefix('window.BOOK = '))
    assert [docs.page_of(i).as_posix() for _, i in docs.flat(sidebar.tree())] == [e[1] for e in found]
    by_page = {e[1]: e for e in found}
    assert ['attend', 'attend'] in by_page['03_attention/attend.html'][3] or any(h == 'attend' for h, _ in by_page['03_attention/attend.html'][3])
    for _, nb in docs.flat(sidebar.tree()):
        assert f'/nbs/{nb}"' in (site/docs.page_of(nb)).read_text(encoding='utf-8'), f'{nb}: no link to its source'

@pytest.mark.slow
def test_a_name_in_prose_leads_to_its_chapter_and_the_chapter_to_its_module(site):
    page = (site/'05_auto/registry.html').read_text(encoding='utf-8')
    assert re.search(r'<a [^>]*href="../04_models/encoders/bert.html#bertmodel"[^>]*><code>BertModel</code>', page)
    assert 'id="bertmodel"' in (site/'04_models/encoders/bert.html').read_text(encoding='utf-8')
    assert '/blob/main/nbformers/models/bert.py"' in (site/'04_models/encoders/bert.html').read_text(encoding='utf-8')

@pytest.mark.slow
def test_the_gallery_hangs_a_picture_of_each_chapter_that_has_one(site):
    page = (site/'gallery.html').read_text(encoding='utf-8')
    drawn = [nb for part, _, nb in docs.walls(sidebar.tree()) if part and docs.pictures(NBS/nb)]
    hung = re.findall(r'<a href="([^"]+)"><img[^>]*src="(pictures/[^"]+)"', page)
    assert [h for h, _ in hung] == [docs.page_of(nb).as_posix() for nb in drawn] and len(hung) > 150
    assert all((site/p).stat().st_size < 60_000 for _, p in hung)

@pytest.mark.slow
def test_pages_are_light(site):
    sizes = {f.relative_to(site).as_posix(): f.stat().st_size for f in site.rglob('*.html')}
    assert not {k: v for k, v in sizes.items() if v > 500_000}
    assert not [f.name for f in site.rglob('*.html') if re.search(r'<img[^>]*src="data:image/png', f.read_text(encoding='utf-8'))], 'a picture inside of a page is fetched before anybody sees it'

@pytest.mark.parametrize('part', PARTS, ids=lambda p: p.name)
def test_a_part_begins_with_its_introduction(part):
    first = min(part.glob('*.ipynb'), key=natural)
    assert first.name == '00_introduction.ipynb'
    drawings = [o['data'] for c in cells(first) for o in c.get('outputs', ()) if 'image/svg+xml' in o.get('data', {})]
    assert len(drawings) == 1
    svg = ''.join(drawings[0]['image/svg+xml'])
    says = re.search(r'role="img" aria-label="([^"]+)"', svg)[1]
    number = re.match(r'0*(\d+[a-z]?)', part.name)[1]
    assert f'Lit in the picture: part {number} ' in says and says in ''.join(drawings[0]['text/plain'])
    assert len(words(first).split(sidebar.MARK)[0].split()) < 400, 'an introduction is short'

def natural(p):
    "Jupyter's order of names: numbers count as numbers."
    return [int(x) if x.isdigit() else x for x in re.split(r'(\d+)', p.name)]

def test_reading_order_is_that_of_the_file_browser():
    "Folder by folder; folders without a number follow the order in which the page before them links them."
    order = [NBS/i for _, i in docs.flat(sidebar.tree())]
    folders = list(dict.fromkeys(f.parent for f in order))
    assert sorted(order) == sorted(f for f in NBS.rglob('*.ipynb') if not any(p[0] in '._' for p in f.relative_to(NBS).parts))
    for folder in folders:
        here = [f for f in order if f.parent == folder and f.name != 'index.ipynb']
        assert here == sorted(here, key=natural), folder.name
    numbered = [f for f in folders if re.match(r'\d', f.name)]
    assert numbered == sorted(numbered, key=natural) == PARTS
    for door, inside, row in ((NBS/'04_models/00_introduction.ipynb', NBS/'04_models', r'^- \[.+?\]\((\w+)/'), (NBS/'index.ipynb', NBS, r'^\|.*?\]\((\w+)/')):
        listed = re.findall(row, words(door).split(sidebar.MARK)[0], flags=re.M)
        named = [f.name for f in folders if f.parent == inside and f != NBS]
        assert listed == [n for n in named if n in listed], f'{door.name} names the folders in another order'
        assert {n for n in named if not n[0].isdigit()} <= set(listed), f'{door.name} leaves one out'

TERM = re.compile(r'^- \*\*(.+?)\*\*: (.+?) \[(.+?)\]\(([^)]+)\)$', flags=re.M)

def test_glossary():
    text = words(NBS/'glossary.ipynb')
    found = TERM.findall(text)
    assert len(found) > 60 and len(found) == text.count('\n- **')
    names = [t.lower() for t, *_ in found]
    assert names == sorted(names) and len(set(names)) == len(names)
    wrong = []
    for term, sentence, title, link in found:
        nb = NBS/link
        if not nb.exists(): wrong.append(f'{term}: no {link}'); continue
        said = words(nb).lower()
        if not any(w in said for w in (term.lower(), term.lower().replace(' ', '_'), term.lower().replace('-', ' '))): wrong.append(f'{term}: {link} does not say it')
        if title != sidebar.title(nb): wrong.append(f'{term}: the chapter is called {sidebar.title(nb)}')
        if not re.fullmatch(r'[A-Z][^.]*(?:`[^`]*`[^.]*)*\.', sentence): wrong.append(f'{term}: not one sentence')
    assert not wrong, wrong

def test_links_between_notebooks_hold():
    wrong = []
    for nb in (NBS/i for _, i in docs.flat(sidebar.tree())):
        prose = '\n'.join(''.join(c['source']) for c in cells(nb) if c['cell_type'] == 'markdown')
        for to in re.findall(r'\]\(([^)\s]+\.ipynb)(?:#[^)]*)?\)', re.sub(r'```.*?```', '', prose, flags=re.S)):
            if '://' not in to and not (nb.parent/to).exists(): wrong.append(f'{nb.relative_to(NBS)}: no {to}')
    assert not wrong, wrong
