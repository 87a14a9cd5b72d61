"Live training curves in a real JupyterLab: they move, pause, go on and stop while the cell runs, and leave a picture."
import re
import pytest
pytestmark = pytest.mark.browser

SETUP = '''import tempfile, time, torch
from torch import nn
from nbformers import LiveCurves, Trainer, TrainingArguments
class Toy(nn.Module):
    def __init__(self): super().__init__(); self.net = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 2))
    def forward(self, input_ids, labels=None):
        time.sleep(.01)
        logits = self.net(input_ids)
        return dict(loss=nn.functional.cross_entropy(logits, labels), logits=logits)
torch.manual_seed(0)
rows = [dict(input_ids=x, labels=int(x.sum() > 0)) for x in torch.randn(64, 8)]
args = TrainingArguments(tempfile.mkdtemp(), max_steps=20_000, save_strategy='no', learning_rate=1e-2, eval_strategy='steps', eval_steps=100)
curves = LiveCurves()
trainer = Trainer(Toy(), args, train_dataset=rows, eval_dataset=rows, callbacks=[curves])'''

def step(nb): return int(re.search(r'step (\d+)', nb.text('.nb-status'))[1])

def moved(nb, at):
    "The step shown, once it is a later one than this."
    for _ in range(600):
        if (n := step(nb)) > at: return n
        nb.pg.wait_for_timeout(200)
    nb.fail(f'the curves stand still at step {at}')

def start(nb):
    "Run all cells without waiting for the last one, which trains."
    nb.pg.get_by_role('menuitem', name='Run', exact=True).click()
    nb.pg.get_by_role('menuitem', name='Run All Cells', exact=True).click()

def test_curves_move_pause_and_stop(notebook):
    nb = notebook([SETUP, 'out = trainer.train(); print("ENDED", out.global_step)'])
    nb.idle()
    start(nb)
    nb.wait('.nb-curves polyline')
    nb.wait('.nb-status', text='training')
    a = step(nb)
    moved(nb, a)                                                   # the curves move
    nb.wait('.nb-curves', text='eval')                             # evaluations appear among them
    nb.click('button.nb-pause')
    nb.wait('.nb-status', text='paused')
    c = step(nb)
    nb.shot('curves')
    nb.pg.wait_for_timeout(1200)
    assert step(nb) == c                                           # paused, while the cell runs
    assert nb.text('button.nb-pause').strip() == 'Resume'
    nb.click('button.nb-pause')
    nb.wait('.nb-status', text='training')
    d = moved(nb, c)                                               # and on
    nb.click('button.nb-stop')
    nb.wait(text='ENDED')
    nb.idle()
    ended = int(re.search(r'ENDED (\d+)', nb.wait(text='ENDED').inner_text())[1])
    assert d <= ended < 20_000
    assert not nb.failure()
    nb.shot('curves_done')
    outputs = nb.save()['cells'][1]['outputs']
    assert any('image/png' in o.get('data', {}) for o in outputs)  # a picture stays in the file
    assert any('<progress' in ''.join(o.get('data', {}).get('text/html', '')) for o in outputs)
