"""Sounds to texts beside the reference: generation of composed models, checkpoints joined, files both ways, and the pipeline of models that write and are no Whisper."""
import copy, warnings
import numpy as np, pytest, torch
transformers = pytest.importorskip('transformers')
import nbformers
from tests.parity.cases.composed import MBART, STABLE, hears
from tests.parity.cases.t5_kin import WRITES, part
from tests.parity.harness import add_noise
from tests.seeds import SEED

pytestmark = pytest.mark.usefixtures('quiet')
WORDS = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', *(f'w{i}' for i in range(95))]
PAIRS = dict(wav2vec2_bert=(hears('wav2vec2', **STABLE), part('bert', **WRITES)), hubert_mbart=(hears('hubert', **STABLE), MBART), adapter_gpt2=(hears('wav2vec2', add_adapter=True, num_adapter_layers=1, **STABLE), part('gpt2', add_cross_attention=True)))

def both(name, folder):
    enc, dec = copy.deepcopy(PAIRS[name])
    cfg = transformers.SpeechEncoderDecoderConfig(encoder=enc, decoder=dec, pad_token_id=0, eos_token_id=3, decoder_start_token_id=2)
    ref = add_noise(transformers.SpeechEncoderDecoderModel(cfg), SEED+len(name)).eval()
    for k, v in dict(pad_token_id=0, eos_token_id=3, decoder_start_token_id=2).items(): setattr(ref.generation_config, k, v)
    ref.save_pretrained(folder/'pair')
    return ref, nbformers.SpeechEncoderDecoderModel.from_pretrained(folder/'pair')

@pytest.mark.parametrize('name', PAIRS)
def test_generate(name, tmp_path):
    "Sounds of two lengths: greedy, beams, a given start, states handed over; a row alone writes the same."
    ref, ours = both(name, tmp_path)
    x, keep = torch.randn(2, 900), torch.ones(2, 900, dtype=torch.long)
    keep[1, 600:] = 0
    for kw in (dict(max_new_tokens=7), dict(max_new_tokens=6, num_beams=3, num_return_sequences=2, length_penalty=.7), dict(max_new_tokens=5, decoder_input_ids=torch.tensor([[2, 7, 9], [2, 8, 5]])), dict(max_length=6, repetition_penalty=1.3)):
        assert torch.equal(ours.generate(x, attention_mask=keep, do_sample=False, **kw), ref.generate(x, attention_mask=keep, do_sample=False, **kw)), kw
    assert torch.equal(ours.generate(input_values=x, max_new_tokens=5, do_sample=False), ref.generate(x, max_new_tokens=5, do_sample=False))
    y = torch.tensor([[5, 6, -100], [7, 8, 9]])
    for a, b in zip(ours(x, keep, labels=y, return_dict=False)[:2], ref(x, keep, labels=y, return_dict=False)[:2]): assert torch.allclose(a, b, atol=1e-4)

def test_joining_checkpoints(tmp_path):
    ref, _ = both('wav2vec2_bert', tmp_path)
    ref.encoder.save_pretrained(tmp_path/'hears'); ref.decoder.save_pretrained(tmp_path/'writes')
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        pair = nbformers.SpeechEncoderDecoderModel.from_encoder_decoder_pretrained(tmp_path/'hears', tmp_path/'writes', pad_token_id=0, decoder_start_token_id=2)
    pair.freeze_feature_encoder()
    assert not any(p.requires_grad for n, p in pair.named_parameters() if 'feature_extractor' in n) and any(p.requires_grad for p in pair.parameters())
    pair.save_pretrained(tmp_path/'ours')
    back = nbformers.AutoModelForSpeechSeq2Seq.from_pretrained(tmp_path/'ours')
    theirs = transformers.AutoModelForSpeechSeq2Seq.from_pretrained(tmp_path/'ours')
    x, y = torch.randn(2, 900), torch.randint(3, 99, (2, 5))
    with torch.no_grad(): assert torch.allclose(back(x, labels=y).logits, theirs(x, labels=y).logits, atol=1e-4)

@pytest.mark.parametrize('name', PAIRS)
def test_pipeline(name, tmp_path):
    "Clips, lists, long sounds in pieces; times are refused in words."
    ref, ours = both(name, tmp_path)
    (tmp_path/'vocab.txt').write_text('\n'.join(WORDS))
    ways = dict(sampling_rate=16000, do_normalize=True, return_attention_mask=True)
    read = transformers.pipeline('automatic-speech-recognition', ref, tokenizer=transformers.BertTokenizer(str(tmp_path/'vocab.txt')), feature_extractor=transformers.Wav2Vec2FeatureExtractor(**ways), device='cpu')
    mine = nbformers.pipeline('automatic-speech-recognition', ours, tokenizer=nbformers.BertTokenizer(str(tmp_path/'vocab.txt')), feature_extractor=nbformers.Wav2Vec2FeatureExtractor(**ways), device='cpu')
    g = np.random.default_rng(SEED)
    clips = [g.standard_normal(n).astype('float32') for n in (900, 1700, 900)]
    for kw in (dict(max_new_tokens=6), dict(max_new_tokens=8, generate_kwargs=dict(num_beams=2)), dict(chunk_length_s=.05, stride_length_s=0, max_new_tokens=5)): # with overlaps the reference writes them twice
        want = [read(c.copy(), **copy.deepcopy(kw)) for c in clips]
        assert mine([c.copy() for c in clips], **kw) == want, kw
        assert mine(dict(raw=clips[0], sampling_rate=16000, name='a'), **kw) == read(dict(raw=clips[0].copy(), sampling_rate=16000, name='a'), **copy.deepcopy(kw))
    with pytest.raises(ValueError, match='neither times nor languages'): mine(clips[0], return_timestamps='word')
    for m in (ref, ours): m.generation_config.max_length = 7 # the model's own limit goes before the pipeline's
    assert [r['text'] for r in mine([c.copy() for c in clips])] == [read(c.copy())['text'] for c in clips]
