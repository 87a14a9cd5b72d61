"""Filters, windows and spectrograms, and the real Whisper, beside the reference."""
import numpy as np, pytest, torch
T = pytest.importorskip('transformers')
from transformers import audio_utils as R
from nbformers.attention import sound as S
from tests.parity.harness import add_noise
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

def far(a, b):
    a, b = (np.asarray(x, np.float64) for x in (a, b))
    assert a.shape == b.shape
    return float(np.abs(a-b).max()/max(1e-6, np.abs(b).max()))

def drawn_extractors(rng):
    "Name, settings and keywords of a call for each of the five."
    some, yes = lambda *v: v[int(rng.integers(len(v)))], lambda: bool(rng.random() < .7)
    return [
        ('Wav2Vec2FeatureExtractor', dict(do_normalize=yes(), return_attention_mask=yes()), dict(padding=True, pad_to_multiple_of=some(None, 100))),
        ('Wav2Vec2FeatureExtractor', dict(do_normalize=yes(), return_attention_mask=yes()), dict(padding='max_length', max_length=20000, truncation=True)),
        ('WhisperFeatureExtractor', dict(feature_size=some(80, 128, 40), hop_length=some(160, 200), chunk_length=some(30, 3)), dict(padding=some('max_length', 'longest'), truncation=yes(), return_attention_mask=True)),
        ('ASTFeatureExtractor', dict(num_mel_bins=some(128, 64), max_length=some(1024, 100), do_normalize=yes()), {}),
        ('Speech2TextFeatureExtractor', dict(num_mel_bins=some(80, 40), normalize_means=yes(), normalize_vars=yes(), do_ceptral_normalize=yes()), dict(padding=True)),
        ('SeamlessM4TFeatureExtractor', dict(num_mel_bins=some(80, 40), stride=some(2, 3)), dict(pad_to_multiple_of=some(2, 4), return_attention_mask=some(None, False), do_normalize_per_mel_bins=yes()))]

def test_extractors_on_real_speech():
    from nbformers.processors import features as F
    speech, rate = S.sample_speech()
    rng = np.random.default_rng(int(SEED))
    for _ in range(6):
        starts = [int(rng.integers(29))*rate for _ in range(int(rng.integers(1, 4)))]
        rows = [speech[a:a+int(rng.integers(3000, 50000))] for a in starts]
        for name, settings, call in drawn_extractors(rng):
            theirs, ours = getattr(T, name)(**settings), getattr(F, name)(**settings)
            want, got = (f([r.copy() for r in rows], sampling_rate=rate, return_tensors='pt', **call) for f in (theirs, ours))
            assert set(want) == set(got), (name, settings, call)
            for k in want: assert want[k].dtype == got[k].dtype and far(got[k], want[k]) <= 1e-5, (name, k, settings, call)
            assert theirs.to_dict() == ours.to_dict()

def test_uncommon_windows():
    "An odd number of points, a single window where two go side by side, silence, and lists where nothing is normalised."
    from nbformers.processors import features as F
    x = np.random.default_rng(int(SEED)).standard_normal((2, 9000)).astype(np.float32)
    def both(name, sound, settings, **call): return (getattr(lib, name)(**settings)(sound, sampling_rate=16000, **call) for lib in (T, F))
    for hop in (100, 160):
        want, got = both('WhisperFeatureExtractor', list(x), dict(n_fft=201, hop_length=hop, chunk_length=1), return_tensors='np')
        assert far(got.input_features, want.input_features) <= 1e-4
    want, got = both('SeamlessM4TFeatureExtractor', x[:, :401], {}, pad_to_multiple_of=None, return_tensors='np')
    assert got.input_features.shape == want.input_features.shape == (2, 0, 160) and got.attention_mask.shape == want.attention_mask.shape
    for name, settings in (('Wav2Vec2FeatureExtractor', dict(do_normalize=False)), ('Speech2TextFeatureExtractor', dict(do_ceptral_normalize=False))):
        want, got = (out[getattr(F, name).model_input_names[0]] for out in both(name, list(x), settings, padding=True))
        assert type(got) is type(want) is np.ndarray and far(got, want) <= 1e-5
    for n in (4567, 8000):
        want, got = both('Speech2TextFeatureExtractor', np.zeros(n, np.float32), dict(normalize_means=False), return_tensors='np')
        assert np.array_equal(np.isfinite(got.input_features), np.isfinite(want.input_features))

CLASSES = 'WhisperModel', 'WhisperForConditionalGeneration', 'WhisperForAudioClassification', 'WhisperForCausalLM'

def flat(v): return [v] if torch.is_tensor(v) else [y for z in v for y in flat(z)]

@pytest.mark.parametrize('name', CLASSES)
def test_whisper_beside_the_reference(name, tmp_path):
    "Every output, loss and gradient of small models whose every parameter is noise; the decoder's texts have two lengths."
    from nbformers.models import whisper as W
    rng = np.random.default_rng([int(SEED), CLASSES.index(name)])
    some = lambda *v: v[int(rng.integers(len(v)))]
    for i in range(3):
        kw = dict(vocab_size=99, num_mel_bins=some(8, 5), encoder_layers=some(2, 3), decoder_layers=some(1, 3), d_model=32, encoder_attention_heads=some(2, 4), decoder_attention_heads=some(1, 4), encoder_ffn_dim=37,
                  decoder_ffn_dim=41, max_source_positions=15, max_target_positions=30, pad_token_id=0, bos_token_id=1, eos_token_id=2, decoder_start_token_id=1, begin_suppress_tokens=None, classifier_proj_size=16, num_labels=3,
                  activation_function=some('gelu', 'relu'), tie_word_embeddings=some(True, False), use_weighted_layer_sum=some(True, False), scale_embedding=some(True, False))
        theirs = getattr(T, name)._from_config(T.WhisperConfig(**kw), attn_implementation='eager').eval()
        add_noise(theirs, i)
        theirs.save_pretrained(tmp_path/str(i))
        ours = getattr(W, name).from_pretrained(tmp_path/str(i))
        x, ids, mask = torch.randn(3, kw['num_mel_bins'], 30), torch.randint(3, 99, (3, 9)), torch.ones(3, 9).long()
        mask[1, 6:] = 0
        if 'Audio' in name: call = dict(input_features=x, labels=torch.tensor([0, 1, 2]))
        elif 'Causal' in name: call = dict(input_ids=ids, attention_mask=mask, labels=ids.masked_fill(mask == 0, -100), **(dict(encoder_outputs=(torch.randn(3, 15, 32),)) if i%2 else {}))
        else: call = dict(input_features=x, decoder_input_ids=ids, decoder_attention_mask=mask, **(dict(labels=ids.masked_fill(mask == 0, -100)) if 'Condit' in name else {}))
        got, want = (m(**call, output_hidden_states=True, output_attentions=True) for m in (ours, theirs))
        for k in want:
            if k == 'past_key_values': continue
            a, b = flat(got.get(k, ())), flat(want[k])   # no encoder: theirs names an empty tuple of weights
            assert len(a) == len(b), k
            for p, q in zip(a, b): assert far(p.detach()[:1] if p.dim() else p.detach(), q.detach()[:1] if q.dim() else q.detach()) <= 1e-4, (k, kw)
        if 'loss' in want:
            got.loss.backward(), want.loss.backward()
            mine = dict(ours.named_parameters())
            for n, p in theirs.named_parameters():
                if p.grad is not None: assert far(mine[n].grad, p.grad) <= 2e-4 or p.grad.abs().max() < 1e-6, n
        ours.save_pretrained(tmp_path/f'{i}back')
        back = getattr(T, name).from_pretrained(tmp_path/f'{i}back')
        assert all(torch.equal(v, back.state_dict()[k]) for k, v in theirs.state_dict().items())

def test_real_transcript():
    "tiny.en writes what the reference writes from the same weights, times included; short, and longer than its window."
    from nbformers import AutoTokenizer, WhisperForConditionalGeneration, WhisperFeatureExtractor
    from nbformers.config.hub import starter_folder
    d = starter_folder('starter/whisper')
    theirs, ours = (m.from_pretrained(d) for m in (T.WhisperForConditionalGeneration, WhisperForConditionalGeneration))
    read = WhisperFeatureExtractor.from_pretrained(d)
    speech, rate = S.sample_speech()
    x = read(speech[:20*rate], sampling_rate=rate, return_tensors='pt', return_attention_mask=True)
    got, want = (m.generate(**x, return_timestamps=True) for m in (ours, theirs))
    assert got.tolist() == want.tolist()
    long = np.concatenate((speech, speech[5*rate:17*rate]))
    x = read(long, sampling_rate=rate, return_tensors='pt', truncation=False, padding='longest', return_attention_mask=True)
    got, want = (m.generate(**x, return_timestamps=True, return_segments=True) for m in (ours, theirs))
    text = AutoTokenizer.from_pretrained(d).decode(got['sequences'][0], skip_special_tokens=True)
    assert got['sequences'].tolist() == want['sequences'].tolist() and len(text.split()) > 60
    for a, b in zip(got['segments'][0], want['segments'][0], strict=True): assert abs(float(a['start']) - float(b['start'])) <= .1 and abs(float(a['end']) - float(b['end'])) <= .1

TEXTS = ['He was not an old-sposed young man.', ' "Cold-hearted," he said (twice) — [and] left!', " It's $5.40, isn't it? ¡Sí! “Quoted” text…", ' naïve 🐋 café', '我们去北京。好吗？', ' - a - b -- c', ' {x} ((y))']

@pytest.mark.parametrize('language', [None, 'english', 'chinese'])
def test_words_of_a_transcript(language):
    "Words and their times as the reference puts them together from tokens, hyphens, quotes and scripts without spaces among them."
    from transformers.models.whisper.tokenization_whisper import _collate_word_timestamps
    from nbformers import AutoTokenizer
    from nbformers.config.hub import starter_folder
    from nbformers.pipelines.timeline import words_of
    d = starter_folder('starter/whisper')
    ours, theirs = AutoTokenizer.from_pretrained(d), T.AutoTokenizer.from_pretrained(d)
    for text in TEXTS:
        ids = ours.encode(text, add_special_tokens=False)
        ends = [round(.1*(i+1), 2) for i in range(len(ids))]
        spans = list(zip([0.]+ends, ends))
        want = _collate_word_timestamps(theirs, ids, spans, language or 'english', False)
        assert words_of(ours, ids, spans, language) == [dict(text=w['text'], timestamp=tuple(w['timestamp'])) for w in want], text
