"A solution to the exercise of 02_tokenizer/28b_places_kin."
from itertools import groupby

from nbformers.tokenizer.places_kin import LayoutXLMTokenizer
from nbformers.tokenizer.sentencepiece import CONTROL, NORMAL, UNKNOWN, SentencePiece

def words_of(tok, row):
    pairs = [(tuple(b), t) for b, t in zip(row.bbox, tok.convert_ids_to_tokens(row.input_ids)) if t not in tok.all_special_tokens]
    return [(''.join(t for _, t in group).replace('▁', ' ').strip(), list(box)) for box, group in groupby(pairs, key=lambda p: p[0])]

def test_words_of():
    tok = LayoutXLMTokenizer(SentencePiece([('<unk>', 0., UNKNOWN), ('<s>', 0., CONTROL), ('</s>', 0., CONTROL), *((p, -1., NORMAL) for p in ('▁', '▁to', 'tal', '1', '2'))]))
    boxes = [[1, 2, 3, 4], [5, 6, 7, 8]]
    assert words_of(tok, tok(['total', '12'], boxes=boxes)) == [('total', boxes[0]), ('12', boxes[1])]
