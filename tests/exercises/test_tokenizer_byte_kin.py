"Solutions to the exercises of 02_tokenizer/22_byte_relatives."
from tokenizers import Regex, pre_tokenizers

from nbformers.tokenizer.byte_kin import _QWEN35_SPLIT
from nbformers.tokenizer.families import QWEN_SPLIT
from . import judged

def stamp(s): ms = round(s*1000); return f'{ms//3600000:02}:{ms//60000%60:02}:{ms//1000%60:02},{ms%1000:03}'

def srt(tok, ids):
    segments = tok.decode(ids, output_offsets=True)['offsets']
    return '\n'.join(f"{n}\n{stamp(s['timestamp'][0])} --> {stamp(s['timestamp'][1])}\n{s['text'].strip()}\n" for n, s in enumerate(segments, 1))

def test_subtitles(): judged('tokenizer.byte_kin', 1, srt, lambda tok, ids: tok.decode(ids), lambda tok, ids: srt(tok, ids).replace(',', '.'))

def torn(a, b, words):
    def parts(p, w): return len(pre_tokenizers.Split(Regex(p), 'isolated').pre_tokenize_str(w))
    return [w for w in words if parts(a, w) > 1 and parts(b, w) == 1]

def test_marks_tear_words():
    judged('tokenizer.byte_kin', 2, torn, lambda a, b, words: torn(b, a, words), lambda a, b, words: words)
    assert torn(QWEN_SPLIT, _QWEN35_SPLIT, ['sea', 'हिन्दी', 'น้ำ', 'שָׁלוֹם', '海']) == ['हिन्दी', 'น้ำ', 'שָׁלוֹם']
