"Solutions to the exercises of 02_tokenizer/02_wordpiece."
import unicodedata

from nbformers.tokenizer.wordpiece import bert_clean, bert_words, longest_pieces
from . import judged

def shortest_cut(word, vocab, unknown='[UNK]'):
    best = {0: []}
    for end in range(1, len(word)+1):
        for start in range(end):
            p = ('##' if start else '') + word[start:end]
            if start in best and p in vocab and (end not in best or len(best[start]) + 1 < len(best[end])): best[end] = best[start] + [p]
    return best.get(len(word), [unknown])

def test_greedy_is_not_always_shortest(): judged('tokenizer.wordpiece', 1, shortest_cut, longest_pieces)

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

def of_the_cleaned_text(text, vocab):
    "A wrong answer: places in a text that nobody has."
    return tokens_with_spans(bert_clean(text), vocab)

def test_spans_point_into_the_text_as_it_was(): judged('tokenizer.wordpiece', 2, tokens_with_spans, of_the_cleaned_text)
