"""Solutions to the exercises of nbs/04_models/audio/03_wav2vec2.ipynb."""
import torch
from nbformers.models.wav2vec2 import Wav2Vec2Config, Wav2Vec2ForCTC, perplexity

TINY = dict(hidden_size=24, num_hidden_layers=2, num_attention_heads=3, intermediate_size=40, conv_dim=(16, 16), conv_stride=(5, 4), conv_kernel=(10, 8), num_conv_pos_embeddings=6,
    num_conv_pos_embedding_groups=2)

def test_one_sound_for_all():
    "Where everything becomes the same code, each codebook uses one entry: the perplexity falls to the number of codebooks, its least value."
    same = torch.zeros(40, 2, 8); same[..., 3] = 1
    assert torch.isclose(perplexity(same), torch.tensor(2.))

def test_only_a_language():
    model = Wav2Vec2ForCTC(Wav2Vec2Config(**TINY, do_stable_layer_norm=True, adapter_attn_dim=4))
    model.freeze_base_model()
    for p in model._get_adapters().values(): p.requires_grad_(True)
    d, v = 24, 32
    assert model.num_parameters(only_trainable=True) == 2*(2*d + (d*4+4) + (4*d+d)) + d*v + v
