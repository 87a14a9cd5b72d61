"The pages as a browser shows them: no script error, no picture missing, nothing asked of another host."
import subprocess, sys
import pytest
from pathlib import Path
pytestmark = [pytest.mark.browser, pytest.mark.slow]
ROOT = Path(__file__).resolve().parents[2]

def site(folder):
    "The site as tests/test_docs.py left it in this run, or built here."
    kept, sources = ROOT/'build/site', [f for d in ('nbs', 'nbformers', 'tools') for f in (ROOT/d).rglob('*.[pi]*')]
    index = kept/'index.html'
    if index.exists() and index.stat().st_mtime > max(f.stat().st_mtime for f in sources if f.is_file() and '__pycache__' not in f.parts): return kept
    subprocess.run([sys.executable, ROOT/'tools/docs.py', folder], check=True, cwd=ROOT, capture_output=True)
    return folder

def test_pages_open(page, tmp_path):
    folder = site(tmp_path)
    pages = sorted(folder.rglob('*.html'))
    assert len(pages) > 5
    for f in pages:
        page.goto(f'file://{f}')
        missing = page.evaluate("[...document.images].filter(i => !i.naturalWidth).map(i => i.src.slice(0, 200))")
        assert not missing, (f.name, missing)
        assert page.locator('main h1').count() >= 1 and page.locator('nav a').count() >= len(pages) - 1, f.name
    assert not page.broken
    assert not [u for u in page.outside if not u.startswith('file:')]
