"Solutions to the exercises of 19_words."
import random, re, time

from tokenizers import Tokenizer, models, pre_tokenizers

from nbformers.tokenizer.words import WordTokenizer

class RhymeTokenizer(WordTokenizer):
    "A word as its beginning and its rhyme: the last vowels and what follows."
    special_defaults = dict(unk_token='?')
    def words(self, text): return [p for w in text.lower().split() for p in re.match(r'(.*?)([aeiouy]+[^aeiouy]*)?$', w).groups() if p]
    def convert_tokens_to_string(self, tokens, **kwargs): return ''.join(tokens)

def test_rhymes():
    poem = RhymeTokenizer({'?': 0, 's': 1, 'y': 2, 'k': 3, 'sk': 4, 'm': 5, 'eart': 6, 'h': 7, 'p': 8})
    assert poem.tokenize('sky my') == ['sk', 'y', 'm', 'y']
    assert poem.tokenize('heart part') == ['h', 'eart', 'p', 'art']
    assert poem('sky').input_ids[-1] == poem('my').input_ids[-1]                  # they rhyme
    assert poem('part').input_ids == [8, 0]

class Spaced(WordTokenizer):
    special_defaults = dict(unk_token='?')
    def words(self, text): return text.split()

def test_share_of_python():
    r, words = random.Random(0), [f'w{i}' for i in range(500)]
    vocab = {w: i for i, w in enumerate(['?', *words])}
    lines = [' '.join(r.choices(words, k=12)) for _ in range(2000)]
    mine, rust = Spaced(vocab), Tokenizer(models.WordLevel(vocab, unk_token='?'))
    rust.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    start = time.process_time(); ids = mine(lines).input_ids; both = time.process_time() - start
    start = time.process_time(); cut = [mine.pieces(l) for l in lines]; python = time.process_time() - start
    assert ids == [e.ids for e in rust.encode_batch(lines)] and [len(c) for c in cut] == [12]*2000
    assert 0 < python/both < 2                                                    # a share of the whole, noise allowed for
