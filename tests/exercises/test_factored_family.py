"""Exercise of the chapter on narrow tables: the best factored table for a full one."""
import torch

def best(E, e):
    u, s, v = torch.linalg.svd(E, full_matrices=False)
    return u[:, :e]*s[:e], v[:e]

def test_best_factors():
    torch.manual_seed(0)
    E = torch.randn(200, 32)
    a, b = best(E, 8)
    assert a.shape == (200, 8) and b.shape == (8, 32)
    error = ((a@b)@(a@b).T - E@E.T).norm()/(E@E.T).norm()
    other = torch.randn(200, 8)@torch.linalg.lstsq(torch.randn(200, 8), E).solution   # some other product of that rank
    assert .3 < error < .9 and error < (other@other.T - E@E.T).norm()/(E@E.T).norm()
    full = best(E, 32)
    torch.testing.assert_close(full[0]@full[1], E, atol=1e-4, rtol=1e-4)
