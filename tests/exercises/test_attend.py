"Solutions to the exercises of `nbs/03_attention/01_attend.ipynb`."
import torch
from nbformers.attention.attend import attend
from . import judged

def attend_streaming(q, k, v, block=3):
    "1: attention over blocks of keys, keeping a running maximum, sum and output."
    top = torch.full((*q.shape[:3], 1), -torch.inf)
    total, out = torch.zeros_like(top), torch.zeros(*q.shape[:3], v.shape[-1])
    for i in range(0, k.shape[2], block):
        scores = q @ k[:, :, i:i+block].transpose(-1, -2) * q.shape[-1]**-.5
        new = torch.maximum(top, scores.amax(-1, keepdim=True))
        e, fade = (scores-new).exp(), (top-new).exp()
        total, out, top = total*fade + e.sum(-1, keepdim=True), out*fade + e @ v[:, :, i:i+block], new
    return out/total

def own_softmax(q, k, v, block): return sum(attend(q, k[:, :, i:i+block], v[:, :, i:i+block]) for i in range(0, k.shape[2], block))

def test_streaming(): judged('attention.attend', 1, attend_streaming, own_softmax)

def most_missed(q, k, v):
    "2: for each head, the key whose hiding changes the output most."
    s, full = k.shape[2], attend(q, k, v)
    without = torch.stack([attend(q, k, v, torch.arange(s) != j) for j in range(s)])  # (s,b,h,t,d)
    return (without-full).pow(2).sum((1, 3, 4)).argmax(0)

def heaviest(q, k, v): return attend(q, k, v, need_weights=True)[1].sum(2)[0].argmax(-1)

def test_most_missed(): judged('attention.attend', 2, most_missed, heaviest)
