"The harness itself: a widget in JupyterLab takes input, answers, and leaves a static picture of itself when saved."
import pytest
pytestmark = pytest.mark.browser

CELLS = ['''import ipywidgets as W
from IPython.display import display
box, steps, button = W.Text('hello'), W.IntSlider(3, 1, 10), W.Button(description='Go')
out = W.HTML('')
for w, name in ((box, 'nb-box'), (steps, 'nb-steps'), (button, 'nb-go'), (out, 'nb-out')): w.add_class(name)
button.on_click(lambda _: setattr(out, 'value', f'done {box.value} {steps.value}'))
display(W.VBox([box, steps, button, out]))
display({'text/html': '<b>static view</b>'}, raw=True)''', 'print("last", 6*7)']

def test_widget_answers_and_is_saved(notebook):
    nb = notebook(CELLS)
    nb.run()
    nb.fill('.nb-box input', 'bonjour')
    nb.slide('.nb-steps', 7)
    nb.click('button.nb-go')
    nb.wait('.nb-out', text='done')
    assert nb.text('.nb-out') == 'done bonjour 7'
    nb.wait(text='last 42')
    nb.shot('lab')
    outputs = nb.save()['cells'][0]['outputs']
    assert any('static view' in ''.join(o.get('data', {}).get('text/html', '')) for o in outputs)

def test_failing_cell_fails_the_test(notebook):
    nb = notebook(['1/0'])
    with pytest.raises(pytest.fail.Exception, match='ZeroDivisionError'): nb.run()
