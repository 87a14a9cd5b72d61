"The live generation widget in a real JupyterLab: type a prompt, move sliders, generate, stop, and find its picture in the saved notebook."
import pytest
from tests.browser.toy import LETTERS
pytestmark = pytest.mark.browser

CELLS = [LETTERS, '''import time
from nbformers.generation.widgets import LiveGeneration
model.register_forward_pre_hook(lambda *a: time.sleep(.15))   # slow enough for a person to press stop
live = LiveGeneration(model, Letters(), 'the sea', max_new_tokens=6, top_k=7)
live''', 'print("last", 6*7)']

def test_live_generation(notebook):
    nb = notebook(CELLS)
    nb.run()
    nb.wait('.nb-status', text='finished: length')
    nb.wait('.nb-alive', text='7 left')                      # the top-k column
    nb.fill('.nb-prompt input', 'a whale')
    nb.slide('.nb-top-k', 3)
    nb.slide('.nb-temperature', 1.5)
    nb.click('button.nb-generate')
    nb.wait('.nb-alive', text='a whale')
    nb.wait('.nb-alive', text='3 left')                      # the distribution changed with the slider
    nb.wait('.nb-status', text='finished: length')
    nb.slide('.nb-tokens', 200)
    nb.click('button.nb-generate')
    nb.wait('.nb-status', text='…')
    nb.wait('.nb-alive', text='a whale')
    nb.click('button.nb-stop')
    nb.wait('.nb-status', text='stopped')
    nb.shot('generation')
    outputs = nb.save()['cells'][1]['outputs']
    static = ''.join(''.join(o.get('data', {}).get('text/html', '')) for o in outputs)
    assert 'nb-static' in static and 'a whale' in static and 'nb-probs' in static
