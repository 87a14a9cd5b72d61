"`nbformers.audio_utils` against the module of that name in transformers: windows, spectrograms of one and many sounds, filters, files."
import base64, io, warnings
import numpy as np
import pytest
import soundfile
import torch
from transformers import audio_utils as R
import nbformers
from nbformers import _registry, audio_utils as A

def close(got, want, tol=1e-6):
    if isinstance(want, (list, tuple)):
        assert len(got) == len(want)
        for g, w in zip(got, want): close(g, w, tol)
        return
    assert np.shape(got) == np.shape(want), (np.shape(got), np.shape(want))
    if isinstance(want, np.ndarray): assert got.dtype == want.dtype, (got.dtype, want.dtype)
    np.testing.assert_allclose(got, want, rtol=tol, atol=tol*max(1e-12, float(np.abs(want).max(initial=0))))

def both(name, *args, tol=1e-6, **kw): close(getattr(A, name)(*args, **kw), getattr(R, name)(*args, **kw), tol)

def sounds(seed, n=3, dtype=np.float32):
    rng = np.random.default_rng(seed)
    return [(rng.standard_normal(int(rng.integers(700, 3000)))*rng.random()).astype(dtype) for _ in range(n)]

@pytest.mark.parametrize('scale', ['htk', 'kaldi', 'slaney'])
def test_scales(scale):
    f = np.random.default_rng(0).random(50)*8000
    for x in (0., 1000., 999.9, 4000., f): both('hertz_to_mel', x, scale), both('mel_to_hertz', x/4, scale)
    for x in (1., 440., f + 1):
        for kw in ({}, dict(tuning=.3), dict(tuning=-.4, bins_per_octave=24)): both('hertz_to_octave', x, **kw)

@pytest.mark.parametrize('n', [64, 400, 513, 2048])
@pytest.mark.parametrize('notes', [1, 12, 24, 36, 7])
def test_chroma(n, notes):
    for kw in ({}, dict(tuning=.25), dict(power=None), dict(power=1.), dict(weighting_parameters=None), dict(weighting_parameters=(4., 1.), start_at_c_chroma=False)):
        both('chroma_filter_bank', n, notes, 16000, tol=1e-5, **kw)

@pytest.mark.parametrize('name', ['hann', 'hann_window', 'hamming', 'hamming_window', 'povey', 'boxcar'])
def test_windows(name):
    for n in (1, 2, 25, 400):
        for kw in ({}, dict(periodic=False), dict(frame_length=512), dict(frame_length=513, center=False), dict(frame_length=n)):
            if n > 1 or kw.get('periodic', True): both('window_function', n, name, **kw)

def test_lengths():
    for n in (*range(1, 70), 400, 1023, 1024, 1025): assert A.optimal_fft_length(n) == R.optimal_fft_length(n)
    for k, s, p, d in ((3, 1, 0, 1), (10, 5, 0, 1), (4, 3, 2, 2)):
        m = torch.nn.Conv1d(1, 1, k, s, p, d)
        for n in (20, 33, 400): assert A.conv1d_output_length(m, n) == R.conv1d_output_length(m, n) == m(torch.zeros(1, 1, n)).shape[-1]

KW = [{}, dict(power=2.), dict(power=None), dict(center=False), dict(onesided=False, power=2.), dict(preemphasis=.97, remove_dc_offset=True), dict(fft_length=512), dict(mel=True, power=2., log_mel='log'),
    dict(mel=True, power=2., log_mel='log10', mel_floor=1e-3), dict(mel=True, log_mel='dB', db_range=30.), dict(mel=True, power=2., log_mel='dB', reference=.5, min_value=1e-6, db_range=40.), dict(mel=True, power=2., log_mel='log', dtype=np.float64),
    *(dict(pad_mode=m) for m in ('constant', 'reflect', 'edge', 'symmetric', 'wrap'))]

@pytest.mark.parametrize('kw', KW, ids=str)
@pytest.mark.parametrize('dtype', [np.float32, np.float64])
def test_spectrograms(kw, dtype):
    kw = dict(kw)
    n = kw.get('fft_length', 400)
    bank = dict(mel_filters=R.mel_filter_bank(n//2+1, 20, 0, 8000, 16000, mel_scale='slaney', norm='slaney')) if kw.pop('mel', False) else {}
    w, xs = A.window_function(400), sounds(len(str(kw)), 4, dtype)
    for x in xs[:2]: both('spectrogram', x, w, 400, 160, **kw, **bank, tol=2e-5)
    both('spectrogram_batch', xs, w, 400, 160, **kw, **bank, tol=2e-5)
    both('spectrogram_batch', xs[:1], w, 400, 123, **kw, **bank, tol=2e-5)

def test_a_sound_shorter_than_half_a_window():
    x, w = sounds(1)[0][:150], A.window_function(400)
    both('spectrogram', x, w, 400, 160, tol=2e-5)
    both('spectrogram_batch', [x, sounds(2)[0]], w, 400, 160, tol=2e-5)
    both('spectrogram_batch', [sounds(2)[0][:401], sounds(2)[0]], w, 400, 160, center=False, tol=2e-5)

def test_decibels():
    s = np.random.default_rng(0).random((3, 5, 7))*np.array([1, 10, 1000.])[:, None, None]
    for kw in ({}, dict(reference=2.), dict(min_value=.1, db_range=10.), dict(reference=1e-12, db_range=3.)):
        for name in ('power_to_db', 'amplitude_to_db', 'power_to_db_batch', 'amplitude_to_db_batch'): both(name, s, **kw), both(name, s.astype(np.float32), **kw)

def test_one_or_many():
    a, t = np.zeros(4, np.float32), torch.zeros(4)
    for x in (a, t, [0., .1], (.5,), [a, t], (a,), [[a], [t, a]], [[], [a]], [[0., .1], [.2]], []):
        got, want = A.make_list_of_audio(x), R.make_list_of_audio(x)
        assert len(got) == len(want) and all(g is w or g == w for g, w in zip(got, want))
        if len(x): assert A.is_valid_audio(x) == R.is_valid_audio(x)
        if isinstance(x, (list, tuple)) and x and not (isinstance(x[0], list) and not x[0]): assert bool(A.is_valid_list_of_audio(x)) == bool(R.is_valid_list_of_audio(x))
    for x in ('a.wav', ['a.wav', 'b.wav'], ('a.wav',)): assert A.make_list_of_audio_chat_template(x) == R.make_list_of_audio_chat_template(x)
    for x in ('a.wav', 3): assert A.make_audio_chat_template_content(x) == R.make_audio_chat_template_content(x)

def test_languages():
    names = {'en': 'English', 'zh-CN': 'Chinese'}
    for said, n in ((None, 3), ('EN', 2), ('chinese', 1), (['english', 'ZH-cn'], 2), ([None, 'en'], 2), (('en',), 1)):
        for code in (True, False): assert A.prepare_language_inputs(said, n, names, return_code=code) == R.prepare_language_inputs(said, n, names, return_code=code)
    assert A.prepare_language_inputs(['en'], 3, names, allow_broadcast=True) == R.prepare_language_inputs(['en'], 3, names, allow_broadcast=True)
    for mod in (A, R):
        with pytest.raises(ValueError, match='Klingon'): mod.resolve_language('Klingon', names)
        with pytest.raises(ValueError): mod.prepare_language_inputs(['en', 'en'], 3, names)
        with pytest.raises(TypeError): mod.prepare_language_inputs(3, 3, names)

MAGIC = [b'\0\0\0\x20ftyp' + b for b in (b'M4A ', b'3gp5', b'qt  ', b'isom')] + [b'RIFF\0\0\0\0WAVE', b'RIFF\0\0\0\0AVI ', b'riff\x2e\x91\xcf\x11', b'\x1a\x45\xdf\xa3..webm', b'\x1a\x45\xdf\xa3..matroska', b'OggS' + bytes(24) + b'OpusHead',
    b'OggS' + bytes(30) + b'theora', b'OggS' + bytes(30), bytes.fromhex('3026b2758e66cf11a6d900aa0062ce6c'), bytes.fromhex('3026b2758e66cf11a6d900aa0062ce6c') + bytes(9) + bytes.fromhex('c0ef19bc4d5bcf11a8fd00805f5c442b'), b'\xff\xf1', b'\xff\xfb\x90',
    b'\xff\xfd', b'\xff\xf3', b'G' + bytes(187) + b'G', b'FORM\0\0\0\0AIFF', b'FORM\0\0\0\0AIFC', b'fLaC', b'RF64', b'caff', b'.snd', b'#!AMR', b'wvpk', b'.SoX', b'XoS.', b'Creative Voice File', b'd\xa3\x01\0', b'\0\x01\xa3d', b'\x0bw', b'\0\0\x01\xba', b'FLV', b'ID3',
    b'', b'RIFF', b'\xff', b'GG', b'once upon a time', b'FORM\0\0\0\0ILBM', b'RIFF\0\0\0\0WEBP', b'\xff\xe0']

@pytest.mark.parametrize('data', MAGIC)
def test_kinds_of_files(data):
    for tail in (b'', bytes(300)):
        said = []
        for mod in (A, R):
            try: said.append(mod.get_audio_filetype(data + tail))
            except ValueError: said.append(None)
        assert said[0] == said[1], (said, data)
    assert A.TORCHCODEC_ONLY_FILETYPES == R.TORCHCODEC_ONLY_FILETYPES

@pytest.mark.parametrize('kind', ['WAV', 'FLAC', 'OGG'])
@pytest.mark.parametrize('channels', [1, 2])
def test_files(tmp_path, monkeypatch, kind, channels):
    monkeypatch.setattr(R, 'requires_backends', lambda *a: None)   # it asks for its resampler before it knows whether it needs one
    x = np.clip(np.random.default_rng(0).standard_normal((4000, channels))*.2, -1, 1).astype(np.float32)
    f = tmp_path/f'x.{kind.lower()}'
    soundfile.write(f, x, 16000, format=kind)
    text = base64.b64encode(f.read_bytes()).decode()
    for source in (str(f), text, f'data:audio/{kind.lower()};base64,{text}'): both('load_audio', source, tol=2e-4)
    assert A.load_audio(x) is x
    half = A.load_audio(str(f), sampling_rate=8000)
    assert half.shape == (2000,) and half.dtype == np.float32
    read = lambda o: soundfile.read(io.BytesIO(o), dtype='float32')
    for mono in (False, True):
        b = A.load_audio_as(str(f), 'buffer', force_mono=mono).read()
        d = A.load_audio_as(str(f), 'dict', force_mono=mono)
        assert d['format'] == kind.lower() and isinstance(A.load_audio_as(str(f), 'base64'), str)
        y, rate = read(base64.b64decode(d['data']))
        assert rate == 16000 and y.shape == ((4000,) if mono or channels == 1 else (4000, 2)) and read(b)[0].shape == y.shape
        if kind != 'OGG': np.testing.assert_allclose(y, soundfile.read(f, dtype='float32')[0].reshape(4000, -1).mean(1) if mono else soundfile.read(f, dtype='float32')[0], atol=2e-4)
    low, rate = read(A.load_audio_as(str(f), 'buffer', sampling_rate=8000).read())
    assert rate == 8000 and low.shape[0] == 2000

def test_names_stay_in_their_module():
    for name in ('is_valid_audio', 'optimal_fft_length', 'spectrogram_batch', 'chroma_filter_bank'): assert name not in _registry.names and not hasattr(nbformers, name)
    own = {n for n, v in vars(R).items() if getattr(v, '__module__', '') == R.__name__ and n[0] != '_'}
    assert own - set(dir(A)) == set()
    assert A.spectrogram is nbformers.spectrogram and A.mel_filter_bank is nbformers.mel_filter_bank

w, x = np.ones(400), np.zeros(1000, np.float32)
BAD = [
    (lambda: A.spectrogram_batch([], w, 400, 160), ValueError, 'list is empty'), (lambda: A.spectrogram_batch([x[None]], w, 400, 160), ValueError, 'one row'), (lambda: A.spectrogram_batch([x], w, 300, 160), ValueError, 'window has 400'),
    (lambda: A.spectrogram_batch([x], w, 400, 0), ValueError, 'hop_length'), (lambda: A.spectrogram_batch([x], w, 400, 160, fft_length=256), ValueError, 'fft_length'), (lambda: A.spectrogram_batch([x], w, 400, 160, power=None, mel_filters=np.ones((201, 4))), ValueError, 'power'),
    (lambda: A.spectrogram_batch([x], w, 400, 160, log_mel='ln'), ValueError, 'log10'), (lambda: A.spectrogram_batch([x.astype(complex)], w, 400, 160), ValueError, 'complex'), (lambda: A.spectrogram(x[:0], w, 400, 160), ValueError, 'empty'),
    (lambda: A.power_to_db_batch(np.ones((1, 2, 2)), reference=0), ValueError, 'reference'), (lambda: A.amplitude_to_db_batch(np.ones((1, 2, 2)), db_range=-1), ValueError, 'db_range'), (lambda: A.window_function(4, 'kaiser'), ValueError, 'hann'),
    (lambda: A.load_audio('no.wav'), ValueError, 'not a file'), (lambda: A.load_audio('film.mp4'), RuntimeError, 'ffmpeg'), (lambda: A.load_audio('x.wav', backend='torchcodec'), ImportError, 'auto'), (lambda: A.load_audio('x.wav', backend='sox'), ValueError, 'soundfile'),
    (lambda: A.load_audio(3), TypeError, 'int'), (lambda: A.load_audio_as('no.wav', 'dict'), ValueError, 'File not found'), (lambda: A.load_audio_as('no.wav', 'bytes'), ValueError, 'buffer'), (lambda: A.make_list_of_audio('a.wav'), ValueError, 'load_audio'),
    (lambda: A.get_audio_filetype(b'hello'), ValueError, 'not supported'), (lambda: A.optimal_fft_length(0), ValueError, 'at least one'), (lambda: A.chroma_filter_bank(1, 12, 16000), ValueError, 'at least 2'),
]
@pytest.mark.parametrize('case', BAD)
def test_bad_input_says_the_way_out(case):
    f, kind, says = case
    with pytest.raises(kind, match=says): f()
