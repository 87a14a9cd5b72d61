"""Exercise of the chapter on GPT-Neo and GPT-BigCode: from a key for each head to one key, by averaging."""
import torch
from nbformers.models.gpt_thrift import GPTBigCodeConfig, GPTBigCodeModel

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

def test_merged():
    torch.manual_seed(0)
    model = GPTBigCodeModel(GPTBigCodeConfig(vocab_size=40, n_embd=16, n_layer=2, n_head=4, n_positions=16, multi_query=False)).eval()
    ids = torch.randint(0, 40, (2, 7))
    assert merged(model)(ids)[0].shape == model(ids)[0].shape
    with torch.no_grad():
        for b in model.h:
            for p in b.attn.c_attn.parameters():
                x = p.unflatten(0, (4, 3, -1))
                x[:, 1:] = x[:1, 1:].clone()   # every head with the first one's key and value
        torch.testing.assert_close(merged(model)(ids)[0], model(ids)[0])
