"""Exercise of the chapter on GPT-Neo and GPT-BigCode: from a key for each head to one key, by averaging."""
import torch
from nbformers.models.gpt_thrift import GPTBigCodeConfig, GPTBigCodeModel
from . import judged

def merged(model):
    "A multi-query model whose key and value projections are the means over the heads of `model`'s."
    cfg = GPTBigCodeConfig(**(model.config.to_dict() | dict(multi_query=True)))
    new, h = GPTBigCodeModel(cfg), cfg.n_head
    sd = model.state_dict()
    for n in [n for n in sd if '.attn.c_attn.' in n]:
        q, k, v = sd[n].unflatten(0, (h, 3, -1)).unbind(1)   # head by head: q k v
        sd[n] = torch.cat((q.flatten(0, 1), k.mean(0), v.mean(0)))
    new.load_state_dict(sd)
    return new.eval()

def first_head(model):
    "The first head's key and value for all, which agrees where all are the same and loses the others where not."
    new, h = merged(model), model.config.n_head
    for b, c in zip(new.h, model.h):
        for p, w in zip(b.attn.c_attn.parameters(), c.attn.c_attn.parameters()):
            x = w.detach().unflatten(0, (h, 3, -1))
            p.data[-2*x.shape[2]:] = x[0, 1:].flatten(0, 1)
    return new

def test_merged(): judged('models.gpt_thrift', 1, merged, first_head)
