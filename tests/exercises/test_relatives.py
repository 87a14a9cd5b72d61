"""Exercise of the chapter on Llama's relatives: a bias in the output projection only."""
from nbformers.models.llama import LlamaConfig
from nbformers.models.llama_family import LlamaAttention, LlamaDecoder, LlamaLayer
from . import judged

class OutBias(LlamaAttention):
    def biases(self, cfg): return False, True
class OutLayer(LlamaLayer): attn_cls = OutBias
class OutModel(LlamaDecoder): config_class, layer_cls = LlamaConfig, OutLayer

class AllBias(LlamaAttention):
    def biases(self, cfg): return True, True
class AllLayer(LlamaLayer): attn_cls = AllBias
class AllModel(LlamaDecoder): config_class, layer_cls = LlamaConfig, AllLayer

def test_names(): judged('models.llama_relatives', 1, OutModel, AllModel)
