"""Text and times out of Whisper's tokens: `Timeline` beside the reference on drawn rows of tokens, and the pipeline beside the reference's on
drawn settings. `python -m tests.test_timeline 2000 100` runs 2000 drawn timelines and 100 drawn pipelines."""
import copy, random, sys, tempfile, warnings
import numpy as np, pytest, torch
from tests.seeds import SEED

T = pytest.importorskip('transformers')
STEP = .02

def both_tokenizers():
    from nbformers import AutoTokenizer
    from nbformers.config.hub import starter_folder
    d = starter_folder('starter/whisper')
    return AutoTokenizer.from_pretrained(d), T.AutoTokenizer.from_pretrained(d)

@pytest.fixture(scope='module')
def tokenizers(): return both_tokenizers()

def drawn_pieces(r, tok):
    "Rows of tokens as a model may write them: text, broken letters, times in and out of order, languages, prompts; margins or none."
    first = tok.convert_tokens_to_ids('<|notimestamps|>') + 1
    code = lambda name: tok.convert_tokens_to_ids(f'<|{name}|>')
    words = tok.encode(' and so, my fellow (Americans): "ask not" naïve 我们 🐋 what-ever.', add_special_tokens=False)
    word = lambda: r.choice(words) if r.random() < .8 else r.randint(1, tok.convert_tokens_to_ids('<|endoftext|>') - 1)
    margins, last, out = r.random() < .7, [], []
    for k in range(r.randint(1, 5)):
        ids = [code('startofprev'), word(), code('startoftranscript')][:r.choice([0, 0, 0, 3, 2])]
        if r.random() < .4: ids.append(code(r.choice(['en', 'en', 'de', 'ja'])))
        t = 0
        for _ in range(r.randint(0, 5)):
            if r.random() < .8:
                t = min(1500, t + r.randint(0, 500)) if r.random() < .85 else r.randint(0, 1500)
                ids += [first + t]*r.choice([1, 1, 2])
            ids += [word() for _ in range(r.randint(0, 6))]
        if last and r.random() < .7: ids = last + ids   # what both pieces heard
        if r.random() < .3: ids.append(code('endoftext'))
        last = [i for i in ids if i < code('endoftext')][-r.randint(2, 6):]
        left, right = (r.choice([0, 2., 5.]), r.choice([0, 3.3, 5.])) if margins else (0, 0)
        seconds = np.sort(np.array([r.random()*30 for _ in ids])).round(2).tolist()
        out.append((ids, seconds, (r.choice([30., 21.7]), left, right) if margins else None))
    return out

def beside(seed, ours, theirs):
    from nbformers.pipelines.timeline import Timeline
    r = random.Random(seed)
    pieces, times, language = drawn_pieces(r, ours), r.choice([None, True, 'word']), r.choice([False, True])
    given = [dict(tokens=torch.tensor([ids], dtype=torch.long), token_timestamps=torch.tensor([s], dtype=torch.float64), **(dict(stride=st) if st else {})) for ids, s, st in pieces]
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        text, more = theirs._decode_asr(given, return_timestamps=times, return_language=language, time_precision=STEP)
    line = Timeline(ours, times, STEP)
    for ids, s, st in pieces: line.add(ids, s, st)
    got, chunks = line.finish(language)
    assert got == text, seed
    assert not more or chunks == more['chunks'], seed

@pytest.mark.parametrize('i', range(60))
def test_drawn_timelines(i, tokenizers): beside(1000*int(SEED) + i, *tokenizers)

def small_whisper(seed, folder):
    "A Whisper of one narrow layer with the real vocabulary, all parameters noise."
    from nbformers.config.hub import starter_folder
    torch.manual_seed(seed)
    d, r = starter_folder('starter/whisper'), random.Random(seed)
    c = T.WhisperConfig.from_pretrained(d)
    for k, v in dict(d_model=16, encoder_layers=1, decoder_layers=2, encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=20, decoder_ffn_dim=20, num_hidden_layers=1).items(): setattr(c, k, v)
    m = T.WhisperForConditionalGeneration(c).eval()
    with torch.no_grad():
        for n, p in m.named_parameters(): p.add_(torch.randn_like(p)*(1. if 'q_proj' in n or 'k_proj' in n else .3))   # sharp attention: times of tokens are no ties
        m.model.decoder.embed_tokens.weight[50363:] *= r.choice([1., 1.5, 2.])
    m.generation_config = T.GenerationConfig.from_pretrained(d)
    m.generation_config.alignment_heads = [[0, 1], [1, 0]]
    m.save_pretrained(folder)
    for part in (T.AutoTokenizer.from_pretrained(d), T.WhisperFeatureExtractor.from_pretrained(d)): part.save_pretrained(folder)
    return folder

def drawn_settings(r):
    kw = dict(generate_kwargs=dict(max_new_tokens=r.choice([8, 20]), num_beams=r.choice([1, 1, 2])))
    if r.random() < .7:
        kw['chunk_length_s'] = r.choice([5, 8, 12.5])
        if r.random() < .6: kw['stride_length_s'] = r.choice([1, (1, .5), [0, 2]])
    if (t := r.choice([None, True, 'word'])) is not None: kw['return_timestamps'] = t
    if r.random() < .3 and t != 'word': kw['return_language'] = True
    return kw

def pipelines_beside(seed, folder):
    from nbformers import pipeline
    from nbformers.attention.sound import sample_speech
    r = random.Random(seed)
    small_whisper(seed, folder)
    speech, rate = sample_speech()
    ours, theirs = pipeline('automatic-speech-recognition', folder, device='cpu'), T.pipeline('automatic-speech-recognition', folder, device='cpu')
    for _ in range(2):
        kw, sounds = drawn_settings(r), [speech[(a := r.randint(0, 10))*rate:int((a + r.choice([3, 9.3, 17]))*rate)] for _ in range(r.choice([1, 3]))]
        make = lambda: [dict(raw=s.copy(), sampling_rate=rate, name='clip') for s in sounds]
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            want = [theirs(x, **copy.deepcopy(kw)) for x in make()]
        for got in (ours(make(), **kw), ours(make(), batch_size=r.choice([1, 2, 4]), **kw)): assert got == want, (seed, kw)

@pytest.mark.parametrize('i', range(2))
def test_drawn_pipelines(i, tmp_path): pipelines_beside(100*int(SEED) + i, str(tmp_path))

if __name__ == '__main__':
    pair = both_tokenizers()
    for seed in range(int(sys.argv[1])): beside(seed, *pair)
    for seed in range(int(sys.argv[2])):
        with tempfile.TemporaryDirectory() as f: pipelines_beside(seed, f)
    print(f'{sys.argv[1]} timelines and {sys.argv[2]} pipelines, all equal')
