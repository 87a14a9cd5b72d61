"""Exercise of the Mixtral chapter: a dense model becomes a mixture that computes the same."""
import torch
from nbformers.models.mixtral import MixtralConfig, MixtralForCausalLM
from . import judged

def upcycled(dense, experts=4):
    cfg = dense.config.to_dict()
    sizes = {k: cfg[k] for k in ('vocab_size', 'hidden_size', 'intermediate_size', 'num_hidden_layers', 'num_attention_heads', 'num_key_value_heads', 'sliding_window', 'rms_norm_eps', 'rope_parameters')}
    sparse = MixtralForCausalLM(MixtralConfig(**sizes, num_local_experts=experts))
    own = {n: t for n, t in dense.state_dict().items() if '.mlp.' not in n}
    for i, layer in enumerate(dense.model.layers):
        p, m = f'model.layers.{i}.mlp', layer.mlp
        own[f'{p}.experts.gate_up_proj'] = torch.cat((m.gate_proj.weight, m.up_proj.weight)).expand(experts, -1, -1).clone()
        own[f'{p}.experts.down_proj'] = m.down_proj.weight.expand(experts, -1, -1).clone()
        own[f'{p}.gate.weight'] = torch.randn(experts, cfg['hidden_size'])
    sparse.load_state_dict(own)
    return sparse.eval()

def untouched(dense, experts):
    torch.manual_seed(1)
    return MixtralForCausalLM(upcycled(dense, experts).config)

def test_the_weights_of_a_token_sum_to_one(): judged('models.mixtral', 1, upcycled, untouched)
