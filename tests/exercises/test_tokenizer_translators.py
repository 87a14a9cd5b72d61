"Solutions to the exercises of 02_tokenizer/26_translators."
import copy

from nbformers.tokenizer.sentencepiece import CONTROL, NORMAL, UNKNOWN, SentencePiece
from nbformers.tokenizer.translators import MBART_LANGUAGES, MBart50Tokenizer, MBartTokenizer

SP = SentencePiece([('<unk>', 0., UNKNOWN), ('<s>', 0., CONTROL), ('</s>', 0., CONTROL), *((p, -1., NORMAL) for p in ('▁', '▁sea', '▁meer'))])

def way_back(tok):
    out = copy.deepcopy(tok)
    out.src_lang, out.tgt_lang = tok.tgt_lang, tok.src_lang
    return out

def test_way_back():
    there = MBart50Tokenizer(SP, src_lang='en_XX', tgt_lang='de_DE')
    back = way_back(there)
    assert back('meer').tokens()[0] == 'de_DE' and there('sea').tokens()[0] == 'en_XX'
    assert there('sea', text_target='meer').labels == back('meer').input_ids

def frame(tok, lang):
    other = copy.deepcopy(tok); other.src_lang = lang
    empty, full = other('').tokens(), other('sea').tokens()
    n = next((i for i, (a, b) in enumerate(zip(empty, full)) if a != b), len(empty))
    return empty[:n], empty[n:]

def test_frame():
    tok = MBartTokenizer(SP)
    assert all(frame(tok, l) == ([], ['</s>', l]) for l in MBART_LANGUAGES)
    assert frame(MBart50Tokenizer(SP), 'fr_XX') == (['fr_XX'], ['</s>'])
