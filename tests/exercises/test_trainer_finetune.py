"Checked solutions of the exercises of part 8, chapters 22 to 28."
import pytest, torch
import torch.nn.functional as F
from . import judged

# 22 mixed precision
def test_smallest_step():
    one, step = torch.ones((), dtype=torch.bfloat16), 2.**-7                  # numbers above one are 2^-7 apart, below one 2^-8
    assert one+step/2*.99 == 1 and one+step/2*1.01 > 1
    assert one-step/4*.99 == 1 and one-step/4*1.01 < 1
    judged('trainer.mixed_precision', 1, (2.**-8, 2.**-9), (2.**-8, 2.**-8), (2.**-7, 2.**-8))

def test_stochastic_rounding():
    def rounded(x, g):
        "Add noise below the bits that are kept, then cut them off."
        bits = x.view(torch.int32)+torch.randint(1 << 16, x.shape, generator=g, dtype=torch.int32)
        return (bits & -65536).view(torch.float32).bfloat16()
    g, w = torch.Generator().manual_seed(0), torch.ones(200, dtype=torch.bfloat16)
    for _ in range(1000): w = rounded(w.float()+1e-3, g)
    assert w.float().mean().item() == pytest.approx(2, abs=.03)
    judged('trainer.mixed_precision', 2, lambda x: rounded(x, g), lambda x: x.bfloat16(), lambda x: x)

def test_skipped_steps():
    scale, good, skipped = 16, 0, 0
    for _ in range(10_000):
        if scale > 13: scale, good, skipped = scale-1, 0, skipped+1
        else:
            good += 1
            if good == 2000: scale, good = scale+1, 0
    assert skipped == 3+4                                                    # three at first, then one in every 2,001
    judged('trainer.mixed_precision', 3, 7, 3, 8)

# 23 distribution
def test_ring_and_star():
    n, link = 7e9*2, 50e9                                                    # bytes, bytes a second
    assert 2*7/8*n/link == pytest.approx(.49) and 7*n/link == pytest.approx(1.96)   # and as long again to send the sum back
    judged('trainer.distribution', 1, lambda p, size, link: (2*(p-1)/p*size/link, (p-1)*size/link), lambda p, size, link: (size/link, (p-1)*size/link), lambda p, size, link: (2*(p-1)/p*size/link, size/link))

def test_equal_counts_need_no_weights():
    torch.manual_seed(0); w, x, y = torch.randn(3, 4, requires_grad=True), torch.randn(20, 3), torch.randint(4, (20,))
    grad = lambda a, b: torch.autograd.grad(F.cross_entropy(x[a:b] @ w, y[a:b]), w)[0]
    assert torch.allclose(grad(0, 20), (grad(0, 10)+grad(10, 20))/2, atol=1e-7)     # length-grouped batches have nearly equal counts
    judged('trainer.distribution', 2, lambda gradients: torch.stack(gradients).mean(0), sum, lambda gradients: gradients[0])

def test_tree():
    import math
    p = 1024
    rounds = 2*math.log2(p)
    assert rounds == 20 and 2*(p-1) == 2046                                  # a tree waits 20 times, a ring 2,046 times
    ring, tree = lambda n, wait: 2*(p-1)*(wait+n/p), lambda n, wait: rounds*(wait+n)    # n in seconds of sending
    assert tree(1e-6, 1e-5) < ring(1e-6, 1e-5) and ring(1., 1e-5) < tree(1., 1e-5)      # short messages: tree; long ones: ring
    judged('trainer.distribution', 3, lambda p: (2*round(math.log2(p)), 2*(p-1)), lambda p: (round(math.log2(p)), 2*(p-1)), lambda p: (2*(p-1), 2*round(math.log2(p))))
