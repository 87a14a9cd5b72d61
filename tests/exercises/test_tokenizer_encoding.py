"Solutions to the exercises of 02_tokenizer/05_encoding."
import pytest

from nbformers.tokenizer.loading import load_tokenizer

@pytest.fixture(scope='module')
def tok():
    try: return load_tokenizer('starter/minilm')
    except Exception as e: pytest.skip(str(e))

def word_labels(batch, labels, row=0):
    out, last = [], None
    for w in batch.word_ids(row):
        out.append(-100 if w is None or w == last else labels[w]); last = w
    return out

def test_one_label_for_each_first_piece(tok):
    batch = tok(['unfathomable', 'whales', '!'], is_split_into_words=True)
    out = word_labels(batch, [7, 8, 9])
    assert [l for l in out if l != -100] == [7, 8, 9] and out[0] == out[-1] == -100 and len(out) == len(batch.tokens())

def span(batch, start, end, row=0):
    inside = [t for c in range(start, end) if (t := batch.char_to_token(row, c)) is not None]
    return (min(inside), max(inside) + 1) if inside else None

def test_a_span_of_characters_is_a_span_of_tokens(tok):
    text = 'It is an unfathomable sea.'
    batch = tok(text)
    a, b = span(batch, text.index('unf'), text.index(' sea'))
    assert tok.decode(batch.input_ids[a:b]) == 'unfathomable'
    assert span(batch, 2, 3) is None                       # a space
