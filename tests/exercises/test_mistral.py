"""Exercise of the Mistral chapter: windows in every second layer only."""
from nbformers.models.llama_family import LlamaAttention, LlamaDecoder, LlamaLayer
from nbformers.models.mistral import MistralConfig
from . import judged

class Mixed(LlamaAttention):
    def look_back(self, cfg, i): return None if i%2 else cfg.sliding_window
class MixedLayer(LlamaLayer): attn_cls = Mixed
class MixedModel(LlamaDecoder): config_class, layer_cls = MistralConfig, MixedLayer

class Windows(LlamaDecoder): config_class = MistralConfig

def test_two_layers_are_enough(): judged('models.mistral', 1, MixedModel, Windows)   # the full layer above a window layer sees everything
