"""Exercise of the Mistral chapter: windows in every second layer only."""
import torch
from nbformers.models.llama_family import LlamaAttention, LlamaDecoder, LlamaLayer
from nbformers.models.mistral import MistralConfig

class Mixed(LlamaAttention):
    def look_back(self, cfg, i): return None if i%2 else cfg.sliding_window
class MixedLayer(LlamaLayer): attn_cls = Mixed
class MixedModel(LlamaDecoder): config_class, layer_cls = MistralConfig, MixedLayer

def test_two_layers_are_enough():
    cfg = MistralConfig(vocab_size=60, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, sliding_window=4, initializer_range=.3)
    torch.manual_seed(0)
    x = torch.randn(1, 24, 32, requires_grad=True)
    MixedModel(cfg).eval()(inputs_embeds=x, use_cache=False).last_hidden_state[0, -1].sum().backward()
    assert (x.grad[0].abs().sum(-1) > 0).all()   # the full layer above a window layer sees everything
