"Solution to the exercise of the chapter on SigLIP."
import torch
from nbformers.models.siglip import sigmoid_loss

def test_best_bias():
    "b yes and b² − b no at one logit β: the derivative is zero where σ(β) = b/b², so β = −log(b − 1)."
    for b in (4, 64):
        beta = torch.zeros((), requires_grad=True)
        opt = torch.optim.LBFGS([beta], line_search_fn='strong_wolfe', max_iter=50)
        def step():
            opt.zero_grad()
            loss = sigmoid_loss(torch.zeros(b, b) + beta)
            loss.backward()
            return loss
        opt.step(step)
        assert abs(beta.item() + torch.tensor(b-1.).log()) < 1e-3
