"Solutions to the exercises of `nbs/04_models/seq2seq/21_t5.ipynb`."
from . import judged

def rebuild(source, target, sentinels):
    "1: the text's ids, from what was read, what was written, and the ids of the sentinels in order."
    spans, key = {}, None
    for i in target:
        if i in sentinels: key = i; spans[key] = []
        else: spans[key].append(i)
    return [j for i in source for j in (spans[i] if i in spans else [i])]

def lengths(n, noise=.15, mean=3.):
    "2: tokens that the encoder reads and the decoder writes."
    hidden = round(n*noise)
    spans = round(hidden/mean)
    return n-hidden+spans, hidden+spans+1

def test_rebuild(): judged('models.t5', 1, rebuild, lambda source, target, sentinels: [i for i in source if i not in sentinels])

def test_lengths():
    judged('models.t5', 2, lengths, lambda *a: (lengths(*a)[0], lengths(*a)[1]-1))
    assert lengths(512) == (461, 104)             # a fifth of the text
    assert lengths(512, mean=1.) == (512, 155)    # nothing is saved in the encoder, and the target grows by half
