"""Exercise of the chapter on workers: products of two sizes, with one worker and with two. Which is faster depends on the machine; that they say the same does not."""
import time
import torch
from nbformers.pipelines.workers import side_by_side
from . import judged

def seconds(size, workers, jobs=24):
    "How long products of two square matrices take, and what they are."
    rng = torch.Generator().manual_seed(0)
    pairs = [torch.randn(2, size, size, generator=rng) for _ in range(jobs)]
    start = time.perf_counter()
    out = list(side_by_side(lambda p: p[0] @ p[1], pairs, workers))
    return time.perf_counter() - start, out

def table(sizes, workers=(1, 2)): return {(n, w): seconds(n, w)[0] for n in sizes for w in workers}

def test_side_by_side():
    for size in (10, 200):
        (_, one), (_, two) = seconds(size, 1), seconds(size, 2)
        for a, b in zip(one, two, strict=True): torch.testing.assert_close(a, b)
    judged('pipelines.workers', 1, table, lambda sizes, workers: {(n, w): n*60. for n in sizes for w in workers}, lambda sizes, workers: {n: .1 for n in sizes})
