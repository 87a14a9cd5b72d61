"Solutions to the exercises of 02_tokenizer/05_encoding."
from . import judged

def word_labels(batch, labels, row=0):
    out, last = [], None
    for w in batch.word_ids(row):
        out.append(-100 if w is None or w == last else labels[w]); last = w
    return out

def test_one_label_for_each_first_piece():
    judged('tokenizer.encoding', 1, word_labels, lambda batch, labels: [-100 if w is None else labels[w] for w in batch.word_ids(0)])

def span(batch, start, end, row=0):
    inside = [t for c in range(start, end) if (t := batch.char_to_token(row, c)) is not None]
    return (min(inside), max(inside) + 1) if inside else None

def test_a_span_of_characters_is_a_span_of_tokens(): judged('tokenizer.encoding', 2, span, lambda batch, a, b: span(batch, a, a+1), lambda batch, a, b: (0, 1))
