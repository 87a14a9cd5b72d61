"""Exercise of the GPT-2 chapter: the size of a cache."""
import torch
from nbformers.models.gpt2 import GPT2Config, GPT2Model

def cache_bytes(layers, heads, width, tokens, element): return 2*layers*heads*width*tokens*element

def test_cache_size():
    assert cache_bytes(48, 25, 64, 1024, 2) == 314_572_800   # 300 MiB
    model = GPT2Model(GPT2Config(vocab_size=60, n_embd=16, n_layer=3, n_head=2, n_positions=64)).eval()
    with torch.no_grad(): past = model(torch.ones(1, 50, dtype=torch.long)).past_key_values
    assert past.nbytes == cache_bytes(3, 2, 8, 50, 4)
