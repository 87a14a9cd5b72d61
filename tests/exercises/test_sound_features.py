"Solutions to the exercises of `nbs/03b_processors/20_sound_features.ipynb`."
import numpy as np
from nbformers import Wav2Vec2FeatureExtractor
from nbformers.attention.sound import sample_speech
from . import judged

def test_who_notices():
    "1: Wav2Vec2 takes the mean of the sound away, Kaldi's spectrograms that of each window; Whisper does neither."
    judged('processors.features', 1, ['WhisperFeatureExtractor'], [], ['WhisperFeatureExtractor', 'ASTFeatureExtractor'])

def moved():
    "2: without a mask the mean and the variance are those of speech and silence together."
    x = sample_speech()[0][17*16000:18*16000]
    a, b = (Wav2Vec2FeatureExtractor(return_attention_mask=m)(x, sampling_rate=16000, padding='max_length', max_length=48000)['input_values'][0] for m in (True, False))
    return np.abs(a[:16000] - b[:16000]).max()

def test_padding(): judged('processors.features', 2, moved(), 0., 1.)
