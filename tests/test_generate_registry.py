"""Generation over the whole text registry. Greedy search and beams stand beside the reference (5.23), every batch beside its rows: one class of each family
(NBFORMERS_SEED draws another); all of them, with all drawn configurations: `cd tests; python -m parity.generating -n 4`. Groups of beams, required words and
contrastive search, and architectures that 5 dropped, are compared with stored answers of 4.45.2 (tests/golden/registry.py)."""
import json, random, re
import pytest, torch
transformers = pytest.importorskip('transformers')
import nbformers
from nbformers import _registry
from tests.golden import registry as golden
from tests.parity.generating import run_one, writers
from tests.seeds import SEED, share

transformers.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()

@pytest.fixture(autouse=True, scope='module')
def one_thread():
    n = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(n)

def family(writer):
    "The chapter that a model stands in; encoders that learn to write, BERT's kin, are one family."
    masked = re.sub('ForCausalLM|LMHeadModel', 'ForMaskedLM', writer[1])
    return 'encoder' if masked.endswith('ForMaskedLM') and hasattr(nbformers, masked) else getattr(nbformers, writer[1]).__module__

DRAWN = share(writers(), family)

@pytest.mark.parametrize('model_type,name', DRAWN, ids=lambda x: x)
def test_reference_and_rows(model_type, name):
    run_one(model_type, name, first=random.Random(f'{SEED}/{name}').randrange(4))

def test_the_list_is_whole():
    "Every class of the registry that says it can generate is in the sweep, or among the stored answers; Whisper hears, and is compared in test_sound."
    swept = {n for _,n in writers()} | set(golden.DROPPED.values())
    every = {v.rpartition(':')[2] for d in _registry.architectures.values() for r,v in d.items() if r not in ('config', 'tokenizer') and isinstance(v, str) and ':' in v}
    assert {n for n in every if getattr(nbformers, n).can_generate()} - {'GPT2DoubleHeadsModel', 'OpenAIGPTDoubleHeadsModel', 'WhisperForConditionalGeneration', 'WhisperForCausalLM'} <= swept

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
