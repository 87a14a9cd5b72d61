"""Exercise of the Llama chapter: parameters from the configuration alone."""
import pytest
from nbformers.models.llama import LlamaConfig, LlamaForCausalLM

def count(c):
    d, f, h, hk = c.hidden_size, c.intermediate_size, c.num_attention_heads*c.head_dim, c.num_key_value_heads*c.head_dim
    attn = 2*d*h + 2*d*hk + c.attention_bias*(h + 2*hk + d)
    mlp = 3*d*f + c.mlp_bias*(2*f + d)
    return c.vocab_size*d*(1 if c.tie_word_embeddings else 2) + c.num_hidden_layers*(attn + mlp + 2*d) + d

@pytest.mark.parametrize('kw', [dict(), dict(tie_word_embeddings=True, num_key_value_heads=1), dict(attention_bias=True, mlp_bias=True, head_dim=16)])
def test_count(kw):
    cfg = LlamaConfig(**(dict(vocab_size=60, hidden_size=32, intermediate_size=48, num_hidden_layers=3, num_attention_heads=4) | kw))
    assert LlamaForCausalLM(cfg).num_parameters() == count(cfg)
