"""Exercises of the DistilBERT chapter."""
import torch
from torch.nn import functional as F
from . import judged

def soft_loss(student, teacher, T): return -((teacher/T).softmax(-1)*(student/T).log_softmax(-1)).sum(-1).mean()

def cosine_loss(student, teacher, mask):
    "One minus the cosine of the angle, over real tokens."
    real = mask.bool()
    return (1 - F.cosine_similarity(student[real], teacher[real], dim=-1)).mean()

def soft_gradient(student, teacher, T):
    z = student.clone().requires_grad_()
    return torch.autograd.grad(soft_loss(z, teacher, T), z)[0]

def test_gradients_shrink_with_the_square():
    judged('models.distilbert', 1, soft_gradient, lambda s, t, T: T*T*soft_gradient(s, t, T))
    torch.manual_seed(0)
    s, t = torch.randn(9), torch.randn(9)
    size = {T: soft_gradient(s, t, T).norm() for T in (50., 100.)}
    assert abs(size[50.]/size[100.] - 4) < .2
    torch.testing.assert_close(100.**2*soft_gradient(s-s.mean(), t-t.mean(), 100.), (s-s.mean()-t+t.mean())/9, atol=.02, rtol=.1)   # for large T: the difference of logits, over their number

def test_cosine(): judged('models.distilbert', 2, cosine_loss, lambda s, t, mask: (1 - F.cosine_similarity(s, t, dim=-1)).mean())
