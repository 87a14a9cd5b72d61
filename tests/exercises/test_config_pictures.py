"Solutions to the exercises of `nbs/01_config/02_pictures.ipynb`."
from nbformers.config.pictures import show_attention, show_probs
from . import judged

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
    judged('config.pictures', 1, show_entropy, lambda w, tokens: (show_attention(w, tokens), -(w*w.clamp_min(1e-12).log2()).sum(-1)))

def test_temperature():
    judged('config.pictures', 2, show_heat, lambda scores, labels, t: show_heat(scores, labels, 1/t))
