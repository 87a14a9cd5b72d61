"Solutions to the exercises of 02_tokenizer/22_byte_relatives."
from tokenizers import Regex, pre_tokenizers

from nbformers.tokenizer.bpe import byte_alphabet
from nbformers.tokenizer.byte_kin import _QWEN35_SPLIT, WHISPER_LANGUAGES, WhisperTokenizer
from nbformers.tokenizer.families import QWEN_SPLIT

def stamp(s): ms = round(s*1000); return f'{ms//3600000:02}:{ms//60000%60:02}:{ms//1000%60:02},{ms%1000:03}'

def srt(tok, ids):
    segments = tok.decode(ids, output_offsets=True)['offsets']
    return '\n'.join(f"{n}\n{stamp(s['timestamp'][0])} --> {stamp(s['timestamp'][1])}\n{s['text'].strip()}\n" for n, s in enumerate(segments, 1))

def test_subtitles():
    special = ['<|startoftranscript|>', *(f'<|{l}|>' for l in WHISPER_LANGUAGES), '<|translate|>', '<|transcribe|>', '<|startoflm|>', '<|startofprev|>', '<|nospeech|>', '<|notimestamps|>']
    tok = WhisperTokenizer({t: i for i, t in enumerate(sorted(byte_alphabet().values()))}, extra_special_tokens=special)
    tok.add_tokens([f'<|{.02*i:.2f}|>' for i in range(1501)])
    time = lambda s: tok.convert_tokens_to_ids(f'<|{s:.2f}|>')
    ids = [time(0), *tok(' Call me', add_special_tokens=False).input_ids, time(1.2), time(1.2), *tok(' Ishmael', add_special_tokens=False).input_ids, time(2.5)]
    assert srt(tok, ids) == '1\n00:00:00,000 --> 00:00:01,200\nCall me\n\n2\n00:00:01,200 --> 00:00:02,500\nIshmael\n'

def torn(a, b, words):
    def parts(p, w): return len(pre_tokenizers.Split(Regex(p), 'isolated').pre_tokenize_str(w))
    return [w for w in words if parts(a, w) > 1 and parts(b, w) == 1]

def test_marks_tear_words():
    assert torn(QWEN_SPLIT, _QWEN35_SPLIT, ['sea', 'हिन्दी', 'น้ำ', 'שָׁלוֹם', '海']) == ['हिन्दी', 'น้ำ', 'שָׁלוֹם']
