"Solutions to the exercises of 02_tokenizer/01_bpe."
from collections import Counter, defaultdict

from nbformers.tokenizer.bpe import _BYTE, count_pairs, merge_pair, split_words, to_visible, train_bpe
from . import judged

def fast_bpe(texts, vocab_size):
    vocab = {t: i for i, t in enumerate(sorted(_BYTE))}
    counts = Counter(to_visible(w) for t in texts for w in split_words(t))
    words, weights = [tuple(w) for w in counts], list(counts.values())
    pairs, where, merges = Counter(), defaultdict(set), []
    def change(i, sign):
        for p, n in count_pairs({words[i]: weights[i]}).items():
            pairs[p] += sign*n
            if sign > 0: where[p].add(i)
            if not pairs[p]: del pairs[p]
    for i in range(len(words)): change(i, 1)
    while len(vocab) < vocab_size and pairs:
        best = min(pairs, key=lambda p: (-pairs[p], vocab[p[0]], vocab[p[1]]))
        merges.append(best); vocab.setdefault(best[0] + best[1], len(vocab))
        for i in list(where.pop(best)):
            change(i, -1); words[i] = merge_pair(words[i], best); change(i, 1)
    return vocab, merges

def test_the_fast_trainer_learns_the_same():
    judged('tokenizer.bpe', 1, fast_bpe, train_bpe, lambda texts, vocab_size: (fast_bpe(texts, vocab_size)[0], []))

def split_digits(text):
    return [p for w in split_words(text) for p in (list(w) if w.isdigit() else [w[0], *w[1:]] if w[:1] == ' ' and w[1:].isdigit() else [w])]

def test_digits_stand_alone(): judged('tokenizer.bpe', 2, split_digits, split_words)

def dropout(model, visible, p, r):
    w = tuple(visible)
    while len(w) > 1:
        ranked = [(model.ranks[q], i) for i, q in enumerate(zip(w, w[1:])) if q in model.ranks and r.random() >= p]
        if not ranked: return w
        i = min(ranked)[1]
        w = (*w[:i], w[i] + w[i+1], *w[i+2:])
    return w

def test_dropout_gives_other_spellings_of_one_word():
    judged('tokenizer.bpe', 3, dropout, lambda model, visible, p, random: model.word(visible), lambda model, visible, p, random: dropout(model, visible, 1-p, random))
