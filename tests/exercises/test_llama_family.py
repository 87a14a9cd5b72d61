"""Exercises of the chapter on the Llama family: scaled embeddings, normed keys."""
from nbformers.attention.norms import RMSNorm
from nbformers.models.llama import LlamaConfig
from nbformers.models.llama_family import LlamaAttention, LlamaDecoder, LlamaLayer
from . import judged

class Scaled(LlamaDecoder):
    config_class = LlamaConfig
    def embed(self, input_ids, inputs_embeds): return super().embed(input_ids, inputs_embeds)*self.config.hidden_size**.5

class NormedKeys(LlamaAttention):
    def __init__(self, cfg, i):
        super().__init__(cfg, i)
        self.k_norm = RMSNorm(self.head_dim, cfg.rms_norm_eps)
    def qkv(self, x):
        q, k, v = super().qkv(x)
        return q, self.k_norm(k), v
class NormedLayer(LlamaLayer): attn_cls = NormedKeys
class Normed(LlamaDecoder): config_class, layer_cls = LlamaConfig, NormedLayer

class BothNormed(NormedKeys):
    def qkv(self, x):
        q, k, v = super().qkv(x)
        return self.k_norm(q), k, v
class BothLayer(LlamaLayer): attn_cls = BothNormed
class Both(LlamaDecoder): config_class, layer_cls = LlamaConfig, BothLayer
class Plain(LlamaDecoder): config_class = LlamaConfig

def test_scaled(): judged('models.llama_family', 1, Scaled, Plain)
def test_normed_keys(): judged('models.llama_family', 2, Normed, Plain, Both)
