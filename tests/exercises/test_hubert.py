"""Solutions to the exercises of nbs/04_models/audio/04_hubert.ipynb."""
import torch
from nbformers.models.wav2vec2 import Wav2Vec2Config, Wav2Vec2Model
from nbformers.models.wav2vec_family import conv_length
from nbformers.models.hubert import SEWConfig, WavLMConfig, WavLMModel

TINY = dict(hidden_size=24, num_hidden_layers=2, num_attention_heads=3, intermediate_size=40, conv_dim=(16, 16), conv_stride=(5, 4), conv_kernel=(10, 8), num_conv_pos_embeddings=6,
    num_conv_pos_embedding_groups=2)

def test_without_distances():
    lm, w2v = WavLMModel(WavLMConfig(**TINY)).eval(), Wav2Vec2Model(Wav2Vec2Config(**TINY)).eval()
    with torch.no_grad(): lm.encoder.layers[0].attention.rel_attn_embed.weight.zero_()
    w2v.load_state_dict({n: t for n, t in lm.state_dict().items() if 'rel_' not in n})
    x = torch.randn(1, 500)
    assert torch.allclose(lm(x).last_hidden_state, w2v(x).last_hidden_state, atol=1e-5)

def test_scores():
    "Pairs of states that are compared in one head and layer, for ten seconds."
    a, b = Wav2Vec2Config(), SEWConfig()
    t = conv_length(160000, a.conv_kernel, a.conv_stride)
    s = conv_length(160000, b.conv_kernel, b.conv_stride)//b.squeeze_factor
    assert (t*t, s*s) == (499**2, 249**2)
