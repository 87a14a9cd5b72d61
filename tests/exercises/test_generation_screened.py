"Solutions to the exercises of 07_generate/24_screened."
import pytest, torch
from torch import nn
from nbformers.generation.packed import can_pack
from nbformers.generation.screened import Screen
from . import judged

pytestmark = pytest.mark.usefixtures('quiet')

def eight_bits(w):
    "Whole numbers, a scale for each row, and the longest row of what is lost."
    r = w.abs().amax(1, keepdim=True)/127
    q = (w/r).round()
    return q, r, (q*r - w).norm(dim=1).max().item()

def test_1_eight_bits():
    "The input stays exact, so only the matrix's own error counts; it is larger than in bfloat16, and so is the number of rows in question."
    torch.manual_seed(0)
    w, xs = torch.randn(4000, 64), torch.randn(50, 64)
    q, r, slip = eight_bits(w)
    exact, rough = xs@w.T, xs@(q*r).T
    e = slip*xs.norm(dim=1, keepdim=True)*(1 + 1e-4)
    assert ((rough - exact).abs() <= e).all()
    near = rough >= rough.amax(1, keepdim=True) - 2*e
    assert near.gather(1, exact.argmax(1, keepdim=True)).all()             # the best is always among them
    assert 1 <= near.sum(1).float().mean() < 40
    def bound(w, x, more=1.):
        q, r, slip = eight_bits(w)
        e, rough = more*slip*x.norm().item()*(1 + 1e-4), (q*r)@x
        return e, (rough >= rough.max() - 2*e).sum()
    judged('generation.screened', 1, bound, lambda w, x: bound(w, x, .5), lambda w, x: bound(w, x, 2.), lambda w, x: (bound(w, x)[0], 1))

@pytest.mark.skipif(not can_pack(torch.bfloat16), reason='this processor multiplies no packed bfloat16')
def test_2_errors_that_happen():
    torch.manual_seed(0)
    layer, xs = nn.Linear(256, 4000, bias=False), torch.randn(30, 1, 1, 256)
    screen = Screen(layer)
    from nbformers.generation.packed import product
    with torch.no_grad():
        for x in xs:
            rough, exact = product(x.bfloat16(), screen.packed, None).float().view(-1), layer(x).view(-1)
            seen, allowed = (rough - exact).abs().max().item(), screen.margin(x, rough.abs().max().item())/2
            assert seen < allowed/3                                        # pessimists indeed
    @torch.no_grad()
    def share(layer, xs):
        screen, out = Screen(layer), []
        for x in xs:
            rough = product(x.bfloat16()[None], screen.packed, None).float().view(-1)
            out.append((rough - layer(x)).abs().max().item()/(screen.margin(x, rough.max().item())/2))
        return sum(out)/len(out)
    judged('generation.screened', 2, share, lambda layer, xs: 1., lambda layer, xs: 1/share(layer, xs))
