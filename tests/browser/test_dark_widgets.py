"The set of widgets in JupyterLab's dark theme: whatever stands in one is readable on what lies behind it."
import json
from pathlib import Path
import pytest
pytestmark = pytest.mark.browser

GALLERY = Path(__file__).resolve().parents[2]/'nbs/08_trainer/13b_gallery.ipynb'
WIDGETS = '.jp-OutputArea-output .jupyter-widgets, .jp-RenderedHTMLCommon:has([class^=nb-])'

# contrast by the Web Content Accessibility Guidelines 2.2: (lighter+.05)/(darker+.05) of relative luminances
CONTRASTS = '''roots => {
  const rgba = s => { const m = s.match(/[\\d.]+/g).map(Number); return m.length < 4 ? [...m.slice(0, 3), 1] : m }
  const over = (a, b) => [0, 1, 2].map(i => a[i]*a[3] + b[i]*(1-a[3]))
  const light = c => { const [r, g, b] = c.map(v => (v /= 255) <= .04045 ? v/12.92 : ((v+.055)/1.055)**2.4); return .2126*r + .7152*g + .0722*b }
  const behind = el => { const layers = []; for (let e = el; e; e = e.parentElement) layers.push(rgba(getComputedStyle(e).backgroundColor)); return layers.reverse().reduce((b, a) => over(a, b), [255, 255, 255]) }
  const found = []
  for (const root of roots) {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT)
    while (walker.nextNode()) {
      const el = walker.currentNode.parentElement, text = walker.currentNode.textContent.trim(), box = el.getBoundingClientRect()
      if (!text || !box.width || !box.height || el.closest('style, script, svg, option') || el.closest('[disabled]') || !el.checkVisibility({visibilityProperty: true, opacityProperty: true})) continue
      const back = behind(el), ink = over(rgba(getComputedStyle(el).color), back), [a, b] = [light(ink), light(back)].sort((x, y) => y-x)
      found.push([(a+.05)/(b+.05), text.slice(0, 40), el.className])
    }
  }
  return found
}'''

@pytest.fixture(params=['Light', 'Dark'])
def themed(request, lab, notebook):
    "Opens a notebook in one of JupyterLab's two themes."
    setting = lab[1]/'.set/@jupyterlab/apputils-extension/themes.jupyterlab-settings'
    setting.parent.mkdir(parents=True, exist_ok=True)
    setting.write_text(json.dumps(dict(theme=f'JupyterLab {request.param}')))
    def open_(path):
        nb = notebook(path)
        nb.pg.wait_for_function(f"document.body.dataset.jpThemeName == 'JupyterLab {request.param}'")
        return nb
    yield open_, request.param.lower()
    setting.unlink()

def test_words_stand_out(themed):
    open_, name = themed
    nb = open_(GALLERY)
    nb.run()
    nb.pg.wait_for_timeout(1500)
    for i, cell in enumerate(nb.pg.locator('.jp-CodeCell:has(.jupyter-widgets)').all()):
        cell.scroll_into_view_if_needed()
        nb.shot(f'gallery_{name}_{i}')
    roots = nb.pg.locator(WIDGETS)
    found = roots.evaluate_all(CONTRASTS)
    assert roots.count() >= 6 and len(found) > 100
    faint = sorted(f for f in found if f[0] < 4.5)
    assert not faint, faint[:20]
