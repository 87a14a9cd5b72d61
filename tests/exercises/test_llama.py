"""Exercise of the Llama chapter: parameters from the configuration alone."""
from . import judged

def count(c):
    d, f, h, hk = c.hidden_size, c.intermediate_size, c.num_attention_heads*c.head_dim, c.num_key_value_heads*c.head_dim
    attn = 2*d*h + 2*d*hk + c.attention_bias*(h + 2*hk + d)
    mlp = 3*d*f + c.mlp_bias*(2*f + d)
    return c.vocab_size*d*(1 if c.tie_word_embeddings else 2) + c.num_hidden_layers*(attn + mlp + 2*d) + d

def test_count(): judged('models.llama', 1, count, lambda c: count(c) - c.vocab_size*c.hidden_size, lambda c: count(c) - c.hidden_size)
