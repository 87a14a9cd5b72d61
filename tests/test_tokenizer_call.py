"""Every option of the tokenizer's call, alone and in random company, on every shape of input, beside the reference: the same
answers (values, types, encodings) or an error in both. NBFORMERS_SEED draws others, NBFORMERS_CALLS sets how many."""
import itertools, os, random, warnings

import numpy as np
import pytest
import torch

transformers = pytest.importorskip('transformers')
from nbformers import AutoTokenizer  # noqa: E402
from tests.real_tokenizers import folder  # noqa: E402
from tests.seeds import SEED  # noqa: E402
from transformers.tokenization_utils_base import TensorType, TruncationStrategy  # noqa: E402
from transformers.utils import PaddingStrategy  # noqa: E402

N = int(os.environ.get('NBFORMERS_CALLS', 300))
A, B = 'Call me Ishmael.', 'It is a way I have'
LONG = 'Call me Ishmael. Some years ago—never mind how long precisely—having little or no money in my purse, 東京 🐋 naïve and nothing particular'
GOOD = dict(one=A, empty='', long=LONG, special='a [SEP]<s></s><|endoftext|> b', batch=[A, '', LONG], single=[B], pair_of_texts=(A, B), tuples=[(A, LONG), (B, '')], lists=[[A, B], [LONG, A]],
            words=['Call', 'me', 'Ishmael', ''], words_batch=[['Call', 'me'], ['unfathomable', '', '🐋'], []], words_pairs=[(['a', 'b'], ['c', 'd e']), (['f'], ['g', 'h'])], same_batch=[B, LONG, A], words_same=[['a'], ['b', 'c'], ['whale']])
BAD = dict(number=3, numbers=[3], hole=[A, None], mixed=[A, (A, B)], mapping={'a': 1}, raw=b'abc', surrogate='a\ud800b', array=np.array([A, B]), deep=[[[A]]], nothing=None)
TEXTS = {**GOOD, **BAD}
OPTIONS = dict(
    add_special_tokens=[True, False], padding=[False, True, 'longest', 'max_length', 'do_not_pad', PaddingStrategy.LONGEST, PaddingStrategy.MAX_LENGTH],
    truncation=[None, True, False, 'longest_first', 'only_first', 'only_second', 'do_not_truncate', TruncationStrategy.ONLY_FIRST], max_length=[None, 3, 4, 5, 8, 16, 40], stride=[0, 1, 2, 5],
    is_split_into_words=[False, True], pad_to_multiple_of=[None, 8, 3], padding_side=[None, 'left', 'right'], return_tensors=[None, 'pt', 'np', TensorType.PYTORCH], return_token_type_ids=[None, True, False],
    return_attention_mask=[None, True, False], return_overflowing_tokens=[False, True], return_special_tokens_mask=[False, True], return_offsets_mapping=[False, True], return_length=[False, True], verbose=[True, False],
    split_special_tokens=[None, True, False], tokenizer_kwargs=[None, {'padding': True}, {'max_length': 6, 'truncation': True}], max_target_length=[None, 4], truncation_side=['right', 'left'])
WRONG = dict(padding=['bad', None, 3], truncation=['bad', 3], padding_side=['top'], return_tensors=['tf', 'bad'], max_length=[-1, '5', 7.5], stride=[-1, '2'], pad_to_multiple_of=['8'])

loaded = {}
@pytest.fixture(params=['minilm', 'gpt2', 'llama3', 'gemma', 't5_seqio', 'botchan_unigram'])
def both(request):
    name = request.param
    if name not in loaded:
        loaded[name] = AutoTokenizer.from_pretrained(folder(name)), transformers.AutoTokenizer.from_pretrained(folder(name))
        for t in loaded[name]: t.pad_token = t.pad_token or t.eos_token
    return loaded[name]

def run(tok, args, kw):
    kw = dict(kw)
    tok.truncation_side = kw.pop('truncation_side', 'right')
    try:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            return tok(*args, **kw)
    except BaseException as e:                               # the Rust library panics past `Exception`
        if isinstance(e, (KeyboardInterrupt, SystemExit)): raise
        return e

def difference(a, b):
    "What is not the same in two answers, `None` if nothing."
    if isinstance(b, BaseException): return None if isinstance(a, Exception) else f'the reference raises {b!r}'
    if isinstance(a, BaseException): return f'ours raises {a!r}'
    if set(a) != set(b.keys()): return f'names {sorted(a)} and {sorted(b.keys())}'
    for k, x in a.items():
        y = b[k]
        if isinstance(y, torch.Tensor): same = isinstance(x, torch.Tensor) and x.shape == y.shape and x.dtype == y.dtype and torch.equal(x, y)
        elif isinstance(y, np.ndarray): same = isinstance(x, np.ndarray) and x.shape == y.shape and x.dtype == y.dtype and all(np.array_equal(p, q) for p, q in zip(x, y))
        else: same = type(x) is type(y) and x == y
        if not same: return f'{k}: {x} and {y}'
    if a.n_sequences != b.n_sequences or a.is_fast != b.is_fast: return 'n_sequences or is_fast'
    for e, f in zip(a.encodings or [], b.encodings or [], strict=True):
        for at in ('ids', 'type_ids', 'tokens', 'offsets', 'attention_mask', 'special_tokens_mask', 'word_ids', 'sequence_ids'):
            if getattr(e, at) != getattr(f, at): return f'encodings, {at}: {getattr(e, at)} and {getattr(f, at)}'

def understood(text, pair, kw, a, b):
    "The few cases in which ours departs on purpose."
    said = str(a) if isinstance(a, Exception) else ''
    if 'leaves no room' in said: return True                  # the reference does not cut at all when the frame alone is too long
    if 'must be below' in said: return True                   # it panics, but only where a row has to be cut
    if 'list of words' in said and any(isinstance(t, str) and isinstance(p, str) for t, p in ((text, pair), (kw.get('text_target'), kw.get('text_pair_target')))): return True   # it reads two texts as two words of one
    if isinstance(b, IndexError) and len(text) == 0: return not isinstance(a, Exception)      # a batch of none is a batch
    return kw.get('is_split_into_words') and any(isinstance(t, np.ndarray) for t in (text, pair))         # an array of words is taken

def check(both, args, kw, seen):
    a, b = run(both[0], args, kw), run(both[1], args, kw)
    d = difference(a, b)
    if d and understood(args[0] if args else kw.get('text'), args[1] if len(args) > 1 else kw.get('text_pair'), kw, a, b): seen.append('understood')
    else:
        assert d is None, f'seed {SEED}: tokenizer(*{args}, **{kw}): {d}'
        seen.append('error' if isinstance(b, BaseException) else 'same')

def words(name): return name.startswith('words')

def test_each_option_alone(both):
    "Every value of every option, on every good input and a pair."
    seen = []
    for (k, values), name in itertools.product(OPTIONS.items(), GOOD):
        for v in values: check(both, [GOOD[name]], {'is_split_into_words': words(name), k: v, 'verbose': False, **({'max_length': 8} if k in ('truncation', 'stride') else {})}, seen)
    for (k, values), pair in itertools.product(OPTIONS.items(), [(A, LONG), (GOOD['batch'], GOOD['same_batch']), ('', A), (LONG, '')]):
        for v in values: check(both, pair, {k: v, 'verbose': False, **({'max_length': 12, 'truncation': True} if k in ('stride', 'return_overflowing_tokens', 'truncation_side') else {})}, seen)
    assert seen.count('same') > .7*len(seen)

def test_wrong_values_and_wrong_inputs(both):
    seen = []
    for k, values in WRONG.items():
        for v, text in itertools.product(values, (A, [A, B])): check(both, [text], {'truncation': True, 'max_length': 8, 'padding': True, k: v, 'verbose': False}, seen)
    for bad, other in itertools.product(BAD, ('one', 'batch', None)):
        check(both, [BAD[bad]] if other is None else [GOOD[other], BAD[bad]], {'verbose': False}, seen)
        check(both, [BAD[bad]] if other is None else [BAD[bad], GOOD[other]], {'verbose': False, 'is_split_into_words': True}, seen)
    assert seen.count('error') > .7*len(seen)

def draw(r):
    "A text, often a pair, and up to twelve options."
    kw = {k: r.choice(OPTIONS[k]) for k in r.sample(list(OPTIONS), r.choice((1, 2, 3, 4, 6, 8, 12)))} | {'verbose': False}
    name = r.choice(list(GOOD)) if r.random() < .97 else r.choice(list(BAD))
    if r.random() < .9: kw['is_split_into_words'] = words(name)
    text, pair = TEXTS[name], None
    if r.random() < .4: pair = TEXTS[{'batch': 'same_batch', 'words_batch': 'words_same', 'words': 'words', 'single': 'single', 'pair_of_texts': 'pair_of_texts'}.get(name, 'long')]
    if r.random() < .1: kw |= {'text_target': r.choice((A, LONG, GOOD['batch'])), 'text_pair_target': r.choice((None, None, LONG))}
    if r.random() < .6 and 'truncation' in kw: kw.setdefault('max_length', r.choice((6, 10, 20)))
    if r.random() < .03: k = r.choice(list(WRONG)); kw[k] = r.choice(WRONG[k])
    return [text] if pair is None else [text, pair], kw

def test_options_in_random_company(both):
    r, seen = random.Random(SEED), []
    for _ in range(N): check(both, *draw(r), seen)
    assert seen.count('same') > .4*N and seen.count('understood') < .1*N, (SEED, {k: seen.count(k) for k in set(seen)})

def test_overflow_with_stride_and_pairs(both):
    "Windows over long texts: every strategy, side and filling."
    seen = []
    for pair, how, n, stride, side, fill, where in itertools.product([(A, LONG), (LONG, A), ([A, LONG], [LONG, A])], ['longest_first', 'only_first', 'only_second'], [14, 30], [0, 1, 4], ['right', 'left'], [False, True, 'max_length'], ['left', 'right']):
        check(both, pair, dict(truncation=how, max_length=n, stride=stride, truncation_side=side, padding=fill, padding_side=where, return_overflowing_tokens=True, return_offsets_mapping=True, return_special_tokens_mask=True,
                               return_tensors='pt' if fill else None, verbose=False), seen)
    assert seen.count('same') > .3*len(seen)

def test_targets(both):
    seen = []
    for kw in (dict(), dict(padding=True), dict(truncation=True, max_length=8), dict(truncation=True, max_length=8, max_target_length=4), dict(max_target_length=4), dict(padding='max_length', max_length=12, max_target_length=20), dict(return_tensors='pt', padding=True)):
        for args in (dict(text_target=A), dict(text=A, text_target=LONG), dict(text=[A, LONG], text_target=[LONG, B]), dict(text=A, text_target=A, text_pair_target=B), dict(text=[['a', 'b']], text_target=[['c']], is_split_into_words=True)):
            check(both, [], {**args, **kw, 'verbose': False}, seen)
    assert seen.count('same') > .8*len(seen)
