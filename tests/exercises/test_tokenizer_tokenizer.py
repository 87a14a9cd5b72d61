"Solutions to the exercises of 02_tokenizer/07_tokenizer."
import pytest

from nbformers.tokenizer.loading import load_tokenizer

@pytest.fixture(scope='module')
def tok():
    try: return load_tokenizer('starter/minilm')
    except Exception as e: pytest.skip(str(e))

def batches(tok, texts, n):
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    for a in range(0, len(texts), n): yield order[a:a+n], tok([texts[i] for i in order[a:a+n]], padding=True)

def filler(batch): return sum(m.count(0) for m in batch['attention_mask'])

def test_sorting_saves_filler(tok):
    texts = ['sea', 'call me Ishmael and see the watery part of the world', 'a', 'it is a damp drizzly November in my soul', 'I', 'having little or no money in my purse and nothing']
    got = list(batches(tok, texts, 2))
    assert sorted(i for order, _ in got for i in order) == list(range(6))
    plain = sum(filler(tok(texts[a:a+2], padding=True)) for a in range(0, 6, 2))
    assert sum(filler(b) for _, b in got) < plain/2

def windows(tok, text, n, stride):
    ids, room = tok.encode(text, add_special_tokens=False), n - tok.num_special_tokens_to_add()
    out, start = [], 0
    while True:
        out.append(tok.build_inputs_with_special_tokens(ids[start:start+room]))
        if start + room >= len(ids): return out
        start += room - stride

def test_windows_by_hand(tok):
    text = 'having little or no money in my purse and nothing particular to interest me on shore'
    for n, stride in ((8, 0), (8, 2), (10, 5), (99, 3)):
        assert windows(tok, text, n, stride) == tok(text, max_length=n, stride=stride, truncation=True, return_overflowing_tokens=True)['input_ids']
