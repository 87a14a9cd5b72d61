"Exercises of the chapter on the pipeline that watches."
import numpy as np
from . import judged

def timeline(pipe, film, n):
    "`(first frame, frame after the last, label)` for each stretch."
    out = []
    for a in range(0, len(film)-n+1, n):
        label = pipe(film[a:a+n], top_k=1)[0]['label']
        if out and out[-1][2] == label: out[-1] = (out[-1][0], a+n, label)
        else: out.append((a, a+n, label))
    return out

def test_1():
    def pipe(film, top_k): return [dict(label='bright' if film.mean() > 100 else 'dark', score=1.)]
    film = np.zeros((20, 4, 4, 3)); film[8:16] = 200
    assert timeline(pipe, film, 4) == [(0, 8, 'dark'), (8, 16, 'bright'), (16, 20, 'dark')]
    def unjoined(pipe, film, n): return [(a, a+n, pipe(film[a:a+n], top_k=1)[0]['label']) for a in range(0, len(film), n)]
    judged('pipelines.video_classification', 1, timeline, unjoined, lambda pipe, film, n: [(0, len(film), 'dark')])
