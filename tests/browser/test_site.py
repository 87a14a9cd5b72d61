"The pages as a browser shows them: no script error, no picture missing, nothing asked of another host."
import pytest
pytestmark = [pytest.mark.browser, pytest.mark.slow]

def test_pages_open(page, site):
    pages = sorted(site.rglob('*.html'))
    assert len(pages) > 5
    for f in pages:
        page.goto(f'file://{f}')
        missing = page.evaluate("[...document.images].filter(i => !i.naturalWidth).map(i => i.src.slice(0, 200))")
        assert not missing, (f.name, missing)
        assert page.locator('main h1').count() >= 1 and page.locator('nav a').count() >= len(pages) - 1, f.name
    assert not page.broken
    assert not [u for u in page.outside if not u.startswith('file:')]
