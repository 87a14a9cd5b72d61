"""Solutions to the exercises of nbs/04_models/audio/04_hubert.ipynb."""
from nbformers.models.wav2vec2 import Wav2Vec2Config, Wav2Vec2Model
from nbformers.models.wav2vec_family import conv_length
from nbformers.models.hubert import SEWConfig
from . import judged

def as_wav2vec2(lm):
    cfg = {k: v for k, v in lm.config.to_dict().items() if k in Wav2Vec2Config().to_dict() and k != 'model_type'}
    w2v = Wav2Vec2Model(Wav2Vec2Config(**cfg))
    w2v.load_state_dict({n: t for n, t in lm.state_dict().items() if 'rel_' not in n})
    return w2v

def test_without_distances(): judged('models.hubert', 1, as_wav2vec2, lambda lm: lm, lambda lm: Wav2Vec2Model(as_wav2vec2(lm).config))

def test_scores():
    "Pairs of states that are compared in one head and layer, for ten seconds."
    a, b = Wav2Vec2Config(), SEWConfig()
    t = conv_length(160000, a.conv_kernel, a.conv_stride)
    s = conv_length(160000, b.conv_kernel, b.conv_stride)//b.squeeze_factor
    judged('models.hubert', 2, (s*s, t*t), (t*t, t*t), (s, t))
    assert (s, t) == (249, 499)
