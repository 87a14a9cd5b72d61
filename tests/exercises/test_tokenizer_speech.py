"Solutions to the exercises of 02_tokenizer/24b_speech_letters."
from . import judged

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

def test_ways_without_listing(): judged('tokenizer.speech_kin', 1, ways, lambda text, frames: len(text)**frames, lambda text, frames: ways(text.replace('EE', 'E'), frames))

def subtitles(words, seconds, frame=.02):
    "Lines of `(begin, end, text)`."
    out = []
    for w in words:
        a, b = w['start_offset']*frame, w['end_offset']*frame
        if out and b - out[-1][0] <= seconds: out[-1] = (out[-1][0], b, f"{out[-1][2]} {w['word']}")
        else: out.append((a, b, w['word']))
    return [(round(a, 2), round(b, 2), t) for a, b, t in out]

def test_lines_are_short_enough():
    judged('tokenizer.speech_kin', 2, subtitles, lambda words, seconds: subtitles(words, 2*seconds), lambda words, seconds: subtitles(words, seconds, 1.))
