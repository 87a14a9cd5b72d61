"Solutions to the exercises of 02_tokenizer/03_unigram."
from collections import Counter

from nbformers.tokenizer.unigram import best_path, edges, expected_uses, mark_spaces
from . import judged

def n_best(word, scores, n):
    ways = [[(0., [])], *([] for _ in word)]
    for i, ends in enumerate(edges(word, scores)):
        ways[i] = sorted(ways[i], key=lambda w: -w[0])[:n]
        for j in ends: ways[j] += [(s + scores[word[i:j]], [*cut, word[i:j]]) for s, cut in ways[i]]
    return sorted(ways[-1], key=lambda w: -w[0])[:n]

def test_n_best(): judged('tokenizer.unigram', 1, n_best, lambda word, scores, n: [best_path(word, scores)[::-1]]*n, lambda word, scores, n: n_best(word, scores, n)[::-1])

def perplexity(scores, text):
    words = Counter(mark_spaces(w) for w in text.split())
    return -sum(n*expected_uses(w, scores)[1] for w, n in words.items()) / sum(n*len(w) for w, n in words.items())

def of_the_best_cut(scores, text): return -sum(best_path(mark_spaces(w), scores)[1] for w in text.split())/sum(len(mark_spaces(w)) for w in text.split())

def test_perplexity(): judged('tokenizer.unigram', 2, perplexity, of_the_best_cut, lambda scores, text: -perplexity(scores, text))
