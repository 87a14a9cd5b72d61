"Checked solutions of the exercises of part 8 from chapter 15 on."
import contextlib, tempfile
import pytest, torch
from torch import nn

# 3 collators: whole words
def test_share_of_hidden_tokens_with_whole_words():
    "A word is drawn with probability p whatever its length, so each of its pieces is hidden with probability p too."
    from nbformers.trainer.collators import mask_tokens
    first = torch.tensor([0, 1, 1, 1, 4, 5, 5, 5]*50).add(torch.arange(50).repeat_interleave(8)*8).view(1, -1).repeat(300, 1)
    ids = torch.full_like(first, 7)
    _, labels = mask_tokens(ids, torch.zeros_like(ids).bool(), 3, 9, p=.15, mask=1., random=0., first=first, generator=torch.Generator().manual_seed(0))
    assert (labels != -100).float().mean().item() == pytest.approx(.15, abs=.005)

# 15 choices and orders
def test_padding_of_choices():
    waste = lambda lengths: 1-sum(lengths)/(max(lengths)*len(lengths))
    assert round(waste([60]+[12]*31), 3) == .775                    # 32 rows of 60
    apart = waste([60]+[12]*3)*240/(240+28*12)                      # one batch of 4×60 with 144 empty slots, one of 28×12 with none
    assert round(apart, 3) == .25

def test_share_of_spans():
    share = lambda p: sum(range(1, 6))/sum(int(l/p) for l in range(1, 6))
    assert share(1/6) == pytest.approx(1/6) and share(.4) > .4      # int() cuts l/p off wherever it is not whole

def test_causal_order():
    t = 6; rank = torch.arange(t)                                   # left to right: rank i for token i, all picked
    assert torch.equal((rank[:, None] <= rank[None]).int(), torch.ones(t, t).triu().int())   # nobody sees itself or what comes later
