"Solutions to the exercises of 02_tokenizer/27_sentencepiece_scripts."
from nbformers.tokenizer.sentencepiece_scripts import M2M100Tokenizer
from . import judged

def covered(tok, text):
    pieces = tok.tokenize(text)
    known = [p for p in pieces if tok.convert_tokens_to_ids(p) != tok.unk_token_id]
    size = lambda ps: sum(len(p.strip('▁')) for p in ps)
    return size(known) / max(size(pieces), 1)

def pieces_not_letters(tok, text): return sum(tok.convert_tokens_to_ids(p) != tok.unk_token_id for p in tok.tokenize(text))/len(tok.tokenize(text))

def test_covered(): judged('tokenizer.sentencepiece_scripts', 1, covered, pieces_not_letters, lambda tok, text: 1 - covered(tok, text))

class UpperM2M(M2M100Tokenizer):
    "Answers in capitals: only `_joined`, which makes text of pieces, must know; special tokens stay as they are."
    def _joined(self, tokens): return super()._joined(tokens).upper()

class Loud(M2M100Tokenizer):
    def decode(self, *args, **kwargs): return super().decode(*args, **kwargs).upper()

def test_capitals(): judged('tokenizer.sentencepiece_scripts', 2, UpperM2M, Loud, M2M100Tokenizer)
