"Solutions to the exercises of 02_tokenizer/08_decoding."
from . import judged

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
    judged('tokenizer.decoding', 1, stream_text, lambda tok, ids: (tok.decode([i]) for i in ids), lambda tok, ids: [tok.decode(list(ids))])

def frame_of(tok):
    names = {'first': 'A', 'second': 'B'}
    return ' '.join(names.get(kind) or tok.convert_ids_to_tokens(i) for kind, i, _ in tok._frame(True))

def test_the_frame_as_text(): judged('tokenizer.decoding', 2, frame_of, lambda tok: '[CLS] A [SEP] B [SEP]', lambda tok: 'A B')
