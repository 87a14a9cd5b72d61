"""Solutions to the exercises of nbs/04_models/audio/02_wav2vec_family.ipynb."""
import torch
from nbformers.models.wav2vec_family import SoundConvs, Wav2VecFamilyConfig, conv_length

SMALL = dict(conv_dim=(16, 16), conv_stride=(5, 2), conv_kernel=(10, 3))
class Group(Wav2VecFamilyConfig): feat_extract_norm = 'group'

def test_loudness():
    convs, x = SoundConvs(Group(**SMALL)), torch.randn(1, 900) + 3*torch.sin(torch.arange(900)*.02)
    assert torch.allclose(convs(x), convs(5*x), atol=1e-3)
    del convs.conv_layers[0].layer_norm
    assert not torch.allclose(convs(x), convs(5*x), atol=1e-1)

def samples_for(t, kernels, strides):
    "The shortest sound that makes `t` states."
    for k, s in zip(reversed(kernels), reversed(strides)): t = (t-1)*s + k
    return t

def test_samples_for():
    c = Wav2VecFamilyConfig()
    for t in (1, 2, 49, 500):
        n = samples_for(t, c.conv_kernel, c.conv_stride)
        assert conv_length(n, c.conv_kernel, c.conv_stride) == t == conv_length(n-1, c.conv_kernel, c.conv_stride) + 1
