"The pages as a browser shows them: no script error, no picture missing, nothing asked of another host."
import subprocess, sys
import pytest
from pathlib import Path
pytestmark = [pytest.mark.browser, pytest.mark.slow]
ROOT = Path(__file__).resolve().parents[2]

def test_pages_open(page, tmp_path):
    subprocess.run([sys.executable, ROOT/'tools/docs.py', tmp_path], check=True, cwd=ROOT, capture_output=True)
    pages = sorted(tmp_path.rglob('*.html'))
    for f in pages:
        page.goto(f'file://{f}')
        missing = page.evaluate("[...document.images].filter(i => !i.naturalWidth).map(i => i.src.slice(0, 200))")
        assert not missing, (f.name, missing)
        assert page.locator('main h1').count() >= 1 and page.locator('nav a').count() >= len(pages) - 1, f.name
    assert not page.broken
    assert not [u for u in page.outside if not u.startswith('file:')]
