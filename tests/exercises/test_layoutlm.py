"""Exercise of the LayoutLM chapter: what a model still knows when one of its four tables of places says nothing."""
import torch
from . import judged

@torch.no_grad()
def share(model, inputs):
    told = inputs['labels'] != -100
    return (model(**inputs).logits.argmax(-1) == inputs['labels'])[told].float().mean().item()

@torch.no_grad()
def blind_to(model, inputs):
    out = {}
    for n in 'xyhw':
        table = getattr(model.base_model.embeddings, f'{n}_position_embeddings').weight
        kept = table.clone()
        table.zero_()
        out[n] = share(model, inputs)
        table.copy_(kept)
    return out

@torch.no_grad()
def forgets(model, inputs):
    "Never puts the tables back."
    out = {}
    for n in 'xyhw':
        getattr(model.base_model.embeddings, f'{n}_position_embeddings').weight.zero_()
        out[n] = share(model, inputs)
    return out

def unread(model, inputs): return dict.fromkeys('xyhw', share(model, inputs))

def test_blind_to(): judged('models.layoutlm', 1, blind_to, forgets, unread)
