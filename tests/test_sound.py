"""Filters, windows and spectrograms, and the real Whisper, beside the reference."""
import numpy as np, pytest
T = pytest.importorskip('transformers')
from transformers import audio_utils as R
from nbformers.attention import sound as S
from tests.seeds import SEED

def test_spectrograms():
    rng = np.random.default_rng(int(SEED))
    for _ in range(12):
        x = rng.standard_normal(int(rng.integers(700, 6000))).astype(np.float32)*rng.choice([1, .01, 2**15])
        frame, hop = int(rng.integers(50, 400)), int(rng.integers(10, 200))
        name, periodic = str(rng.choice(['hann', 'hamming', 'povey', 'boxcar'])), bool(rng.integers(2))
        window = R.window_function(frame, name, periodic)
        assert np.allclose(window, S.window_function(frame, name, periodic))
        fft = frame + int(rng.integers(0, 100))
        kw = dict(num_frequency_bins=fft//2+1, num_mel_filters=int(rng.integers(5, 30)), min_frequency=float(rng.integers(0, 100)), max_frequency=7000., sampling_rate=16000,
                  norm=rng.choice([None, 'slaney']), mel_scale=str(rng.choice(['htk', 'slaney', 'kaldi'])), triangularize_in_mel_space=bool(rng.integers(2)))
        bank = R.mel_filter_bank(**kw)
        assert np.abs(bank - S.mel_filter_bank(**kw)).max() <= 1e-9*max(1, bank.max())
        kw = dict(frame_length=frame, hop_length=hop, fft_length=fft, power=rng.choice([1., 2.]), center=bool(rng.integers(2)), pad_mode=str(rng.choice(['reflect', 'constant'])), preemphasis=rng.choice([None, .97]),
                  mel_filters=bank, mel_floor=1e-7, log_mel=rng.choice([None, 'log', 'log10', 'dB']), db_range=rng.choice([None, 40.]), remove_dc_offset=bool(rng.integers(2)))
        want, got = R.spectrogram(x, window, **kw), S.spectrogram(x, window, **kw)
        assert want.shape == got.shape and want.dtype == got.dtype
        assert np.abs(want - got).max() <= 1e-5*np.abs(want).max()
