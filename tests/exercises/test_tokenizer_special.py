"Solutions to the exercises of 02_tokenizer/06_special."
from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers

from nbformers.tokenizer.special import SpecialTokens

def words(vocab):
    rust = Tokenizer(models.WordLevel(vocab, unk_token='<unk>')); rust.pre_tokenizer = pre_tokenizers.Whitespace()
    return SpecialTokens(rust, unk_token='<unk>')

def test_whole_words_only():
    tok = words({'<unk>': 0, 'the': 1})
    tok.add_tokens([AddedToken('name', single_word=True)])
    assert 'name' in tok.backend_tokenizer.encode('the name').tokens if hasattr(tok, 'backend_tokenizer') else 'name' in tok._rust.encode('the name').tokens
    assert 'name' not in tok._rust.encode('the names').tokens

def free_numbers(tok): return sorted(set(range(max(tok.get_vocab().values()) + 1)) - set(tok.get_vocab().values()))

def test_holes():
    assert free_numbers(words({'<unk>': 0, 'the': 3})) == [1, 2]
    assert free_numbers(words({'<unk>': 0, 'the': 1})) == []
