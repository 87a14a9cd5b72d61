"Solutions to the exercises of 02_tokenizer/13_sentencepiece."
import struct
from dataclasses import replace

import pytest

from nbformers.tokenizer.sentencepiece import SentencePiece, sentencepiece_model
from . import judged

def varint(n): return bytes([n]) if n < 128 else bytes([n & 127 | 128]) + varint(n >> 7)
def field(number, value):
    if isinstance(value, float): return varint(number << 3 | 5) + struct.pack('<f', value)
    if isinstance(value, int): return varint(number << 3) + varint(value % 2**64)
    return varint(number << 3 | 2) + varint(len(value)) + value

def written(sp):
    pieces = b''.join(field(1, field(1, p.encode()) + field(2, float(s)) + (b'' if k == 1 else field(3, k))) for p, s, k in sp.pieces)
    train = {3: ['', 'unigram', 'bpe', 'word', 'char'].index(sp.algorithm), 24: int(sp.suffix), 35: int(sp.byte_fallback), 40: sp.unk_id, 41: sp.bos_id, 42: sp.eos_id, 43: sp.pad_id}
    normal = {2: sp.charsmap, 3: int(sp.dummy_prefix), 4: int(sp.squeeze)}
    return pieces + field(2, b''.join(field(k, v) for k, v in train.items())) + field(3, b''.join(field(k, v) for k, v in normal.items()))

SP = SentencePiece([('<unk>', 0., 2), ('a', -1., 1), ('b', -1.5, 1), ('▁', -2., 1)])

def test_written(): judged('tokenizer.sentencepiece', 1, written, lambda sp: written(replace(sp, squeeze=True)), lambda sp: written(sp)[:-9])

def test_sentencepiece_reads_it_too():
    spm = pytest.importorskip('sentencepiece')
    assert spm.SentencePieceProcessor(model_proto=written(SP)).encode('ab a', out_type=str) == ['▁', 'a', 'b', '▁', 'a']

def never_used(sp):
    model = sentencepiece_model(sp)
    return [p for p, _, k in sp.pieces if k == 1 and [t.value for t in model.tokenize(p)] != [p]]

def test_never_used():
    "`xyz` has no halves among the pieces, so nothing is ever joined to it."
    judged('tokenizer.sentencepiece', 2, never_used, lambda sp: [], lambda sp: [p for p, _, k in sp.pieces if k == 1 and len(p) > 2])
