"""Exercise of the chapter on Llama's relatives: a bias in the output projection only."""
from nbformers.models.llama import LlamaConfig
from nbformers.models.llama_family import LlamaAttention, LlamaDecoder, LlamaLayer

class OutBias(LlamaAttention):
    def biases(self, cfg): return False, True
class OutLayer(LlamaLayer): attn_cls = OutBias
class OutModel(LlamaDecoder): config_class, layer_cls = LlamaConfig, OutLayer

def test_names():
    m = OutModel(LlamaConfig(vocab_size=60, hidden_size=32, intermediate_size=48, num_hidden_layers=1, num_attention_heads=4))
    assert [n for n, _ in m.named_parameters() if 'bias' in n] == ['layers.0.self_attn.o_proj.bias']
