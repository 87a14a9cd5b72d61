"Solutions to the exercises of 19_words."
import re, time

from nbformers.tokenizer.words import WordTokenizer
from . import judged

class RhymeTokenizer(WordTokenizer):
    "A word as its beginning and its rhyme: the last vowels and what follows."
    special_defaults = dict(unk_token='?')
    def words(self, text): return [p for w in text.lower().split() for p in re.match(r'(.*?)([aeiouy]+[^aeiouy]*)?$', w).groups() if p]
    def convert_tokens_to_string(self, tokens, **kwargs): return ''.join(tokens)

class Letters(WordTokenizer):
    def words(self, text): return list(text.replace(' ', ''))

def test_rhymes(): judged('tokenizer.words', 1, RhymeTokenizer, Letters)

def share_of_python(tok, rust, lines):
    "2: what is left of the time when the work that both do is taken away."
    def seconds(f):
        start = time.process_time()
        for _ in range(3): f(lines)
        return time.process_time() - start
    both, fast = seconds(tok), seconds(rust.encode_batch)
    return min(max(1 - fast/both, 1e-6), 1 - 1e-6)

def test_share_of_python(): judged('tokenizer.words', 2, share_of_python, lambda tok, rust, lines: .5, lambda tok, rust, lines: (tok(lines), .5)[1], lambda tok, rust, lines: len(tok(lines).input_ids))
