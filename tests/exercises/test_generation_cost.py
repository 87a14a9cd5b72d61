"Solutions to the exercises of `nbs/07_generate/21_cost.ipynb`."
import pytest, torch
from nbformers import LlamaConfig, LlamaForCausalLM, MixtralConfig, MixtralForCausalLM
from nbformers.generation.cost import Machine, decoding_cost
from . import judged

def shapes(cls, cfg):
    with torch.device('meta'): return cls(cfg).to(torch.bfloat16).eval()
LLAMA = dict(vocab_size=128256, hidden_size=4096, intermediate_size=14336, num_hidden_layers=32, num_attention_heads=32, num_key_value_heads=8, max_position_embeddings=131072)
LAPTOP = Machine(100e9, 2e12)

def test_the_long_text():
    "At 114,500 tokens, where both are 15 GB; with a cache of 32 heads at 31,700."
    for heads,want in ((8, 114_500), (32, 31_700)):
        model = shapes(LlamaForCausalLM, LlamaConfig(**LLAMA | dict(num_key_value_heads=heads)))
        none, some = decoding_cost(model), decoding_cost(model, length=1000)
        n = none.weights/((some.cache-none.cache)/1000)
        assert n == pytest.approx(want, rel=.01)
        at = decoding_cost(model, length=round(n))
        assert at.cache == pytest.approx(at.weights, rel=1e-3)
    judged('generation.cost', 1, (114_500, 31_700), (31_700, 114_500), (114_500, 114_500))

def test_when_experts_stop_paying():
    "From eight texts on more than nine tenths of the bytes are read; the operations stay those of two experts of eight."
    kw = dict(vocab_size=32000, hidden_size=4096, intermediate_size=14336, num_hidden_layers=32, num_attention_heads=32, num_key_value_heads=8)
    mixed = shapes(MixtralForCausalLM, MixtralConfig(**kw, num_local_experts=8, num_experts_per_tok=2))
    dense = shapes(LlamaForCausalLM, LlamaConfig(**kw | dict(intermediate_size=8*14336)))
    part = {n: decoding_cost(mixed, n).weights/decoding_cost(dense, n).weights for n in range(1, 17)}
    assert next(n for n,p in part.items() if p > .9) == 8 and part[1] < .3
    for n in (1, 16): assert decoding_cost(mixed, n).flops < .3*decoding_cost(dense, n).flops
    judged('generation.cost', 2, (8, True), (8, False), (4, True), (12, True))

def test_drafts_for_many():
    "For one text four guesses, and twice the speed. For 64 the arithmetic is used up by the rows: every guess that is wrong costs what a right one costs, and the best draft is none."
    model, draft = shapes(LlamaForCausalLM, LlamaConfig(**LLAMA)), shapes(LlamaForCausalLM, LlamaConfig(**LLAMA | dict(hidden_size=2048, intermediate_size=8192, num_hidden_layers=16, tie_word_embeddings=True)))
    a = .8
    def speedup(batch, k):
        seconds = lambda m, new: decoding_cost(m, batch, 1000, new).seconds(LAPTOP)
        return (1-a**(k+1))/(1-a)*seconds(model, 1)/(seconds(model, k+1) + k*seconds(draft, 1))
    best = {b: max(range(0, 16), key=lambda k: speedup(b, k)) for b in (1, 64)}
    assert best == {1: 4, 64: 0} and speedup(1, 4) == pytest.approx(2, abs=.05)
    judged('generation.cost', 3, (best[1], best[64]), (4, 4), (0, 0), (8, 0))
