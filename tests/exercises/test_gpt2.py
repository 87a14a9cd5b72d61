"""Exercise of the GPT-2 chapter: the size of a cache."""
from . import judged

def cache_bytes(layers, heads, width, tokens, element): return 2*layers*heads*width*tokens*element

def test_cache_size():
    judged('models.gpt2', 1, cache_bytes, lambda *a: cache_bytes(*a)//2)
    assert cache_bytes(48, 25, 64, 1024, 2) == 314_572_800   # 300 MiB
