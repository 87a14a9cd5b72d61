"""Pipelines over models that hear the wave, beside the reference's, on real speech."""
import json
import numpy as np, pytest, torch
T = pytest.importorskip('transformers')
import nbformers as N
from nbformers.attention.sound import sample_speech
from tests.parity.harness import add_noise
from tests.seeds import SEED

SMALL = dict(hidden_size=24, num_hidden_layers=2, num_attention_heads=3, intermediate_size=37, conv_dim=[16, 20, 16], conv_stride=[10, 8, 4], conv_kernel=[20, 12, 5], num_conv_pos_embeddings=9,
    num_conv_pos_embedding_groups=2, feat_extract_norm='layer')
LETTERS = ['<pad>', '<s>', '</s>', '<unk>', '|', *'ETAONIHSRDLU']
KINDS = 'Wav2Vec2', 'Hubert', 'WavLM', 'SEW'

@pytest.fixture(scope='module')
def speech(): return sample_speech()

def checkpoint(folder, kind, head, **more):
    "A random model of the reference with everything that a pipeline reads, in a folder."
    config = getattr(T, f'{kind}Config')(**SMALL, **more)
    add_noise(getattr(T, f'{kind}For{head}')._from_config(config), int(SEED)).save_pretrained(folder)
    (folder/'vocab.json').write_text(json.dumps({t: i for i, t in enumerate(LETTERS)}))
    processor = T.Wav2Vec2Processor(T.Wav2Vec2FeatureExtractor(return_attention_mask=bool(int(SEED) % 2)), T.Wav2Vec2CTCTokenizer(folder/'vocab.json'))
    processor.save_pretrained(folder)
    return folder

@pytest.mark.parametrize('kind', KINDS)
def test_letters_over_time(kind, tmp_path, speech):
    x, rate = speech
    rng = np.random.default_rng(int(SEED))
    folder = str(checkpoint(tmp_path, kind, 'CTC', vocab_size=len(LETTERS)))
    theirs = T.pipeline('automatic-speech-recognition', folder, device='cpu', tokenizer=T.Wav2Vec2CTCTokenizer.from_pretrained(folder))
    ours = N.pipeline('automatic-speech-recognition', folder, device='cpu')
    for chunk, stride in ((None, None), (2., None), (1.7, .3), (2.3, (.5, .1)), (30., None)):
        a = int(rng.integers(0, 20*rate))
        clip = x[a:a+int(rng.integers(1*rate, 6*rate))]
        call = {} if chunk is None else dict(chunk_length_s=chunk) | ({} if stride is None else dict(stride_length_s=stride))
        for times in (None, 'char', 'word'):
            kw = call | ({} if times is None else dict(return_timestamps=times))
            assert ours(clip.copy(), **kw) == theirs(clip.copy(), **kw), (call, times)
    given = dict(raw=x[:3*rate].copy(), sampling_rate=rate, name='b', stride=(4000, 1600))
    assert ours(dict(given)) == theirs(dict(given))

def test_many_at_once(tmp_path, speech):
    x, rate = speech
    pipe = N.pipeline('automatic-speech-recognition', str(checkpoint(tmp_path, 'Wav2Vec2', 'CTC', vocab_size=len(LETTERS))), device='cpu')
    clips = [x[i*rate:i*rate+n] for i, n in enumerate((20000, 31000, 20000, 9000))]
    assert pipe(clips, batch_size=3, chunk_length_s=1.) == [pipe(c, chunk_length_s=1.) for c in clips]

@pytest.mark.parametrize('problem', [None, 'multi_label_classification', 'regression'])
def test_names_of_sounds(problem, tmp_path, speech):
    x, rate = speech
    folder = str(checkpoint(tmp_path, 'Wav2Vec2', 'SequenceClassification', num_labels=7, problem_type=problem))
    theirs, ours = (f.pipeline('audio-classification', folder, device='cpu') for f in (T, N))
    for kw in ({}, dict(top_k=2), dict(top_k=None), dict(function_to_apply='sigmoid'), dict(function_to_apply='none', top_k=9)):
        for clip in (x[:rate], dict(array=x[rate:3*rate], sampling_rate=rate)):
            want, got = theirs(clip, **kw), ours(clip, **kw)
            assert [w['label'] for w in want] == [g['label'] for g in got]
            assert np.allclose([w['score'] for w in want], [g['score'] for g in got], atol=1e-5)

def test_processor(tmp_path, speech):
    "Sounds and their transcripts through AutoProcessor, back to text."
    x, rate = speech
    folder = str(checkpoint(tmp_path, 'Wav2Vec2', 'CTC', vocab_size=len(LETTERS)))
    ours, theirs = N.AutoProcessor.from_pretrained(folder), T.Wav2Vec2Processor.from_pretrained(folder)
    clips = [x[:9000], x[9000:20000]]
    for kw in (dict(padding=True), dict(padding='max_length', max_length=12000, truncation=True)):
        a, b = (p(clips, sampling_rate=rate, return_tensors='pt', **kw) for p in (ours, theirs))
        assert set(a) == set(b) and all(torch.allclose(a[k].float(), b[k].float(), atol=1e-5) for k in b)
    assert ours(text='ETA ON').input_ids == theirs(text='ETA ON').input_ids
    ids = torch.randint(0, len(LETTERS), (2, 40), generator=torch.Generator().manual_seed(int(SEED)))
    assert ours.batch_decode(ids) == theirs.batch_decode(ids)

def test_old_names(tmp_path):
    "Checkpoints of the years before say weight_g and weight_v, and lack the vector for hidden moments."
    from safetensors.torch import load_file, save_file
    folder = checkpoint(tmp_path, 'Wav2Vec2', 'CTC', vocab_size=len(LETTERS))
    new = load_file(folder/'model.safetensors')
    old = {n.replace('parametrizations.weight.original0', 'weight_g').replace('parametrizations.weight.original1', 'weight_v'): t for n, t in new.items() if 'masked_spec_embed' not in n}
    assert old.keys() != new.keys()
    save_file(old, folder/'model.safetensors', metadata=dict(format='pt'))
    with pytest.warns(UserWarning, match='not trained yet: wav2vec2.masked_spec_embed'): model = N.Wav2Vec2ForCTC.from_pretrained(folder)
    assert torch.isfinite(model.wav2vec2.masked_spec_embed).all()
    assert all(torch.equal(model.state_dict()[n], t) for n, t in new.items() if 'masked_spec_embed' not in n)
    model.save_pretrained(folder/'again')
    assert load_file(folder/'again/model.safetensors').keys() == new.keys()

@pytest.mark.parametrize('kind', ['SEW', 'Data2VecAudio', 'Hubert'])
def test_unused_keys(kind, tmp_path, speech):
    "`do_stable_layer_norm` in the file of a member whose norm stands in one place decides nothing there."
    x = torch.tensor(speech[0][:16000])[None]
    folder = checkpoint(tmp_path, kind, 'CTC', vocab_size=len(LETTERS), do_stable_layer_norm=True)
    theirs,ours = (getattr(lib, f'{kind}ForCTC').from_pretrained(folder).eval() for lib in (T, N))
    with torch.no_grad(): torch.testing.assert_close(ours(x).logits, theirs(x).logits, atol=1e-4, rtol=1e-3)

@pytest.mark.parametrize('kind', ['UniSpeechSat', 'SEW'])
def test_no_adapter_where_there_is_none(kind, tmp_path, speech):
    "`add_adapter` in the file of a member that has no adapters decides nothing."
    x = torch.tensor(speech[0][:16000])[None]
    add_noise(getattr(T, f'{kind}Model')(getattr(T, f'{kind}Config')(**SMALL, add_adapter=True)), int(SEED)).save_pretrained(tmp_path)
    theirs, ours = (getattr(lib, f'{kind}Model').from_pretrained(tmp_path).eval() for lib in (T, N))
    with torch.no_grad(): torch.testing.assert_close(ours(x).last_hidden_state, theirs(x).last_hidden_state, atol=1e-4, rtol=1e-3)

def test_language_adapters(tmp_path):
    "The reference writes an adapter, we read it; and the other way round."
    from safetensors.torch import save_file
    config = dict(SMALL, do_stable_layer_norm=True, adapter_attn_dim=5, vocab_size=11)
    ref = add_noise(T.Wav2Vec2ForCTC(T.Wav2Vec2Config(**config)), int(SEED)).eval()
    ref.save_pretrained(tmp_path)
    french = {n: torch.randn(17, *p.shape[1:]) if 'lm_head' in n else torch.randn_like(p) for n, p in ref._get_adapters().items()}
    save_file(french, tmp_path/'adapter.fra.safetensors', metadata=dict(format='pt'))
    x = torch.randn(1, 4000)
    ours, theirs = N.Wav2Vec2ForCTC.from_pretrained(tmp_path, target_lang='fra'), T.Wav2Vec2ForCTC.from_pretrained(tmp_path)
    theirs.load_adapter('fra')
    assert ours._get_adapters().keys() == theirs._get_adapters().keys()
    with torch.no_grad(): assert torch.allclose(ours(x).logits, theirs.eval()(x).logits, atol=1e-4)
    with pytest.raises(OSError, match='adapter.deu'): ours.load_adapter('deu')

def test_names_of_spectrograms(tmp_path, speech):
    x, rate = speech
    config = T.ASTConfig(hidden_size=24, num_hidden_layers=2, num_attention_heads=3, intermediate_size=37, max_length=100, num_mel_bins=32, num_labels=6)
    add_noise(T.ASTForAudioClassification._from_config(config), int(SEED)).save_pretrained(tmp_path)
    T.ASTFeatureExtractor(num_mel_bins=32, max_length=100).save_pretrained(tmp_path)
    theirs, ours = (f.pipeline('audio-classification', str(tmp_path), device='cpu') for f in (T, N))
    for clip in (x[:rate//2], x[:3*rate]):
        want, got = theirs(clip), ours(clip)
        assert [w['label'] for w in want] == [g['label'] for g in got]
        assert np.allclose([w['score'] for w in want], [g['score'] for g in got], atol=1e-4)
