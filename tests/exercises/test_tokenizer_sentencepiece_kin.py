"Solutions to the exercises of 02_tokenizer/25_sentencepiece_kin."
from collections import Counter

from nbformers.tokenizer.sentencepiece import NORMAL
from . import judged

def corrupt(tok, text, spans):
    words, question, answer, at = text.split(), [], [], 0
    for k, (a, b) in enumerate(spans):
        question += [*words[at:a], f'<extra_id_{k}>']; answer += [f'<extra_id_{k}>', *words[a:b]]; at = b
    return tok(' '.join([*question, *words[at:]])).input_ids, tok(' '.join([*answer, f'<extra_id_{len(spans)}>'])).input_ids

def one_sentinel(tok, text, spans):
    q, a = corrupt(tok, text, spans)
    first, second = tok.convert_tokens_to_ids(['<extra_id_0>', '<extra_id_1>'])
    return [first if i == second else i for i in q], a

def test_corrupt(): judged('tokenizer.sentencepiece_kin', 1, corrupt, one_sentinel, lambda tok, text, spans: corrupt(tok, text, spans)[::-1])

def shifts(sp, tok):
    return Counter(tok.convert_tokens_to_ids(p) - i for i, (p, _, k) in enumerate(sp.pieces) if k == NORMAL)

def test_shifts(): judged('tokenizer.sentencepiece_kin', 2, shifts, lambda sp, tok: {1: 6}, lambda sp, tok: {-k: n for k, n in shifts(sp, tok).items()})
