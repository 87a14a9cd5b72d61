"""Exercise of the SqueezeBERT chapter: what two groups keep apart."""
import torch
from nbformers.models.squeezebert import SqueezeBertConfig, SqueezeBertModel
from . import judged

def test_only_norms_mix_two_groups():
    judged('models.squeezebert', 1, (16, 'norm'), (8, 'norm'), (16, 'mlp'), (16, 'attention'))
    torch.manual_seed(0)
    groups = {f'{k}_groups': 2 for k in ('q', 'k', 'v', 'post_attention', 'intermediate', 'output')}
    m = SqueezeBertModel(SqueezeBertConfig(vocab_size=40, embedding_size=16, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=24, max_position_embeddings=20, **groups)).eval()
    layer, x = m.blocks()[0], torch.randn(1, 5, 16, requires_grad=True)
    seen = lambda f: torch.autograd.grad(f()[0, :, 8:].sum(), x)[0][..., :8].abs().max() > 1e-7   # does the second half look at the first?
    assert not seen(lambda: layer.attention(x, {None: None})[0])          # each head lies within a group, here
    assert not seen(lambda: layer.output.conv1d(layer.intermediate(x)))
    assert seen(lambda: layer.output(layer.intermediate(x), x)[..., :]*torch.arange(16.))    # the norms' mean and deviation are over both
