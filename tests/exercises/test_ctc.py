"""Solutions to the exercises of nbs/06_pipeline/31_ctc.ipynb."""
import torch
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

def test_nothing_thrown_away():
    "Pieces without strides do not overlap: each seam is heard from one side only."
    pieces = list(sound_pieces(100, 40, 0, 0))
    assert pieces == [(0, 40, 0, 0), (40, 80, 0, 0), (80, 100, 0, 0)]
