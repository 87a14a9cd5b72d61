"""Exercises of the BLOOM chapter: parameters from the configuration, and what a table of positions needs."""
import pytest, torch
from nbformers.models.bloom import BloomConfig, BloomForCausalLM
from nbformers.models.gpt2 import GPT2Config, GPT2LMHeadModel

def count(c):
    d = c.hidden_size
    attention, mlp, norm = 4*d*d + 4*d, 8*d*d + 5*d, 2*d
    return c.vocab_size*d*(1 if c.tie_word_embeddings else 2) + norm + c.n_layer*(attention + mlp + 2*norm) + norm

@pytest.mark.parametrize('kw', [dict(), dict(tie_word_embeddings=False), dict(hidden_size=96, n_head=6, n_layer=3)])
def test_count(kw):
    cfg = BloomConfig(**(dict(vocab_size=60, hidden_size=32, n_layer=2, n_head=4) | kw))
    assert BloomForCausalLM(cfg).num_parameters() == count(cfg)

def test_large(): assert count(BloomConfig(hidden_size=14336, n_layer=70, n_head=112)) == 176_247_271_424

def test_table_needs_training_at_every_place():
    "A row of the table gets a gradient only from texts that reach it: it has to be trained on texts as long as those it will read."
    model = GPT2LMHeadModel(GPT2Config(vocab_size=13, n_embd=32, n_layer=1, n_head=2, n_positions=120))
    def touched(t):
        model.zero_grad()
        ids = torch.randint(0, 13, (2, t))
        model(ids, labels=ids).loss.backward()
        return int((model.transformer.wpe.weight.grad.abs().sum(-1) > 0).sum())
    assert (touched(24), touched(120)) == (23, 119)  # the last place predicts nothing
