"Solutions to the exercises of 02_tokenizer/02_wordpiece."
import unicodedata

import pytest

from nbformers.config.hub import starter_folder
from nbformers.tokenizer.wordpiece import bert_clean, bert_words, longest_pieces

def shortest_cut(word, vocab, unknown='[UNK]'):
    best = {0: []}
    for end in range(1, len(word)+1):
        for start in range(end):
            p = ('##' if start else '') + word[start:end]
            if start in best and p in vocab and (end not in best or len(best[start]) + 1 < len(best[end])): best[end] = best[start] + [p]
    return best.get(len(word), [unknown])

def test_greedy_is_not_always_shortest():
    vocab = {p: i for i, p in enumerate(['ab', 'a', '##c', '##d', '##bcd', '##cd'])}
    assert longest_pieces('abcd', vocab) == ['ab', '##cd'] and len(shortest_cut('abcd', vocab)) == 2
    vocab.pop('##cd')
    assert longest_pieces('abcd', vocab) == ['ab', '##c', '##d'] and shortest_cut('abcd', vocab) == ['a', '##bcd']

def test_a_real_word_that_greed_cuts_badly():
    try: folder = starter_folder('starter/minilm')
    except Exception as e: pytest.skip(str(e))
    vocab = {p: i for i, p in enumerate((folder/'vocab.txt').read_text().split('\n')) if p}
    words = ['undoing', 'unfathomable', 'whaleman', 'tokenization', 'interpretable', 'reconnoiter', 'disembarkation', 'fisherwomen', 'seafaring']
    worse = [w for w in words if len(shortest_cut(w, vocab)) < len(longest_pieces(w, vocab))]
    assert all(len(shortest_cut(w, vocab)) <= len(longest_pieces(w, vocab)) for w in words)
    assert isinstance(worse, list)

def tokens_with_spans(text, vocab):
    cleaned, origin = '', []
    for i, c in enumerate(text):
        new = bert_clean(c)
        cleaned += new; origin += [i]*len(new)
    out, at = [], 0
    for w in bert_words(cleaned):
        at = cleaned.index(w, at); start = at
        for p in longest_pieces(w, vocab):
            n = len(w) if p == '[UNK]' else len(p.removeprefix('##'))
            a, b = origin[start], origin[start+n-1] + 1
            while b < len(text) and unicodedata.category(text[b]) == 'Mn': b += 1
            out.append((p, (a, b))); start += n
        at += len(w)
    return out

def test_spans_point_into_the_text_as_it_was():
    vocab = {p: i for i, p in enumerate(['[UNK]', 'cafe', 'na', '##ive', '!'])}
    text = 'CAFÉ  naïve!'
    assert [(p, text[a:b]) for p, (a, b) in tokens_with_spans(text, vocab)] == [('cafe', 'CAFÉ'), ('na', 'na'), ('##ive', 'ïve'), ('!', '!')]
