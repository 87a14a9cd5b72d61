"Solutions to the exercises of `nbs/04_models/seq2seq/21_t5.ipynb`."

def rebuild(source, target, sentinels):
    "1: the text's ids, from what was read, what was written, and the ids of the sentinels in order."
    spans, key = {}, None
    for i in target:
        if i in sentinels: key = i; spans[key] = []
        else: spans[key].append(i)
    return [j for i in source for j in (spans[i] if i in spans else [i])]

def test_rebuild():
    text = list(range(10, 30))
    source, target = [*range(10, 14), 99, *range(17, 25), 98, *range(26, 30)], [99, 14, 15, 16, 98, 25, 97]
    assert rebuild(source, target, [99, 98, 97]) == text

def lengths(n, noise=.15, mean=3.):
    "2: tokens that the encoder reads and the decoder writes."
    hidden = round(n*noise)
    spans = round(hidden/mean)
    return n-hidden+spans, hidden+spans+1

def test_lengths():
    assert lengths(512) == (461, 104)             # a fifth of the text
    assert lengths(512, mean=1.) == (512, 155)    # nothing is saved in the encoder, and the target grows by half
