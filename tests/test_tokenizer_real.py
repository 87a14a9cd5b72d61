"""Real tokenizers from the registries: a share of `make fuzz` (NBFORMERS_SEED draws another, said when it fails), threads, saving.
NBFORMERS_FUZZ=20000 makes the share the whole."""
import os, random
from concurrent.futures import ThreadPoolExecutor

import pytest

transformers = pytest.importorskip('transformers')
from nbformers import AutoTokenizer  # noqa: E402
from tests import tokenizer_fuzz as fuzz  # noqa: E402
from tests.real_tokenizers import JSON, folder  # noqa: E402
from tests.seeds import SEED  # noqa: E402

N = int(os.environ.get('NBFORMERS_FUZZ', 200))
SLOW = {'jurassic2'}                                          # the reference needs more than a minute to read it: `make fuzz`

@pytest.mark.parametrize('name', [n for n in fuzz.NAMES if n not in SLOW or N >= 20_000])
@pytest.mark.filterwarnings('ignore')
def test_fuzz(name):
    "Ids, offsets and decoded text on random strings: those of the Rust library and of the reference."
    found = fuzz.report(name, N, SEED)
    assert not found, '\n'.join([f'again with: python tests/tokenizer_fuzz.py {name} --strings {N} --seed {SEED}', *found])

def test_the_strings_follow_from_the_seed():
    a = list(fuzz.strings(500, 7, ['<s>', '</s>']))
    assert a == list(fuzz.strings(500, 7, ['<s>', '</s>'])) != list(fuzz.strings(500, 8, ['<s>', '</s>']))
    text = ''.join(a)
    assert all(c in text for c in '\x00\u0301東🐋\u200dг') and '<s>' in text and max(map(len, a)) > 500

TEXTS = ['Call me Ishmael. Some years ago, never mind how long precisely, having little or no money in my purse.', 'sea', '', '東京 🐋 naïve', 'a <s></s><|endoftext|> [SEP] b'*3]
SETTINGS = [dict(padding=p, truncation=t, max_length=n, stride=n % 3, padding_side=s, return_overflowing_tokens=o, return_tensors=r)
            for n in range(6, 22) for p, t, s, o, r in (('max_length', True, 'left', False, 'np'), (True, 'longest_first', 'right', True, None))]
SETTINGS += [dict(padding=True), dict(padding=True, pad_to_multiple_of=8, padding_side='left'), dict(split_special_tokens=True), {}, dict(add_special_tokens=False), dict(return_offsets_mapping=True)]

def plain(batch): return {k: v.tolist() if hasattr(v, 'tolist') else v for k, v in batch.items()} | {'tokens': [e.tokens for e in batch.encodings], 'places': [e.offsets for e in batch.encodings]}

@pytest.mark.parametrize('name', ['minilm', 'gpt2', 'llama2', 'qwen2_5', 'mistral_v3', 't5_seqio'])
def test_32_threads_on_one_object(name):
    "Different padding, truncation, sides, single calls and decoding at once: as alone."
    make = lambda: AutoTokenizer.from_pretrained(folder(name), **({} if name in ('minilm', 't5_seqio', 'qwen2_5') else {'pad_token': '</s>' if name != 'gpt2' else '<|endoftext|>'}))
    shared, one = make(), make()
    def work(tok, i):
        s = SETTINGS[i % len(SETTINGS)]
        batch = tok(TEXTS, verbose=False, **s)
        text = TEXTS[i % len(TEXTS)]
        ids = tok(text, verbose=False)['input_ids']
        return plain(batch), ids, tok.encode(text), tok.decode(ids), tok.batch_decode([ids, ids], skip_special_tokens=True)
    alone = [work(one, i) for i in range(len(SETTINGS)*5)]
    with ThreadPoolExecutor(32) as pool: assert list(pool.map(lambda i: work(shared, i % len(alone)), range(3*len(alone)))) == alone*3

def test_threads_while_tokens_are_added():
    "Encoding goes on while another thread adds tokens: every answer is that of before or of after."
    tok = AutoTokenizer.from_pretrained(folder('gpt2'))
    text = 'kraken0 kraken1 kraken2 kraken3'
    with ThreadPoolExecutor(16) as pool:
        asked = [pool.submit(lambda: (tok(text).input_ids, tok([text], truncation=True, max_length=64).input_ids[0])) for _ in range(200)]
        for i in range(4): tok.add_tokens([f'kraken{i}'])
        answers = [a for f in asked for a in f.result()]
    assert {tok.decode(a) for a in answers} == {text}
    assert len(tok(text).input_ids) == len(tok(text, truncation=True, max_length=64).input_ids) <= 7

@pytest.mark.parametrize('name', ['minilm', 'claude', 'qwen3', 'arabic_sp'])
def test_maps_of_a_batch_are_made_when_asked(name):
    "A batch is encoded without offsets; asked later, it has the reference's."
    ours, theirs = AutoTokenizer.from_pretrained(folder(name)), transformers.AutoTokenizer.from_pretrained(folder(name))
    a, b = ours(TEXTS), theirs(TEXTS)
    assert a._again is not None
    for i, e in enumerate(b.encodings):
        assert a.tokens(i) == b.tokens(i) and a.word_ids(i) == b.word_ids(i) and a[i].offsets == e.offsets
        assert [a.char_to_token(i, c) for c in range(len(TEXTS[i]))] == [b.char_to_token(i, c) for c in range(len(TEXTS[i]))]
    late = ours(TEXTS)
    ours.add_tokens(['Ishmael', 'Ishmael.'])
    with pytest.raises(ValueError, match='was changed'): late.tokens()

@pytest.mark.parametrize('name', ['gpt2', 'llama2', 'gemma', 'minilm', 'arabic_sp'])
def test_decoding_by_table(name):
    "Rows that no encoder makes: ids in any order, ids past the table, bytes that are no character."
    ours, theirs = AutoTokenizer.from_pretrained(folder(name)), transformers.AutoTokenizer.from_pretrained(folder(name))
    r = random.Random(SEED)
    rows = [[r.randrange(len(ours) + 20) for _ in range(r.randrange(12))] for _ in range(2000)] + [[r.randrange(300) for _ in range(r.randrange(12))] for _ in range(1000)]
    assert ours._lookup() is not None
    for skip in (False, True): assert ours.batch_decode(rows, skip_special_tokens=skip) == theirs.batch_decode(rows, skip_special_tokens=skip), SEED
    ours.backend_tokenizer
    assert ours._lookup() is None                             # whoever holds the Rust object may change it
    assert ours.batch_decode(rows) == theirs.batch_decode(rows)

def test_what_is_fetched():
    assert len(JSON) >= 18 and len(fuzz.NAMES) >= 30
