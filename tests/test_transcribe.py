"""Whisper's `generate` beside the reference on drawn calls: languages, tasks, times of segments and of tokens, sounds longer than a window,
uneven batches, what was said before, prompts, beams, fallbacks. `python -m tests.test_transcribe 200` runs 200 of them."""
import random, sys, warnings
import pytest, torch
from tests.seeds import SEED
from nbformers import WhisperForConditionalGeneration

EOS, START, TRANSLATE, TRANSCRIBE, BEFORE, NO_TIMES = 100, 101, 107, 108, 110, 112
LANGUAGES = {f'<|{l}|>': 102+i for i, l in enumerate(['en', 'de', 'fr', 'ja', 'zh'])}

def noisy_whisper(seed, states=50):
    "A tiny Whisper of five languages whose window is a second, with ends and times that it does write."
    import transformers as T
    torch.manual_seed(seed)
    r = random.Random(seed)
    cfg = T.WhisperConfig(vocab_size=NO_TIMES + states + 2 + r.randint(0, 5), d_model=16, encoder_layers=1, decoder_layers=2, encoder_attention_heads=2,
        decoder_attention_heads=2, encoder_ffn_dim=20, decoder_ffn_dim=20, num_mel_bins=8, max_source_positions=states, max_target_positions=60, pad_token_id=EOS,
        bos_token_id=EOS, eos_token_id=EOS, decoder_start_token_id=START, begin_suppress_tokens=None, suppress_tokens=None, median_filter_width=r.choice([3, 7]))
    m = T.WhisperForConditionalGeneration(cfg).eval()
    with torch.no_grad():
        for p in m.parameters(): p.add_(torch.randn_like(p)*.5)
        m.model.decoder.embed_tokens.weight[EOS] *= r.choice([1, 1.5, 2.5])
        m.model.decoder.embed_tokens.weight[NO_TIMES+1:] *= r.choice([1, 1.3, .8])
    facts = dict(no_timestamps_token_id=NO_TIMES, prev_sot_token_id=BEFORE, lang_to_id=LANGUAGES, task_to_id={'translate': TRANSLATE, 'transcribe': TRANSCRIBE}, is_multilingual=True,
        alignment_heads=[[0, 1], [1, 0], [1, 1]], max_initial_timestamp_index=r.choice([None, 10, 50]), begin_suppress_tokens=r.choice([None, [20, EOS]]),
        suppress_tokens=r.choice([None, [1, 2, 7]]), pad_token_id=EOS, eos_token_id=EOS, bos_token_id=EOS, decoder_start_token_id=START, max_length=60, return_timestamps=False)
    for k, v in facts.items(): setattr(m.generation_config, k, v)
    return m

def drawn_call(seed):
    "Sounds, and how they are to be written down."
    r = random.Random(7*seed + 1)
    sometimes = lambda p: r.random() < p
    b, long = r.choice([1, 1, 2, 3]), sometimes(.5)
    n = r.randint(120, 420) if long else 100
    kw = dict(input_features=torch.randn(b, 8, n, generator=torch.Generator().manual_seed(seed)))
    if b > 1 and long or sometimes(.4):
        kw['attention_mask'] = mask = torch.ones(b, n, dtype=torch.long)
        for i in range(1, b): mask[i, r.randint(n//2, n):] = 0
    if sometimes(.6): kw['language'] = r.choice(['en', 'german', '<|fr|>', 'ja'] + [[r.choice(['en', 'de', 'fr']) for _ in range(b)]]*(b > 1))
    if sometimes(.5): kw['task'] = r.choice(['transcribe', 'translate'])
    if long or sometimes(.4): kw['return_timestamps'] = True
    if sometimes(.3): kw['return_token_timestamps'] = True
    if sometimes(.4): kw['return_segments'] = True
    if sometimes(.3): kw['num_beams'] = r.choice([2, 3])
    if sometimes(.3): kw['max_new_tokens'] = r.choice([5, 20, 30])
    if long and sometimes(.4): kw['condition_on_prev_tokens'] = True
    if sometimes(.3):
        kw['prompt_ids'] = torch.tensor([BEFORE, 5, 6, 7][:r.randint(2, 4)])
        if 'condition_on_prev_tokens' in kw: kw['prompt_condition_type'] = r.choice(['first-segment', 'all-segments'])
    if sometimes(.3): kw |= dict(temperature=r.choice([0., (0., 0.), (0., 0., 0.)])) | r.choice([dict(compression_ratio_threshold=1.1), dict(logprob_threshold=-2.5),
        dict(logprob_threshold=-1., no_speech_threshold=.001), dict(compression_ratio_threshold=1.35, logprob_threshold=-3.)])
    if not long and 'attention_mask' not in kw and sometimes(.15): kw |= dict(num_return_sequences=2, num_beams=max(2, kw.get('num_beams', 2)))
    return kw

def answer(m, kw):
    "What `generate` says, as plain lists; or that it refuses."
    torch.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        try: out = m.generate(**{k: v.clone() if torch.is_tensor(v) else v for k, v in kw.items()})
        except ValueError: return 'refused'
    if torch.is_tensor(out): return dict(tokens=out.tolist())
    said = dict(tokens=out['sequences'].tolist())
    if 'segments' in out: said['segments'] = [[(s['tokens'].tolist(), round(float(s['start']), 2), round(float(s['end']), 2)) for s in row] for row in out['segments']]
    if 'token_timestamps' in out: said['times'] = out['token_timestamps']
    return said

def compare(seed, folder):
    theirs, kw = noisy_whisper(seed), drawn_call(seed)
    theirs.save_pretrained(folder)
    want, got = answer(theirs, kw), answer(WhisperForConditionalGeneration.from_pretrained(folder).eval(), kw)
    if 'refused' in (want, got): assert want == got, (seed, want, got); return 'refused'
    a, b = want.pop('times', None), got.pop('times', None)
    assert want == got, (seed, {k: v for k, v in kw.items() if not torch.is_tensor(v)})
    assert (a is None) == (b is None)
    # of two tokens the looks are each other's mirror image, every path through them costs the same, and rounding chooses; nor do we say where a sound looks that has ended
    if a is not None and 'attention_mask' not in kw and a.shape[1] > 2 and 'return_timestamps' not in kw: torch.testing.assert_close(b, a, atol=.0201, rtol=0)
    return 'times' if a is not None else 'tokens'

@pytest.mark.usefixtures('quiet')
@pytest.mark.parametrize('i', range(8))
def test_drawn_calls(i, tmp_path): assert compare(SEED*1000 + i, tmp_path) in ('tokens', 'times', 'refused')

@pytest.mark.usefixtures('quiet')
def test_batch_mates_do_not_matter(tmp_path):
    "With what was said before in front, shorter rows are padded on the left; that must move nothing."
    noisy_whisper(74).save_pretrained(tmp_path)
    m, x = WhisperForConditionalGeneration.from_pretrained(tmp_path).eval(), torch.randn(3, 8, 300, generator=torch.Generator().manual_seed(0))
    lengths, kw = (300, 204, 260), dict(language='en', condition_on_prev_tokens=True, return_timestamps=True)
    mask = torch.stack([(torch.arange(300) < n).long() for n in lengths])
    together = m.generate(x, attention_mask=mask, **kw)
    for row, sound, n in zip(together, x, lengths):
        alone = m.generate(sound[None, :, :n], **kw)[0].tolist()
        assert row.tolist()[:len(alone)] == alone and set(row.tolist()[len(alone):]) <= {EOS}

def language_tokenizer(folder):
    "Letters, the tokens that steer, and times."
    import json, string
    letters = [*string.ascii_letters, *string.digits, *(f'Ġ{c}' for c in string.ascii_lowercase), *'.,!?Ġ'][:93]
    special = ['<|endoftext|>', '<|startoftranscript|>', *LANGUAGES, '<|translate|>', '<|transcribe|>', '<|startoflm|>', '<|startofprev|>', '<|nospeech|>', '<|notimestamps|>']
    vocab = {t: i for i, t in enumerate([*letters, *(f'x{i}' for i in range(100-len(letters))), *special, *(f'<|{i*.02:.2f}|>' for i in range(52))])}
    added = {str(i): dict(content=t, lstrip=False, rstrip=False, normalized=False, single_word=False, special=t in special) for t, i in vocab.items() if i >= 100}
    (folder/'vocab.json').write_text(json.dumps(vocab)); (folder/'merges.txt').write_text('#version: 0.2\nĠ a\n')
    (folder/'tokenizer_config.json').write_text(json.dumps(dict(tokenizer_class='WhisperTokenizer', added_tokens_decoder=added, **{f'{k}_token': special[0] for k in ('bos', 'eos', 'unk', 'pad')})))

@pytest.mark.usefixtures('quiet')
def test_languages_of_several_sounds(tmp_path):
    "`return_language` where pieces share a batch, with and without times."
    import transformers as T, numpy as np, nbformers
    m = noisy_whisper(5)
    m.generation_config._from_model_config = False
    for part in (m, T.WhisperFeatureExtractor(feature_size=8, chunk_length=1)): part.save_pretrained(tmp_path)
    language_tokenizer(tmp_path)
    theirs, ours = (lib.pipeline('automatic-speech-recognition', str(tmp_path), device='cpu') for lib in (T, nbformers))
    sounds = [np.random.default_rng(i).standard_normal(n).astype(np.float32) for i, n in enumerate((8000, 16000, 3000))]
    for kw in ({}, dict(return_timestamps=True), dict(generate_kwargs=dict(max_new_tokens=9)), dict(chunk_length_s=.8)):
        want = [theirs(x.copy(), return_language=True, **kw) for x in sounds]
        assert all('language' in c for row in want for c in row['chunks'])
        for b in (1, 3): assert ours([x.copy() for x in sounds], return_language=True, batch_size=b, **kw) == want, (kw, b)

if __name__ == '__main__':
    import tempfile, collections
    torch.set_num_threads(1)
    counts = collections.Counter()
    for seed in range(int(sys.argv[1])):
        with tempfile.TemporaryDirectory() as d:
            try: counts[compare(seed, d)] += 1
            except AssertionError as e: counts['DIFFERENT'] += 1; print(str(e)[:300])
    print(dict(counts))
