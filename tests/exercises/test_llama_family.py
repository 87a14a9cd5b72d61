"""Exercises of the chapter on the Llama family: scaled embeddings, normed keys."""
import torch
from nbformers.attention.norms import RMSNorm
from nbformers.models.check import check_model
from nbformers.models.llama import LlamaConfig
from nbformers.models.llama_family import LlamaAttention, LlamaDecoder, LlamaLayer

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

CFG = LlamaConfig(vocab_size=60, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, pad_token_id=0)

def test_scaled():
    m = Scaled(CFG).eval()
    ids = torch.tensor([[3, 4]])
    torch.testing.assert_close(m(ids, output_hidden_states=True).hidden_states[0], m.embed_tokens(ids)*32**.5)
    check_model(Scaled, CFG)

def test_normed_keys():
    check_model(Normed, CFG)
    assert 'layers.1.self_attn.k_norm.weight' in dict(Normed(CFG).named_parameters())
