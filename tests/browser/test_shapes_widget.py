"The tree of shapes in a real JupyterLab: it opens by mouse and by keyboard, a search keeps what matches, and a picture stays."
import pytest
from tests.browser.toy import LETTERS
pytestmark = pytest.mark.browser

TWO = '''cfg.num_hidden_layers = 2
model = LlamaForCausalLM(cfg).eval()
'''
CELLS = [LETTERS, TWO + '''from nbformers.models.widgets_shapes import show_shapes
live = show_shapes(model, input_ids=torch.tensor([Letters().encode('the sea')]), deep=1)
live''', 'print("last", 6*7)']

TREE = '.nb-alive .nb-shapes'

def test_the_tree_opens_and_is_searched(notebook):
    nb = notebook(CELLS)
    nb.run()
    nb.wait('.nb-status', text='calls')
    nb.wait(f'{TREE} summary', text='logits (1,7,')
    still = nb.pg.locator('.jp-OutputArea-child:has(.nb-alive) + .jp-OutputArea-child')
    assert still.count() == 1 and not still.is_visible()
    opened = nb.pg.locator(f'{TREE} details[open]')
    before = opened.count()
    layers = nb.pg.locator(f'{TREE} details:not([open]) > summary:visible').first
    layers.click()                                            # by mouse
    assert opened.count() == before+1
    layers = nb.pg.locator(f'{TREE} details > summary:visible').last
    layers.focus()
    nb.pg.keyboard.press('Enter')                             # by keyboard
    assert opened.count() == before+2
    nb.slide('.nb-open', 4)
    nb.wait(f'{TREE} .nb-leaf:visible', text='q_proj')
    nb.shot('shapes')
    nb.fill('.nb-search input', 'down_proj')
    nb.wait('.nb-status', text='calls match')
    nb.pg.locator(f'{TREE} .nb-leaf', has_text='q_proj').first.wait_for(state='detached')
    nb.wait(f'{TREE} .nb-leaf:visible', text='down_proj')
    nb.click('.nb-fold input')
    nb.pg.wait_for_function("[...document.querySelectorAll('.nb-alive .nb-leaf')].filter(x => x.innerText.includes('down_proj')).length > 1")
    nb.shot('shapes_search')

    nb.click('.jp-Notebook .jp-Cell:nth-child(3) .jp-InputPrompt')
    outputs = nb.save()['cells'][1]['outputs']
    stored = [o['data'] for o in outputs if 'image/png' in o.get('data', {})]
    assert len(stored) == 1 and 'down_proj' in ''.join(stored[0]['text/plain'])
