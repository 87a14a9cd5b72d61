"Exercise of the chapter on single steps with sound."
import numpy as np
from nbformers.audio_utils import chroma_filter_bank, spectrogram, window_function
from . import judged

def note(samples, rate, n=4096, **kw):
    "The energy that each note's filter lets through."
    bank = chroma_filter_bank(n, 12, rate, **kw)
    return spectrogram(samples, window_function(n), n, n//2, power=2., mel_filters=bank.T).sum(1).argmax()

def loudest(samples, rate):
    "Wrong: the note of the one loudest frequency, not of all octaves."
    f = np.abs(np.fft.rfft(samples)).argmax()*rate/len(samples)
    return round(12*np.log2(f/440) + 9) % 12

def test_1(): judged('audio_utils', 1, note, loudest, lambda samples, rate: note(samples, rate, start_at_c_chroma=False))
