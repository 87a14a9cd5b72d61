"The first cell of the generation widgets' notebooks: a tokenizer of letters and a model without training, `model`."

LETTERS = '''import torch
from nbformers.models.llama import LlamaConfig, LlamaForCausalLM

class Letters:
    letters = sorted(set('abcdefghijklmnopqrstuvwxyz .'))
    def encode(self, s, **kw): return [self.letters.index(c) for c in s if c in self.letters]
    def decode(self, ids, **kw): return ''.join(self.letters[i] for i in ids)
    def convert_ids_to_tokens(self, i): return self.letters[i]

torch.manual_seed(0)
cfg = LlamaConfig(vocab_size=28, hidden_size=32, intermediate_size=64, num_hidden_layers=1, num_attention_heads=2, num_key_value_heads=2,
                  max_position_embeddings=512, bos_token_id=None, eos_token_id=None, initializer_range=.5)
model = LlamaForCausalLM(cfg).eval()'''
