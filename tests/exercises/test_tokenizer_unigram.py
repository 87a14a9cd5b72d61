"Solutions to the exercises of 02_tokenizer/03_unigram."
import itertools, math
from collections import Counter

from nbformers.tokenizer.unigram import best_path, edges, expected_uses, mark_spaces, train_unigram

TOY = {p: math.log(q) for p, q in {'u': .05, 'n': .06, 'd': .04, 'o': .05, 'i': .06, 'g': .03, 'un': .12, 'do': .14, 'in': .05, 'ing': .2, 'undo': .02, 'doing': .09, 'und': .01, 'oi': .01}.items()}

def n_best(word, scores, n):
    ways = [[(0., [])], *([] for _ in word)]
    for i, ends in enumerate(edges(word, scores)):
        ways[i] = sorted(ways[i], key=lambda w: -w[0])[:n]
        for j in ends: ways[j] += [(s + scores[word[i:j]], [*cut, word[i:j]]) for s, cut in ways[i]]
    return sorted(ways[-1], key=lambda w: -w[0])[:n]

def test_n_best():
    word = 'undoing'
    cuts = ([word[a:b] for a, b in itertools.pairwise((0, *c, len(word)))] for n in range(len(word)) for c in itertools.combinations(range(1, len(word)), n))
    known = sorted((c for c in cuts if all(p in TOY for p in c)), key=lambda c: -sum(TOY[p] for p in c))
    assert [c for _, c in n_best(word, TOY, 5)] == known[:5]
    assert n_best(word, TOY, 1)[0][1] == best_path(word, TOY)[0]

def perplexity(scores, text):
    words = Counter(mark_spaces(w) for w in text.split())
    return -sum(n*expected_uses(w, scores)[1] for w, n in words.items()) / sum(n*len(w) for w, n in words.items())

def test_perplexity():
    page = 'the whale swam and the sea was calm while the whalers watched the water and waited for the whale to rise from the sea again'
    following = 'the whalers saw the whale rise and the water was calm'
    values = {n: perplexity(train_unigram([page], n), following) for n in (20, 40, 60)}
    assert all(math.isfinite(v) and v > 0 for v in values.values())
    assert perplexity(train_unigram([page], 60), page) < perplexity(train_unigram([page], 20), page)   # more pieces fit the page they were learnt from better
