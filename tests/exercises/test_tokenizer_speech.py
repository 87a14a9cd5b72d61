"Solutions to the exercises of 02_tokenizer/24b_speech_letters."
import itertools

from nbformers.tokenizer.speech_kin import ctc_collapse

def ways(text, frames):
    "How many strings of `frames` letters of the text's alphabet and blank collapse to it."
    states = ['_', *(c for l in text for c in (l, '_'))]              # _ S _ E _ E _
    if len(states) > 1: start = [1, 1] + [0]*(len(states)-2)
    else: start = [1]
    at = start
    for _ in range(frames-1):
        new = []
        for k, s in enumerate(states):
            n = at[k] + (at[k-1] if k else 0)
            if k > 1 and s != '_' and s != states[k-2]: n += at[k-2]
            new.append(n)
        at = new
    return sum(at[-2:]) if len(states) > 1 else at[0]

def test_ways_without_listing():
    for text, n in (('SEE', 6), ('SE', 5), ('S', 3), ('ESE', 6), ('', 4)):
        alphabet = 'SE_'
        listed = sum(''.join(c for c, *_ in ctc_collapse(list(p), '_')) == text for p in itertools.product(alphabet, repeat=n))
        assert ways(text, n) == listed, (text, n)

def subtitles(words, seconds, frame=.02):
    "Lines of `(begin, end, text)`."
    out = []
    for w in words:
        a, b = w['start_offset']*frame, w['end_offset']*frame
        if out and b - out[-1][0] <= seconds: out[-1] = (out[-1][0], b, f"{out[-1][2]} {w['word']}")
        else: out.append((a, b, w['word']))
    return [(round(a, 2), round(b, 2), t) for a, b, t in out]

def test_lines_are_short_enough():
    words = [dict(word=w, start_offset=50*i, end_offset=50*i+40) for i, w in enumerate('call me ishmael some years ago'.split())]
    lines = subtitles(words, 2)
    assert lines == [(0., 1.8, 'call me'), (2., 3.8, 'ishmael some'), (4., 5.8, 'years ago')]
