"""Exercise of the chapter on the GPT-2 family: a parallel layer with one norm."""
from torch import nn
from nbformers.models.gpt2 import GPT2Config
from nbformers.models.gpt2_family import GPT2Attention, GPT2Decoder, GPT2MLP
from . import judged

class ParallelLayer(nn.Module):
    def __init__(self, cfg, i):
        super().__init__()
        self.ln_1, self.attn, self.mlp = nn.LayerNorm(cfg.hidden_size, cfg.layer_norm_epsilon), GPT2Attention(cfg, i), GPT2MLP(cfg, i)
    def forward(self, x, masks, pos=None, cache=None, need=False, cross=None):
        h = self.ln_1(x)
        y, w = self.attn(h, masks, pos, cache, need)
        return x + y + self.mlp(h), w

class Parallel(GPT2Decoder): config_class, layer_cls = GPT2Config, ParallelLayer

class InTurn(ParallelLayer):
    def forward(self, x, masks, pos=None, cache=None, need=False, cross=None):
        y, w = self.attn(self.ln_1(x), masks, pos, cache, need)
        return x + y + self.mlp(self.ln_1(x + y)), w
class Sequential(GPT2Decoder): config_class, layer_cls = GPT2Config, InTurn

def test_parallel(): judged('models.gpt2_family', 1, Parallel, Sequential)
