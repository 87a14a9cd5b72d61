"Filters under sliders in a real JupyterLab: type a prompt, move sliders, draw words, and see the distribution change; its picture stays."
import shutil
import pytest
from tests.browser.toy import LETTERS
pytestmark = pytest.mark.browser

CELLS = [LETTERS, '''from nbformers.generation.widgets_filters import LiveDistribution
live = LiveDistribution(model, Letters(), 'the sea', temperature=1.5, top_k=9, seed=0)
live''', 'print("last", 6*7)']

def bars(nb): return nb.pg.eval_on_selector_all('.nb-alive svg rect', 'x => x.map(r => r.getAttribute("width")).join()')

def test_the_distribution_changes(notebook):
    nb = notebook(CELLS)
    nb.run()
    nb.wait('.nb-alive svg text', text='top k 9')
    nb.wait('.nb-status', text='9 of 28 tokens can be drawn')
    still = nb.pg.locator('.jp-OutputArea-child:has(.nb-alive) + .jp-OutputArea-child')
    assert still.count() == 1 and not still.is_visible()     # the stored picture hides while the live one is there
    first = bars(nb)
    nb.slide('.nb-top-k', 4)
    nb.wait('.nb-status', text='4 of 28')
    nb.wait('.nb-alive svg text', text='×')
    assert (now := bars(nb)) != first
    nb.slide('.nb-temperature', 2.5)
    nb.wait('.nb-alive svg text', text='temperature 2.5')
    assert bars(nb) != now
    handle = nb.wait('.nb-top-p .noUi-handle')                # the slider itself, by the keys of a keyboard
    handle.focus()
    for _ in range(30): nb.pg.keyboard.press('ArrowLeft')
    nb.wait('.nb-alive svg text', text='top p 0.4')
    nb.fill('.nb-prompt input', 'a whale')
    nb.click('button.nb-draw')
    nb.wait('.nb-text', text='…')
    nb.click('button.nb-draw')
    nb.shot('distribution')
    nb.click('button.nb-neutral')
    nb.wait('.nb-status', text='28 of 28')
    nb.pg.locator('.nb-alive svg text', has_text='top k').wait_for(state='detached')
    nb.slide('.nb-temperature', 0)
    nb.wait('.nb-status', text='greedy')

    nb.click('.jp-Notebook .jp-Cell:nth-child(3) .jp-InputPrompt')      # out of the box, where Ctrl+S would stay
    outputs = nb.save()['cells'][1]['outputs']
    stored = [o['data'] for o in outputs if 'image/png' in o.get('data', {})]
    assert len(stored) == 1 and 'a whale' in ''.join(stored[0]['text/plain']) and 'greedy' in ''.join(stored[0]['text/plain'])

    shutil.copy(nb.path, nb.path.with_name('saved.ipynb'))              # a reader without that kernel: nothing hides the picture
    nb.pg.goto(f'{nb.pg.url.split("/lab/")[0]}/lab/tree/saved.ipynb?reset')
    nb.wait('.jp-OutputArea-child img')
    assert nb.pg.locator('.nb-alive').count() == 0
