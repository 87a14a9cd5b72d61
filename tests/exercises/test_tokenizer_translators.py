"Solutions to the exercises of 02_tokenizer/26_translators."
import copy
from . import judged

def way_back(tok):
    out = copy.deepcopy(tok)
    out.src_lang, out.tgt_lang = tok.tgt_lang, tok.src_lang
    return out

def turned_round(tok):
    "A wrong answer: the tokenizer that was given changes too."
    tok.src_lang, tok.tgt_lang = tok.tgt_lang, tok.src_lang
    return tok

def test_way_back(): judged('tokenizer.translators', 1, way_back, turned_round, lambda tok: tok)

def frame(tok, lang):
    other = copy.deepcopy(tok); other.src_lang = lang
    empty, full = other('').tokens(), other('sea').tokens()
    n = next((i for i, (a, b) in enumerate(zip(empty, full)) if a != b), len(empty))
    return empty[:n], empty[n:]

def test_frame(): judged('tokenizer.translators', 2, frame, lambda tok, lang: ([lang], ['</s>']), lambda tok, lang: frame(tok, 'en_XX'))
