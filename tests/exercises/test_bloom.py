"""Exercises of the BLOOM chapter: parameters from the configuration, and what a table of positions needs."""
from nbformers.models.bloom import BloomConfig
from . import judged

def count(c):
    d = c.hidden_size
    attention, mlp, norm = 4*d*d + 4*d, 8*d*d + 5*d, 2*d
    return c.vocab_size*d*(1 if c.tie_word_embeddings else 2) + norm + c.n_layer*(attention + mlp + 2*norm) + norm

def test_large(): assert count(BloomConfig(hidden_size=14336, n_layer=70, n_head=112)) == 176_247_271_424

def test_count(): judged('models.bloom', 1, count, lambda c: count(c) - 2*c.hidden_size)

def test_table_needs_training_at_every_place():
    "A row of the table gets a gradient only from texts that reach it (the last place predicts nothing): it has to be trained on texts as long as those it will read."
    judged('models.bloom', 2, lambda t: t-1, lambda t: t)
