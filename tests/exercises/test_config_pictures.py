"Solutions to the exercises of `nbs/01_config/02_pictures.ipynb`."
import torch
from nbformers.config.pictures import show_attention, show_probs

def show_entropy(weights, tokens):
    "1: the entropy of each row, printed at the right edge."
    h = -(weights*weights.clamp_min(1e-12).log2()).sum(-1)
    ax = show_attention(weights, tokens)
    for i, v in enumerate(h): ax.text(weights.shape[1] - .4, i, f'{v:.2f}', va='center', fontsize=8)
    return ax, h

def show_heat(scores, labels, t):
    "2: the same tokens before and after a temperature."
    import matplotlib.pyplot as plt
    fig, axs = plt.subplots(1, 2, figsize=(7, 2))
    return [show_probs((scores/x).softmax(0), labels, ax=a, title=f'T={x}') for a, x in zip(axs, (1., t))]

def test_entropy():
    ax, h = show_entropy(torch.cat([torch.eye(4)[:2], torch.full((2, 4), .25)]), list('abcd'))
    assert torch.allclose(h, torch.tensor([0., 0., 2., 2.]), atol=1e-4)
    assert [t.get_text() for t in ax.texts] == ['0.00', '0.00', '2.00', '2.00'] or [t.get_text().lstrip('-') for t in ax.texts] == ['0.00', '0.00', '2.00', '2.00']

def test_temperature():
    names = [[t.get_text() for t in a.get_yticklabels()] for a in show_heat(torch.tensor([1., 3., 2.]), 'abc', 2.)]
    assert names[0] == names[1] == ['b', 'c', 'a']
