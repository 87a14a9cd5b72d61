"""Pictures and sounds that are broken, empty, of another kind than the model's, or larger than they look: through processors and through
pipelines. Each is refused with an error that says what was wrong, and before memory is taken for it."""
import base64, io, os, struct, subprocess, sys, zlib
import numpy as np, pytest, torch
import nbformers as nb
from PIL import Image
from nbformers.attention.sound import resample
from nbformers.processors.audio import load_audio
from nbformers.processors.images import load_image
from tests.parity.cases.composed import TROCR, sees

pytestmark = pytest.mark.usefixtures('quiet')

# pictures ------------------------------------------------------------------------------------------------------------
def chunk(kind, data): return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))
def png(w, h, rows=b''): return b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', w, h, 1, 0, 0, 0, 0)) + chunk(b'IDAT', zlib.compress(rows)) + chunk(b'IEND', b'')
def blank(w, h): return png(w, h, b'\0'*((w+7)//8+1)*h)

def saved(kind, size=(64, 48)):
    b = io.BytesIO()
    Image.fromarray(np.random.randint(0, 255, (*size[::-1], 3), np.uint8)).save(b, kind)
    return b.getvalue()

SEES = dict(hidden_size=24, num_hidden_layers=1, num_attention_heads=2, intermediate_size=24, image_size=32, patch_size=8)
PIXELS = nb.ViTImageProcessor(size=32)

def classify(): return nb.pipeline('image-classification', nb.ViTForImageClassification(nb.ViTConfig(**SEES)), image_processor=PIXELS, device='cpu')
def describe():
    pair = nb.VisionEncoderDecoderModel(nb.VisionEncoderDecoderConfig(encoder=sees('vit', image_size=32), decoder=dict(TROCR), pad_token_id=0, decoder_start_token_id=1))
    return nb.pipeline('image-to-text', pair, image_processor=PIXELS, tokenizer=nb.AutoTokenizer.from_pretrained('starter/lm'), device='cpu', max_new_tokens=2)
def vectors(): return nb.pipeline('image-feature-extraction', nb.ViTModel(nb.ViTConfig(**SEES)), image_processor=PIXELS, device='cpu')
EYES = dict(processor=lambda: PIXELS, classify=classify, describe=describe, vectors=vectors)

@pytest.fixture(scope='module', params=EYES)
def eye(request): return EYES[request.param]()

@pytest.mark.parametrize('kind', ['PNG', 'JPEG', 'GIF', 'WEBP', 'TIFF', 'BMP'])
def test_broken_pictures(kind, eye):
    "Cut anywhere, or with bytes changed: an answer or a `ValueError`, nothing else; as bytes, as base64 and as a picture that was opened and not read."
    whole = saved(kind)
    for n in (0, 3, 20, len(whole)//3, len(whole)-40):
        with pytest.raises(ValueError, match='picture|pixels'): eye(whole[:n]) if n else eye(b'')
    with pytest.raises(ValueError, match='picture'): eye(base64.b64encode(whole[:20]).decode())
    for _ in range(12):
        bad = bytearray(whole)
        for at in np.random.randint(0, len(bad), 9): bad[at] = np.random.randint(256)
        try: eye(bytes(bad))
        except ValueError as e: assert 'picture' in str(e) or 'pixels' in str(e), e
    if kind in ('PNG', 'JPEG'):
        with pytest.raises(ValueError, match='broken picture'): eye(Image.open(io.BytesIO(whole[:len(whole)//2])))

def test_what_is_no_picture(eye):
    for x in (b'<html>not found</html>', 'nowhere/at/all.png', 'hello there'):
        with pytest.raises(ValueError, match='picture'): eye(x)
    with pytest.raises(TypeError, match='int'): eye(3)
    b = io.BytesIO(); Image.new('RGB', (9, 9)).save(b, 'EPS')
    with pytest.raises(ValueError, match='PostScript'): eye(b.getvalue())   # reading one starts a program

def test_more_pixels_than_allowed(eye):
    for data, said in ((png(60000, 60000), 'pixels'), (blank(12000, 9000), 'claims 12000 × 9000 pixels, more than the 89,478,485'), (blank(20000, 20000), 'pixels')):
        with pytest.raises(ValueError, match=said): eye(data)
    with pytest.raises(ValueError, match='claims 12000 × 9000'): eye(Image.open(io.BytesIO(blank(12000, 9000))))   # opened, not read

def test_a_thin_picture_is_not_blown_up():
    "One pixel wide and forty thousand high: with the shorter side at 224 that would be two thousand million pixels."
    with pytest.raises(ValueError, match='so thin that it would be resized to 224 × 8960000 pixels'): nb.CLIPImageProcessor()(blank(1, 40000))
    assert PIXELS(blank(1, 4000), return_tensors='pt').pixel_values.shape == (1, 3, 32, 32)

def test_more_channels_than_expected(eye):
    for shape in ((5, 40, 40), (40, 40, 7)):
        with pytest.raises(ValueError, match='neither end of .* is a number of channels'): eye(np.zeros(shape, np.uint8))
    with pytest.raises(ValueError, match='3 numbers for a picture of 4 channels|[Uu]nable'): eye(np.zeros((4, 40, 40), np.uint8))
    with pytest.raises(ValueError, match='has shape|a picture is'): eye(np.zeros((40,), np.uint8))

def test_channels_that_the_model_does_not_read():
    one = nb.ViTForImageClassification(nb.ViTConfig(**SEES, num_channels=1))
    with pytest.raises(ValueError, match='3 channels, and the model reads 1'): one(torch.zeros(1, 3, 32, 32))

# sounds --------------------------------------------------------------------------------------------------------------
def wav(x, rate=16000, channels=1, bits=16, claims=None):
    d = np.asarray(x, '<i2').tobytes()
    n = len(d) if claims is None else claims
    return b'RIFF' + struct.pack('<I', (36+n) % 2**32) + b'WAVEfmt ' + struct.pack('<IHHIIHH', 16, 1, channels, rate, min(rate*channels*bits//8, 2**32-1), channels*bits//8, bits) + b'data' + struct.pack('<I', n) + d

HEARS = dict(hidden_size=24, num_hidden_layers=1, num_attention_heads=3, intermediate_size=24, conv_dim=[8]*7, num_conv_pos_embeddings=4, num_conv_pos_embedding_groups=2)
def name(): return nb.pipeline('audio-classification', nb.Wav2Vec2ForSequenceClassification(nb.Wav2Vec2Config(**HEARS)), feature_extractor=nb.Wav2Vec2FeatureExtractor(), device='cpu')
def letters():
    class Letters:   # all that the pipeline asks a tokenizer before it has an answer
        pad_token_id, pad_token = 0, '<pad>'
    return nb.pipeline('automatic-speech-recognition', nb.Wav2Vec2ForCTC(nb.Wav2Vec2Config(**HEARS)), feature_extractor=nb.Wav2Vec2FeatureExtractor(), tokenizer=Letters(), device='cpu')
def whisper(): return nb.pipeline('automatic-speech-recognition', 'starter/whisper', device='cpu')
EARS = dict(file=lambda: load_audio, name=name, letters=letters)

@pytest.fixture(scope='module', params=EARS)
def ear(request): return EARS[request.param]()

def test_no_samples(ear):
    for x in (np.zeros(0), torch.zeros(0), [], b'', wav([]), dict(array=np.zeros(0), sampling_rate=8000), dict(raw=np.zeros(0), sampling_rate=16000)):
        with pytest.raises(ValueError, match='empty'): ear(x) if not isinstance(x, list) else ear(np.asarray(x))

def test_broken_sounds(ear):
    whole = wav(range(1, 2000))
    for x in (whole[:10], whole[:30], b'RIFF', b'not a sound at all', wav([1]*9, channels=0), wav([1]*9, bits=13)):
        with pytest.raises((ValueError, ModuleNotFoundError), match='WAV|sound file'): ear(x)
    with pytest.raises(FileNotFoundError, match='there is no sound file'): ear('nowhere.wav')
    with pytest.raises(ValueError, match='no sound'): ear('data:audio/wav;base64,%%%')
    with pytest.raises(TypeError, match='NoneType'): ear(None)
    for x, said in ((dict(array=np.ones(999)), 'sampling_rate'), (dict(array=np.ones(999), sampling_rate=0), 'positive whole number, not 0'), (dict(array=np.ones(999), sampling_rate=16000.5), 'whole number, not 16000.5')):
        with pytest.raises(ValueError, match=said): ear(x)

def test_channels_of_sounds(ear):
    for shape in ((3, 5000), (5000, 2), (1, 2, 5000)):
        with pytest.raises(ValueError, match='channel'): ear(np.zeros(shape))

def test_rates():
    "The error names both rates and the way out."
    x = np.ones(4000, np.float32)
    for fe in (nb.Wav2Vec2FeatureExtractor(), nb.WhisperFeatureExtractor(), nb.ASTFeatureExtractor(), nb.Speech2TextFeatureExtractor(), nb.SeamlessM4TFeatureExtractor()):
        for rate in (8000, 44100):
            with pytest.raises(ValueError, match=f'needs 16000 .* has {rate}: resample'): fe(x, sampling_rate=rate)
        for bad, said in ((np.zeros(0), 'empty'), (np.full(4000, np.nan), 'no numbers'), (np.zeros((4000, 2)), 'channel')):
            with pytest.raises(ValueError, match=said): fe(bad, sampling_rate=16000)
    class Letters: pass
    with pytest.raises(ValueError, match='needs 16000 .* has 8000'): nb.SpeechProcessor(nb.Wav2Vec2FeatureExtractor(), Letters())(audio=x, sampling_rate=8000)

def test_too_short_for_one_state():
    for n in (1, 300):
        with pytest.raises(ValueError, match=f'has {n} samples, and one state needs 400'): name()(np.zeros(n))

def test_rates_with_little_in_common_need_little_memory():
    x = torch.randn(3000)
    near = resample(x, 44100, 16000)
    assert (resample(x, 44101, 16000)[:1000]-near[:1000]).abs().max() < .2   # a table of weights for these two would take six gigabytes
    from nbformers.attention import sound
    for old, new in ((3, 2), (441, 160), (1, 3)):
        want = resample(x, old, new)
        assert torch.allclose(sound._each_sample(x[None], old, new, len(want))[0], want, atol=1e-4)

def test_a_rate_that_would_fill_the_memory():
    with pytest.raises(ValueError, match='40000 samples at 1 a second would be 640,000,000 at 16000'): load_audio(wav([1]*40000, rate=1))

def test_more_samples_than_are_read(monkeypatch):
    "Silence packs well: ten hours of it are two megabytes of FLAC."
    soundfile = pytest.importorskip('soundfile')
    b = io.BytesIO(); soundfile.write(b, np.zeros(50000, 'int16'), 16000, format='FLAC')
    assert len(load_audio(b.getvalue())) == 50000
    with pytest.raises(ValueError, match='cannot be read'): load_audio(b.getvalue()[:30])
    monkeypatch.setattr('nbformers.processors.audio.MOST_SAMPLES', 40000)
    with pytest.raises(ValueError, match='claims 50,000 samples, and at most 40,000'): load_audio(b.getvalue())

@pytest.mark.skipif(sys.platform != 'linux', reason='asks Linux how much memory was taken')
def test_memory_is_bounded():
    "All bombs in one process that may not take half a gigabyte more than it has."
    run = subprocess.run([sys.executable, '-c', '''
import resource, numpy as np
from tests.test_bad_senses import *
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for f in (lambda: PIXELS(png(60000, 60000)), lambda: PIXELS(blank(12000, 9000)), lambda: PIXELS(blank(20000, 20000)), lambda: nb.CLIPImageProcessor()(blank(1, 40000)), lambda: load_image(Image.open(io.BytesIO(blank(12000, 9000)))),
          lambda: load_audio(wav([1]*40000, rate=1)), lambda: load_audio(wav([1]*9, claims=2**32-40, rate=0))):
    try: f()
    except ValueError: continue
    raise SystemExit('a bomb was let in')
load_audio(wav([1]*4000, rate=44101))
taken = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)/2**10
assert taken < 512, f'{taken:.0f} MB'
'''], capture_output=True, text=True, env={**os.environ, 'PYTHONPATH': os.path.dirname(os.path.dirname(os.path.abspath(__file__)))})
    assert run.returncode == 0, run.stdout + run.stderr
