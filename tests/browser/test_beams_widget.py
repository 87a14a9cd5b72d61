"The tree of beams in a real JupyterLab: it grows step by step, is finished and stopped, looks back, begins again with other settings; its picture stays."
import re
import pytest
from tests.browser.toy import LETTERS
pytestmark = pytest.mark.browser

CELLS = [LETTERS, '''import threading, time
from nbformers.generation.widgets_beams import LiveBeams
main = threading.main_thread()
hook = model.register_forward_pre_hook(lambda *a: None if threading.current_thread() is main else time.sleep(2))   # Finish is slow enough for a person to press Stop
live = LiveBeams(model, Letters(), 'the sea', num_beams=3, max_new_tokens=16, steps=1)
live''', 'print("last", 6*7)']

def test_the_tree_grows(notebook):
    nb = notebook(CELLS)
    nb.run()
    branches = lambda: nb.pg.locator('.nb-alive svg polyline').count()
    nb.wait('.nb-status', text='step 1: 3 growing')
    assert branches() == 5                                    # three beams, and the best two that were cut
    nb.click('button.nb-grow')
    nb.wait('.nb-status', text='step 2: 3 growing')
    assert branches() == 10
    nb.shot('beams')
    nb.click('button.nb-finish')
    nb.wait('.nb-status', text=re.compile(r'step ([4-9]|1\d)'))
    nb.click('button.nb-stop')
    nb.wait('.nb-status', text='stopped')
    n = int(nb.text('.nb-status').split(':')[0].split()[1])
    assert 4 <= n < 16 and branches() == 5*n
    nb.slide('.nb-step', 2)                                   # back in time
    nb.pg.wait_for_function("document.querySelectorAll('.nb-alive svg polyline').length == 10")
    nb.slide('.nb-tokens', 3)                                 # a shorter search, begun again
    nb.wait('.nb-status', text='step 3: 0 growing')
    nb.fill('.nb-prompt input', 'a whale')
    nb.wait('.nb-alive svg text', text='whale')
    nb.slide('.nb-beams', 2)
    nb.wait('.nb-status', text='2 finished, the search is over')
    nb.shot('beams_done')

    nb.click('.jp-Notebook .jp-Cell:nth-child(3) .jp-InputPrompt')      # out of the box, where Ctrl+S would stay
    outputs = nb.save()['cells'][1]['outputs']
    stored = [o['data'] for o in outputs if 'image/png' in o.get('data', {})]
    assert len(stored) == 1 and '2 finished' in ''.join(stored[0]['text/plain'])
