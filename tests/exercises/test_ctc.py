"""Solutions to the exercises of nbs/06_pipeline/30_speech_recognition.ipynb and 31_ctc.ipynb."""
from difflib import SequenceMatcher
from . import judged
from nbformers.pipelines.timeline import sound_pieces

def subtitles(chunks, width):
    "Words joined to lines of at most `width` letters, with their times."
    lines = []
    for c in chunks:
        a, b = c['timestamp']
        if lines and len(lines[-1]['text']) + 1 + len(c['text']) <= width: lines[-1] = dict(text=f"{lines[-1]['text']} {c['text']}", timestamp=(lines[-1]['timestamp'][0], b))
        else: lines.append(dict(text=c['text'], timestamp=(a, b)))
    return lines

def test_subtitles():
    words = [dict(text=t, timestamp=(i/2, i/2+.3)) for i, t in enumerate('HELLO I DID NOT KNOW YOU WERE THERE'.split())]
    lines = subtitles(words, 12)
    assert [l['text'] for l in lines] == ['HELLO I DID', 'NOT KNOW YOU', 'WERE THERE']
    assert lines[1]['timestamp'] == (1.5, 2.8)
    judged('pipelines.ctc', 1, subtitles, lambda chunks, width: chunks, lambda chunks, width: subtitles(chunks, width-2))

def test_nothing_thrown_away():
    "Pieces without strides do not overlap: each seam is heard from one side only."
    pieces = list(sound_pieces(100, 40, 0, 0))
    assert pieces == [(0, 40, 0, 0), (40, 80, 0, 0), (80, 100, 0, 0)]

def changed(pipe, sound, seconds):
    "Letters put in, taken out or replaced at the seams, by Levenshtein's table."
    a, b = pipe(sound)['text'], pipe(sound, chunk_length_s=seconds, stride_length_s=0)['text']
    row = list(range(len(b)+1))
    for i, x in enumerate(a, 1):
        left, row[0] = row[0], i
        for j, y in enumerate(b, 1): left, row[j] = row[j], min(row[j]+1, row[j-1]+1, left+(x != y))
    return row[-1]

def test_letters_at_seams():
    def lengths(pipe, sound, seconds): return abs(len(pipe(sound)['text'])-len(pipe(sound, chunk_length_s=seconds, stride_length_s=0)['text']))
    judged('pipelines.ctc', 2, changed, lengths, lambda pipe, sound, seconds: 0)

def differences(listen, sound):
    a, b = listen(sound, chunk_length_s=10)['text'].split(), listen(sound, return_timestamps=True)['text'].split()
    return [(a[i:j], b[k:l]) for kind, i, j, k, l in SequenceMatcher(None, a, b, autojunk=False).get_opcodes() if kind != 'equal']

def test_two_transcripts():
    def all_of_it(listen, sound): return [(listen(sound, chunk_length_s=10)['text'].split(), listen(sound, return_timestamps=True)['text'].split())]
    judged('pipelines.automatic_speech_recognition', 1, differences, all_of_it, lambda listen, sound: [])
