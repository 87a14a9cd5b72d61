"""Solutions to the exercises of nbs/04_models/audio/02_wav2vec_family.ipynb."""
from . import judged

def samples_for(t, kernels, strides):
    "The shortest sound that makes `t` states."
    for k, s in zip(reversed(kernels), reversed(strides)): t = (t-1)*s + k
    return t

def loudness(convs, x, factor): return (convs(factor*x) - convs(x)).detach().abs().max()

def test_loudness():
    "The group norm divides each channel by its deviation over the whole sound: what all of it has in common, a factor, is gone."
    judged('models.wav2vec_family', 1, loudness, lambda convs, x, factor: 0.)

def test_samples_for(): judged('models.wav2vec_family', 2, samples_for, lambda t, kernels, strides: samples_for(t, kernels, strides) - 1, lambda t, kernels, strides: 320*t)
