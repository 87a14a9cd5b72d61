"Attention over a sentence in a real JupyterLab: a text is typed, layers, heads and words are chosen, and the picture follows and stays."
import pytest
from tests.browser.toy import LETTERS
pytestmark = pytest.mark.browser

TWO = '''cfg.num_hidden_layers = 2
model = LlamaForCausalLM(cfg).eval()
'''
CELLS = [LETTERS, TWO + '''from nbformers.models.widgets_attention import LiveAttention
live = LiveAttention(model, Letters(), 'the sea', layer=0, head=0)
live''', 'print("last", 6*7)']

def large(nb): return nb.pg.locator('.nb-alive svg image').first.get_attribute('href')

def test_attention_follows_the_controls(notebook):
    nb = notebook(CELLS)
    nb.run()
    nb.wait('.nb-status', text='layer 0, head 0')
    assert nb.wait('.nb-alive svg').get_attribute('role') == 'img' and 'layer 0' in nb.wait('.nb-alive svg').get_attribute('aria-label')
    still = nb.pg.locator('.jp-OutputArea-child:has(.nb-alive) + .jp-OutputArea-child')
    assert still.count() == 1 and not still.is_visible()     # the stored picture hides while the live one is there
    first = large(nb)
    handle = nb.wait('.nb-head .noUi-handle')                 # by the keys of a keyboard
    handle.focus()
    nb.pg.keyboard.press('ArrowRight')
    nb.wait('.nb-status', text='layer 0, head 1')
    assert large(nb) != first
    nb.slide('.nb-layer', 1)
    nb.wait('.nb-status', text='layer 1, head 1')
    nb.pg.locator('.nb-word select').select_option(index=3)
    nb.wait('.nb-status', text='looks at')
    nb.shot('attention')
    nb.pg.locator('.nb-view select').select_option('lines')
    nb.wait('.nb-alive svg polyline')
    nb.fill('.nb-text input', 'a whale')
    nb.pg.wait_for_function("document.querySelectorAll('.nb-word option').length == 8")
    nb.shot('attention_lines')
    nb.fill('.nb-text input', '')
    nb.wait('.nb-status', text='an empty text')
    nb.fill('.nb-text input', 'a whale')
    nb.wait('.nb-status', text='layer 1, head 1')

    nb.click('.jp-Notebook .jp-Cell:nth-child(3) .jp-InputPrompt')      # out of the box, where Ctrl+S would stay
    outputs = nb.save()['cells'][1]['outputs']
    stored = [o['data'] for o in outputs if 'image/png' in o.get('data', {})]
    assert len(stored) == 1 and 'layer 1, head 1' in ''.join(stored[0]['text/plain'])
