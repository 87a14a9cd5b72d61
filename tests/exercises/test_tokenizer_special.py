"Solutions to the exercises of 02_tokenizer/06_special."
from tokenizers import AddedToken
from . import judged

def whole_words(tok): tok.add_tokens([AddedToken('name', single_word=True)])

def test_whole_words_only(): judged('tokenizer.special', 1, whole_words, lambda tok: tok.add_tokens(['name']))

def free_numbers(tok): return sorted(set(range(max(tok.get_vocab().values()) + 1)) - set(tok.get_vocab().values()))

def test_holes(): judged('tokenizer.special', 2, free_numbers, lambda tok: [], lambda tok: free_numbers(tok)[::-1])
