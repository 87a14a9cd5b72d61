"""Exercise of the chapter on the GPT-2 family: a parallel layer with one norm."""
from torch import nn
from nbformers.models.check import check_model
from nbformers.models.gpt2 import GPT2Config
from nbformers.models.gpt2_family import GPT2Attention, GPT2Decoder, GPT2MLP

class ParallelLayer(nn.Module):
    def __init__(self, cfg, i):
        super().__init__()
        self.ln_1, self.attn, self.mlp = nn.LayerNorm(cfg.hidden_size, cfg.layer_norm_epsilon), GPT2Attention(cfg, i), GPT2MLP(cfg, i)
    def forward(self, x, masks, pos=None, cache=None, need=False, cross=None):
        h = self.ln_1(x)
        y, w = self.attn(h, masks, pos, cache, need)
        return x + y + self.mlp(h), w

class Parallel(GPT2Decoder): config_class, layer_cls = GPT2Config, ParallelLayer

def test_parallel():
    assert not check_model(Parallel, GPT2Config(vocab_size=60, n_embd=16, n_layer=2, n_head=2, n_positions=32, pad_token_id=0)).failed
