"Solutions to the exercises of 02_tokenizer/08_decoding."
import pytest
from tokenizers import pre_tokenizers

from nbformers.tokenizer.families import GPT2Tokenizer
from nbformers.tokenizer.loading import load_tokenizer

def stream_text(tok, ids):
    shown, have = '', []
    for i in ids:
        have.append(i)
        text = tok.decode(have)
        if text.endswith('�'): continue                            # half of a character
        cut = text.rfind(' ') + 1                                   # hold the last word back
        if cut > len(shown): yield text[len(shown):cut]; shown = text[:cut]
    if len(text := tok.decode(have)) > len(shown): yield text[len(shown):]

def test_streaming_never_shows_halves():
    tok = GPT2Tokenizer({c: i for i, c in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))})
    text = 'I take to the 🐋 sea é'
    parts = list(stream_text(tok, tok.encode(text)))
    assert ''.join(parts) == text and len(parts) > 4
    assert not any('�' in p for p in parts) and all(p.endswith(' ') for p in parts[:-1])

def frame_of(tok):
    names = {'first': 'A', 'second': 'B'}
    return ' '.join(names.get(kind) or tok.convert_ids_to_tokens(i) for kind, i, _ in tok._frame(True))

def test_the_frame_as_text():
    try: tok = load_tokenizer('starter/minilm')
    except Exception as e: pytest.skip(str(e))
    assert frame_of(tok) == '[CLS] A [SEP] B [SEP]'
