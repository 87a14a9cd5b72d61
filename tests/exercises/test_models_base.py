"Solutions to the exercises of nbs/04_models/01_base."
import torch
from torch.utils.checkpoint import checkpoint
from nbformers.models.base import run_layers
from . import judged

tiny = dict(hidden_size=16, num_hidden_layers=4, num_attention_heads=2, intermediate_size=32, vocab_size=50)

def freeze(model, n):
    "1. Freeze the token table and the first `n` layers; how many parameters still learn."
    for m in (model.get_input_embeddings(), *model.base_model.layers[:n]): m.requires_grad_(False)
    return model.num_parameters(only_trainable=True)

def untie(model):
    "2. The tie comes back with every `tie_weights`, which a resize calls, unless the configuration stops asking for it."
    out = model.get_output_embeddings()
    out.weight = torch.nn.Parameter(out.weight.detach().clone())
    model.config.tie_word_embeddings = False

def run_pairs(layers, x, *args):
    "3. Keep the input of every second layer only: half of the inputs, and one pair's inside at a time."
    layers = list(layers)
    for i in range(0, len(layers), 2):
        x = checkpoint(lambda y, *a, two=layers[i:i+2]: run_layers(two, y, *a)[0], x, *args, use_reentrant=False)
    return x

def test_freeze():
    def too_few(model, n): return freeze(model, n-1)
    def head_too(model, n): model.lm_head.requires_grad_(False); return freeze(model, n)
    judged('models.base', 1, freeze, too_few, head_too)

def test_untie():
    def until_resized(model): model.lm_head.weight = torch.nn.Parameter(model.lm_head.weight.detach().clone())
    judged('models.base', 2, untie, until_resized)

def test_run_pairs(): judged('models.base', 3, run_pairs, lambda layers, x: run_layers(layers, x)[0], lambda layers, x: run_layers(list(layers)[:8], x, checkpoint=True)[0])
