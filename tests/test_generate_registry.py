"""Generation over the whole text registry. Greedy search and beams stand beside the reference (5.23), every batch beside its rows: a share of the classes,
another one each day; all of them, with all drawn configurations: `cd tests; python -m parity.generating -n 4`. Groups of beams, required words and
contrastive search, and architectures that 5 dropped, are compared with stored answers of 4.45.2 (tests/golden/registry.py)."""
import datetime, json, os, random
import pytest, torch
transformers = pytest.importorskip('transformers')
import nbformers
from nbformers import _registry
from tests.golden import registry as golden
from tests.parity.generating import run_one, writers

transformers.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()
SHARE, DAY = 26, os.environ.get('GENERATE_SEED') or datetime.date.today().isoformat()

@pytest.fixture(autouse=True, scope='module')
def one_thread():
    n = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(n)

DRAWN = random.Random(DAY).sample(writers(), SHARE)

@pytest.mark.parametrize('model_type,name', DRAWN, ids=lambda x: x)
def test_reference_and_rows(model_type, name):
    run_one(model_type, name, first=random.Random(f'{DAY}/{name}').randrange(4))

def test_the_list_is_whole():
    "Every class of the registry that says it can generate is in the sweep, or among the stored answers."
    swept = {n for _,n in writers()} | set(golden.DROPPED.values())
    every = {v.rpartition(':')[2] for d in _registry.architectures.values() for r,v in d.items() if r not in ('config', 'tokenizer') and isinstance(v, str) and ':' in v}
    assert {n for n in every if getattr(nbformers, n).can_generate()} - {'GPT2DoubleHeadsModel', 'OpenAIGPTDoubleHeadsModel'} <= swept

ANSWERS = json.loads(golden.FILE.read_text())

@pytest.mark.parametrize('key', ANSWERS)
def test_stored_answers(key, tmp_path):
    (model_type, name), row = key.split('/'), ANSWERS[key]
    cls = getattr(nbformers, name)
    cls(golden.build(cls, row['config'])).save_pretrained(tmp_path)
    assert golden.rewrite(tmp_path) == row['names'], 'names or shapes on disk are not those of 4.45.2'
    model = cls.from_pretrained(tmp_path).eval()
    for question,want in row.items():
        if question in ('config', 'pad', 'names', 'side'): continue
        kind,i = question.split('/')
        got = golden.ask(model, model_type, kind, int(i), row['pad'], row['side'])
        assert got == want, f'{question} {golden.flags(model_type, kind, int(i), row["pad"])}'
