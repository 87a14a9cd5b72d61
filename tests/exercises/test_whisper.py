"Solutions to the exercises of nbs/04_models/audio/01_whisper.ipynb."
from . import judged

def columns(state):
    "Three states of `conv1`, the middle one two columns on for each step, and three columns each."
    return list(range(2*state-2, 2*state+3))

def test_columns(): judged('models.whisper', 1, columns, lambda state: [2*state-1, 2*state, 2*state+1])

def add_to_keys(model, layer, vector):
    "A query's product with the constant is the same for all keys, and softmax does not see what all scores have in common."
    model.model.encoder.layers[layer].self_attn.k_proj.register_forward_hook(lambda m, args, out: out + vector)

def add_to_values(model, layer, vector):
    attn = model.model.encoder.layers[layer].self_attn
    add_to_keys(model, layer, vector)
    attn.v_proj.register_forward_hook(lambda m, args, out: out + vector)

def test_biased_keys(): judged('models.whisper', 2, add_to_keys, add_to_values, lambda model, layer, vector: None)
