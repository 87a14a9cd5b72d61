"""Exercises of the chapter on two towers: small batches teach less, and long vectors win."""
import torch
from torch.nn import functional as F
from nbformers.models.dpr import DPRConfig, DPRContextEncoder, DPRQuestionEncoder
from . import judged

TINY = dict(vocab_size=60, hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=48, max_position_embeddings=18, initializer_range=.1)

def pairs(n):
    topic, ask, tell = torch.randperm(16)[:n], torch.randint(40, 60, (n, 5)), torch.randint(40, 60, (n, 9))
    ask[:, 0] = tell[:, 0] = 2
    ask[torch.arange(n), torch.randint(1, 5, (n,))] = topic + 4
    tell[torch.arange(n), torch.randint(1, 9, (n,))] = topic + 20
    return ask, tell

def train(batch, pairs_in_all=1440):
    torch.manual_seed(0)
    q, p = DPRQuestionEncoder(DPRConfig(**TINY)).eval(), DPRContextEncoder(DPRConfig(**TINY)).eval()
    test = pairs(8)
    score = lambda a, b: q(a).pooler_output @ p(b).pooler_output.T
    adam = torch.optim.Adam([*q.parameters(), *p.parameters()], 5e-3)
    for _ in range(pairs_in_all//batch):
        loss = F.cross_entropy(score(*pairs(batch)), torch.arange(batch))
        adam.zero_grad(); loss.backward(); adam.step()
    with torch.no_grad(): return score(*test).softmax(-1).diagonal().mean().item()

def test_batches(): judged('models.dpr', 1, train, lambda batch: .7)

def wins(q, p): return (q @ p.T).argmax(-1).bincount(minlength=len(p))

def test_length():
    judged('models.dpr', 2, wins, lambda q, p: wins(q, F.normalize(p, dim=-1)))
    g = torch.Generator().manual_seed(0)
    q, p = torch.randn(200, 16, generator=g), torch.randn(10, 16, generator=g)
    long = torch.cat((2*p[:1], p[1:]))
    assert wins(q, long)[0] > 1.5*wins(q, p)[0]
    assert torch.equal(wins(q, F.normalize(long, dim=-1)), wins(q, F.normalize(p, dim=-1)))
