"The first five minutes: what the README says runs as it stands and quietly, and what a newcomer gets wrong is answered with the way out."
import json, re
from pathlib import Path
import pytest
from nbformers import AutoModelForCausalLM, AutoTokenizer, Trainer, TrainingArguments, pipeline
import nbformers

ROOT = Path(__file__).resolve().parents[1]

def cells(nb): return [''.join(c['source']) for c in json.loads((ROOT/nb).read_text(encoding='utf-8'))['cells'] if c['cell_type'] == 'code']

def readme():
    "The README's Python that runs: fences that are followed by use, not the quoted architecture."
    return [b for b in re.findall(r'^```python\n(.*?)^```', (ROOT/'README.md').read_text(encoding='utf-8'), flags=re.S | re.M) if not b.startswith('class ')]

def test_readme_is_the_index():
    assert [b.strip() for b in readme()] == [c.strip() for c in cells('nbs/index.ipynb')]

def test_readme_runs_and_warns_of_nothing(python):
    p = python('\n'.join(readme()), ok=False, PYTHONWARNINGS='error')
    assert p.returncode == 0 and p.stderr == '', p.stderr[-2000:]
    assert re.match(r"\[\{'label': 'POSITIVE', 'score': 0\.99", p.stdout) and 'The sea' in p.stdout

@pytest.mark.slow
def test_tour_runs_and_warns_of_one_thing(python):
    "Every code cell of the quick tour up to its training, which takes a minute and is run by `make tour`; then the head that is new, which is said."
    code = [c for c in cells('nbs/tutorials/01_tour.ipynb') if not c.startswith('#| hide') and 'eval: false' not in c]
    upto = next(i for i, c in enumerate(code) if 'trainer.train()' in c)
    p = python('\n'.join(code[:upto]).replace('\nlive\n', '\nprint(live)\n'), ok=False, PYTHONWARNINGS='error')
    assert p.returncode == 0 and p.stderr == '', p.stderr[-2000:]
    load = next(l for l in code[upto].splitlines() if l.startswith('model = '))
    p = python('from nbformers import AutoModelForSequenceClassification\n' + load, ok=False)
    assert p.returncode == 0 and len(re.findall('Warning', p.stderr)) == 1 and 'classifier' in p.stderr, p.stderr

def test_the_architecture_shown_is_the_package_s():
    shown = re.search(r'^```python\n(class Qwen3Config.*?)^```', (ROOT/'README.md').read_text(encoding='utf-8'), flags=re.S | re.M)[1].splitlines()
    source = (ROOT/'nbformers/models/qwen3.py').read_text(encoding='utf-8')
    code = [l for l in source[source.index('class Qwen3Config'):].splitlines() if l.strip() and not l.startswith('# %%')]
    assert shown == code and len(shown) == 12

def test_the_moving_picture_moves_and_is_small():
    from PIL import Image
    f = ROOT/'nbs/images/writing.gif'
    assert f.stat().st_size < 600_000
    im = Image.open(f)
    frames = []
    for i in range(im.n_frames): im.seek(i); frames.append(im.convert('RGB').tobytes())
    assert len(frames) > 10 and len(set(frames)) == len(frames)

def test_the_moving_picture_is_what_the_model_does(root, monkeypatch):
    "Shares of attention sum to one, the drawn token continues the text, and a page can be drawn of it."
    monkeypatch.syspath_prepend(str(root/'tools'))
    import moving_picture
    steps = moving_picture.frames_of(tokens=3)
    for s, later in zip(steps, steps[1:]):
        assert len(s['look']) == len(s['words']) and abs(sum(s['look']) - 1) < 1e-4
        assert [w for w, _, drawn in s['next'] if drawn] == [later['words'][-1]] and later['words'][:-1] == s['words']
    assert ''.join(steps[0]['words']) == moving_picture.PROMPT
    assert moving_picture.page(steps[-1], len(steps[0]['words'])).size == (moving_picture.WIDTH, moving_picture.HEIGHT)

LM = 'starter/lm'
WRONG = {   # what a newcomer does, the kind of error, what it says
    'no such name': (lambda: nbformers.AutoModelForCausalML, AttributeError, 'AutoModelForCausalLM'),
    'no such task': (lambda: pipeline('sentiment'), KeyError, "did you mean 'sentiment-analysis'"),
    'neither task nor model': (lambda: pipeline(), ValueError, 'task.*model'),
    'no such starter': (lambda: pipeline('text-generation', model='starter/lmm'), FileNotFoundError, 'There are starter/minilm'),
    'no network': (lambda: AutoModelForCausalLM.from_pretrained('gpt2'), OSError, 'go online once, or choose a starter model'),
    'no folder': (lambda: AutoTokenizer.from_pretrained('./nowhere'), FileNotFoundError, 'there is no folder'),
    'text for ids': (lambda: AutoModelForCausalLM.from_pretrained(LM).generate('The sea'), ValueError, 'not text: generate.*tokenizer'),
    'texts for ids': (lambda: AutoModelForCausalLM.from_pretrained(LM).generate(['The sea']), ValueError, 'not text: generate.*tokenizer'),
    'no such flag': (lambda: pipeline('text-generation', model=LM)('x', max_new_token=3), ValueError, 'did you mean max_new_tokens'),
    'no such argument': (lambda: TrainingArguments(learning_rat=1), TypeError, 'Did you mean learning_rate'),
    'a trainer of nothing': (lambda: Trainer(), ValueError, 'model'),
    'a number for a text': (lambda: AutoTokenizer.from_pretrained(LM)(5), ValueError, 'text is a string'),
    'an Auto class by hand': (lambda: nbformers.AutoModel(), TypeError, 'use AutoModel.from_pretrained'),
    'TensorFlow': (lambda: nbformers.TFAutoModel.from_pretrained('x'), ImportError, 'PyTorch only'),
}
GPU = {
    'device=0': lambda: pipeline('text-generation', model=LM, device=0),
    "device='cuda'": lambda: pipeline('text-generation', model=LM, device='cuda'),
    "device_map='cuda'": lambda: AutoModelForCausalLM.from_pretrained(LM, device_map='cuda'),
}

@pytest.mark.parametrize('what', WRONG)
def test_a_mistake_is_answered_with_the_way_out(what):
    do, kind, says = WRONG[what]
    with pytest.raises(kind, match=says): do()

@pytest.mark.parametrize('what', GPU)
def test_a_device_that_is_not_there(what):
    import torch
    if torch.accelerator.is_available(): pytest.skip('this machine has an accelerator')
    with pytest.raises(ValueError, match="no CUDA device: leave .* out, or use .*'cpu'|leave it out"): GPU[what]()

def test_a_missing_extra_names_its_package():
    from nbformers.config.hub import package_folder
    with pytest.raises(ModuleNotFoundError, match='pip install --no-deps no-such==1'): package_folder(dict(package='no_such_package_here', path='x', pip='no-such==1'))
