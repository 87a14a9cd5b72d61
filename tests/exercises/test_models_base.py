"Solutions to the exercises of nbs/04_models/01_base."
import torch
from torch.utils.checkpoint import checkpoint
from nbformers.models.base import run_layers
from nbformers.models.llama import LlamaConfig, LlamaForCausalLM

tiny = dict(hidden_size=16, num_hidden_layers=4, num_attention_heads=2, intermediate_size=32, vocab_size=50)

def freeze(model, n):
    "1. Freeze the token table and the first `n` layers; how many parameters still learn."
    for m in (model.get_input_embeddings(), *model.base_model.layers[:n]): m.requires_grad_(False)
    return model.num_parameters(only_trainable=True)

def test_freeze():
    m = LlamaForCausalLM(LlamaConfig(**tiny))
    layer = sum(p.numel() for p in m.model.layers[0].parameters())
    assert freeze(m, 3) == m.num_parameters() - 50*16 - 3*layer

def untie(model):
    "2. The tie comes back with every `tie_weights`, which a resize calls, unless the configuration stops asking for it."
    out = model.get_output_embeddings()
    out.weight = torch.nn.Parameter(out.weight.detach().clone())
    model.config.tie_word_embeddings = False

def test_untie():
    m,ids = LlamaForCausalLM(LlamaConfig(**tiny, tie_word_embeddings=True)),torch.tensor([[1, 2, 3]])
    before = m(ids).logits
    untie(m)
    assert torch.equal(m(ids).logits, before)
    m.resize_token_embeddings(60)
    assert m.lm_head.weight is not m.model.embed_tokens.weight

def run_pairs(layers, x, *args):
    "3. Keep the input of every second layer only: half of the inputs, and one pair's inside at a time."
    layers = list(layers)
    for i in range(0, len(layers), 2):
        x = checkpoint(lambda y, *a, two=layers[i:i+2]: run_layers(two, y, *a)[0], x, *args, use_reentrant=False)
    return x

class Layer(torch.nn.Linear):
    def forward(self, x): return x + super().forward(x).relu(), None

def test_run_pairs():
    layers,x = [Layer(8, 8) for _ in range(16)],torch.randn(4, 8, requires_grad=True)
    def kept(f):
        n = []
        with torch.autograd.graph.saved_tensors_hooks(lambda t: (n.append(t.numel()), t)[1], lambda t: t): y = f()
        return y,sum(n)
    a,one = kept(lambda: run_layers(layers, x, checkpoint=True)[0])
    b,two = kept(lambda: run_pairs(layers, x))
    assert torch.equal(a, b) and two <= one/1.9
    ga,gb = (torch.autograd.grad(y.sum(), x)[0] for y in (a, b))
    torch.testing.assert_close(ga, gb)
