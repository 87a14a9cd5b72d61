"""The site as a browser shows it. Every page, as wide as a phone: no script error, nothing asked of another host or missing, each
picture there and within the screen, no line that pushes the page sideways, the contents whole and in reading order. Then the
search, the folding menu, and screenshots to look at (build/browser/site-*.png)."""
import sys
import pytest
from conftest import ROOT, SHOTS
sys.path.insert(0, str(ROOT/'tools'))
import docs, sidebar  # noqa: E402
pytestmark = [pytest.mark.browser, pytest.mark.slow]

SEEN = '''async () => {
  const images = [...document.images]
  for (const i of images) i.loading = 'eager'
  await Promise.all(images.map(i => i.decode().catch(() => 0)))
  const within = e => { for (let p = e; p && p != document.body; p = p.parentElement) if (['auto', 'scroll'].includes(getComputedStyle(p).overflowX)) return true; return false }
  const pushed = document.documentElement.scrollWidth > innerWidth
  const wide = !pushed ? [] : [...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !within(e))
  return { missing: images.filter(i => !i.naturalWidth).map(i => i.src.slice(0, 200)),
    unseen: images.filter(i => i.naturalWidth && (!i.clientWidth || !i.clientHeight)).map(i => i.src.slice(0, 200)),
    dumb: images.filter(i => !i.alt).map(i => i.src.slice(0, 200)),
    wide: pushed ? [document.documentElement.scrollWidth, ...wide.slice(0, 3).map(e => e.outerHTML.slice(0, 200))] : [],
    heads: document.querySelectorAll('main h1').length,
    nav: [...document.querySelectorAll('nav > ul a:not(.inside a)')].map(a => a.href.replace(/.*[/]site[/]/, '')),
    here: [...document.querySelectorAll('nav .here')].map(a => a.href.replace(/#.*/, '')),
    folded: [...document.querySelectorAll('nav details:not([open])')].some(d => d.querySelector('.here')),
    me: location.href.replace(/#.*/, '') } }'''

def test_every_page_as_wide_as_a_phone(page, site):
    pages, wrong = sorted(site.rglob('*.html')), {}
    order = [docs.page_of(i).as_posix() for _, i in docs.flat(sidebar.tree())]
    assert len(pages) >= len(order) > 250
    said = []
    page.on('console', lambda m: said.append(m.text) if m.type == 'error' else None)
    page.on('requestfailed', lambda r: said.append(f'{r.url[:200]} could not be had'))
    page.set_viewport_size(dict(width=390, height=844))
    for f in pages:
        page.goto(f'file://{f}')
        s, name = page.evaluate(SEEN), f.relative_to(site).as_posix()
        assert s['nav'] == order, f'{name}: the contents are not those of nbs/sidebar.yml'
        bad = {k: s[k] for k in ('missing', 'unseen', 'dumb', 'wide') if s[k]}
        if s['heads'] < 1: bad['heading'] = 'none'
        if name in order and (s['here'] != [s['me']] or s['folded']): bad['contents'] = s['here']
        if said or page.broken: bad['errors'] = said + page.broken
        said.clear(), page.broken.clear()
        if bad: wrong[name] = bad
    assert not wrong, '\n'.join(f'{k}: {v}' for k, v in wrong.items())[:6000]
    assert not [u for u in page.outside if not u.startswith('file:')]

@pytest.mark.parametrize('width', [1280, 390])
def test_search_needs_no_other_host(page, site, width):
    page.set_viewport_size(dict(width=width, height=800))
    page.goto(f'file://{site}/03_attention/attend.html')
    page.fill('header input[type=search]', 'byte-pair enc')
    first = page.locator('#found a').first
    first.wait_for()
    assert first.inner_text().endswith('Byte-pair encoding')
    at = page.locator('#found').bounding_box()
    assert at['x'] >= 0 and at['x'] + at['width'] <= width
    first.click()
    page.wait_for_url('**/02_tokenizer/bpe.html')
    page.fill('header input[type=search]', 'qqqq xxxx')
    page.locator('#found', has_text='Nothing found').wait_for()
    assert not page.broken and not page.outside

def test_the_menu_folds(page, site):
    page.set_viewport_size(dict(width=1280, height=800))
    page.goto(f'file://{site}/04_models/decoders/llama.html')
    shown = lambda text: page.get_by_role('link', name=text, exact=True).first.is_visible()
    assert page.locator('nav a.here').is_visible() and shown('Llama') and not shown('BERT')
    page.locator('nav summary', has_text='encoders').first.click()
    assert shown('BERT')
    page.set_viewport_size(dict(width=390, height=800))
    assert not page.locator('nav').is_visible()
    page.locator('header label').click()
    assert page.locator('nav a.here').is_visible()
    assert not page.broken

LOOK = ['index', 'architectures', 'glossary', 'gallery', '01_config/introduction', '03_attention/attend', '04_models/decoders/llama', '07_generate/filters',
        '02_tokenizer/tokenizer', '08_trainer/arguments', 'tutorials/tour', '06_pipeline/object_detection']

@pytest.mark.parametrize('scheme', ['light', 'dark'])
def test_screenshots_to_look_at(page, site, scheme):
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.emulate_media(color_scheme=scheme)
    for width in (1280, 390):
        page.set_viewport_size(dict(width=width, height=1000))
        for name in LOOK:
            page.goto(f'file://{site}/{name}.html')
            ground = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/[0-9]+/g).slice(0, 3).map(Number)")
            assert (sum(ground) > 600) == (scheme == 'light'), (name, ground)
            page.screenshot(path=SHOTS/f"site-{name.replace('/', '-')}-{width}-{scheme}.png")
