"""Exercises of the DistilBERT chapter."""
import torch
from torch.nn import functional as F

def soft_loss(student, teacher, T): return -((teacher/T).softmax(-1)*(student/T).log_softmax(-1)).sum(-1).mean()

def test_gradients_shrink_with_the_square():
    torch.manual_seed(0)
    teacher, z = torch.randn(1, 9), torch.randn(1, 9)
    teacher, z = teacher - teacher.mean(), (z - z.mean()).requires_grad_()
    size = {}
    for T in (50., 100.):
        z.grad = None
        soft_loss(z, teacher, T).backward()
        size[T] = z.grad.norm().item()
    assert abs(size[50.]/size[100.] - 4) < .2
    torch.testing.assert_close(100.**2*z.grad, (z-teacher).detach()/9, atol=.02, rtol=.1)   # for large T: the difference of logits, over their number

def cosine_loss(student, teacher, mask):
    "One minus the cosine of the angle, over real tokens."
    real = mask.bool()
    return (1 - F.cosine_similarity(student[real], teacher[real], dim=-1)).mean()

def test_cosine():
    torch.manual_seed(0)
    x, mask = torch.randn(2, 5, 8), torch.tensor([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0]])
    assert cosine_loss(3*x, x, mask) < 1e-6 and abs(cosine_loss(-x, x, mask) - 2) < 1e-6
    y = x.clone(); y[1, 2:] = 7.
    assert torch.equal(cosine_loss(x, y, mask), cosine_loss(x, x, mask))
