"Beam search against the reference; groups of beams, required words, contrastive search and DoLa against stored answers of 4.45.2 (tests/golden/make_generation.py)."
import json, random, tempfile
from pathlib import Path
import pytest, torch
import nbformers

GOLDEN = Path(__file__).parent/'golden'/'generation'
SPEECH = dict(llama='LlamaForCausalLM', gpt2='GPT2LMHeadModel', bart='BartForConditionalGeneration', t5='T5ForConditionalGeneration')

@pytest.fixture(autouse=True, scope='module')
def one_thread():
    n = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(n)

@pytest.fixture(scope='module', params=SPEECH)
def pair(request):
    "The reference's model and ours with the same noisy weights."
    transformers = pytest.importorskip('transformers')
    name, cls = request.param, SPEECH[request.param]
    if name == 't5':
        torch.manual_seed(0)
        theirs = transformers.T5ForConditionalGeneration(transformers.T5Config(vocab_size=40, d_model=32, d_kv=8, d_ff=40, num_layers=2, num_heads=4, pad_token_id=0,
                                                                               eos_token_id=1, decoder_start_token_id=0)).eval()
        with torch.no_grad():
            for p in theirs.parameters(): p.add_(torch.randn_like(p)*(.3 if p.ndim > 1 else .05))
    else: theirs = getattr(transformers, cls).from_pretrained(GOLDEN/name).eval()
    with tempfile.TemporaryDirectory() as d:
        theirs.save_pretrained(d)
        return theirs, getattr(nbformers, cls).from_pretrained(d).eval()

def prompts(rng, pad, left):
    b, t = rng.choice([1, 2, 3]), rng.choice([3, 5, 7])
    ids = torch.randint(4, 40, (b, t), generator=torch.Generator().manual_seed(rng.randrange(10**6)))
    mask = torch.ones_like(ids)
    for r in range(1, b):
        k = rng.randrange(0, t-1)
        where = slice(0, k) if left else slice(t-k, t)
        mask[r, where], ids[r, where] = 0, pad
    return dict(input_ids=ids, attention_mask=mask)

def flags(rng):
    kw = dict(num_beams=rng.choice([2, 3, 4, 6]), max_new_tokens=rng.choice([2, 4, 9, 14]), length_penalty=rng.choice([-1., 0., .6, 1., 2.]), early_stopping=rng.choice([True, False, 'never']))
    kw['num_return_sequences'] = rng.randint(1, kw['num_beams'])
    for key, chance, values in (('repetition_penalty', .3, [1.3]), ('no_repeat_ngram_size', .3, [2]), ('min_new_tokens', .2, [2]), ('eos_token_id', .3, [[2, 7, 9]]), ('use_cache', .2, [False])):
        if rng.random() < chance: kw[key] = rng.choice(values)
    if rng.random() < .25: kw |= dict(do_sample=True, top_k=rng.choice([0, 20]), temperature=1.5)
    return kw

@pytest.mark.parametrize('seed', range(16))
def test_beam_search_equals_reference(pair, seed):
    theirs, ours = pair
    rng = random.Random(seed)
    inputs, kw = prompts(rng, theirs.config.pad_token_id, not theirs.config.is_encoder_decoder), flags(rng)
    out = []
    for m in (theirs, ours):
        torch.manual_seed(seed)
        out.append(m.generate(**inputs, **kw, return_dict_in_generate=True, output_scores=True))
    want, got = out
    assert type(got).__name__ == type(want).__name__ and set(got) == set(want)
    assert torch.equal(got.sequences, want.sequences) and torch.equal(got.beam_indices, want.beam_indices.long())
    torch.testing.assert_close(got.sequences_scores, want.sequences_scores, rtol=1e-4, atol=1e-4)
    for a, b in zip(got.scores, want.scores, strict=True): torch.testing.assert_close(a, b, rtol=1e-3, atol=1e-3)
    end = set(kw.get('eos_token_id', [theirs.generation_config.eos_token_id]))
    assert all((r == 'eos') == bool(end & set(s[inputs['input_ids'].shape[1] if not theirs.config.is_encoder_decoder else 1:].tolist())) for r, s in zip(got.finish_reason, got.sequences))

@pytest.mark.parametrize('kw', [dict(num_beams=4), dict(num_beams=3, length_penalty=2., early_stopping='never'), dict(num_beams=4, num_beam_groups=2, diversity_penalty=.5),
    dict(num_beams=4, force_words_ids=[[7, 9]]), dict(penalty_alpha=.6, top_k=4), dict(dola_layers='low')], ids=lambda k: '+'.join(k))
def test_batch_mates_and_padding_change_nothing(kw):
    model = nbformers.AutoModelForCausalLM.from_pretrained(GOLDEN/'llama').eval()
    rows = [torch.randint(4, 40, (1, t), generator=torch.Generator().manual_seed(t)) for t in (3, 8, 5)]
    ids = torch.cat([torch.nn.functional.pad(r, (8-r.shape[1], 0)) for r in rows])
    both = model.generate(input_ids=ids, attention_mask=(torch.arange(8) >= 8-torch.tensor([[3], [8], [5]])).long(), max_new_tokens=9, **kw)
    for row, r in zip(both, rows):
        alone = model.generate(input_ids=r, max_new_tokens=9, **kw)[0, r.shape[1]:].tolist()
        assert row[8:8+len(alone)].tolist() == alone

RUNS = json.loads((GOLDEN/'runs.json').read_text())
def whole(ids, end): # up to the end token, which ends a row however it is filled up
    return ids[:next((i+1 for i, t in enumerate(ids) if t == end), len(ids))]

@pytest.mark.parametrize('kind', ['group', 'force', 'contrastive', 'dola'])
def test_dropped_strategies_equal_stored_answers(kind):
    models = {n: (nbformers.AutoModelForSeq2SeqLM if n == 'bart' else nbformers.AutoModelForCausalLM).from_pretrained(GOLDEN/n).eval() for n in ('llama', 'gpt2', 'bart')}
    runs = [r for r in RUNS if r['kind'] == kind]
    for r in runs:
        got = models[r['model']].generate(input_ids=torch.tensor(r['ids']), attention_mask=torch.tensor(r['mask']), **r['flags'])
        assert got.tolist() == r['out'], (r['model'], r['flags'])
    assert len(runs) == 40

def test_streams_and_steps_of_beams():
    model = nbformers.AutoModelForCausalLM.from_pretrained(GOLDEN/'llama').eval()
    ids = torch.tensor([[5, 6, 7]])
    class Heard:
        def __init__(self): self.ids, self.done = [], False
        def put(self, x): self.ids += x.flatten().tolist()
        def end(self): self.done = True
    for kw in (dict(num_beams=4), dict(num_beams=4, num_beam_groups=2, diversity_penalty=1.), dict(penalty_alpha=.5, top_k=3)):
        heard = Heard()
        out = model.generate(ids, max_new_tokens=10, streamer=heard, **kw)
        assert heard.ids == out[0].tolist() and heard.done
    with pytest.raises(ValueError, match='one text'): model.generate(ids.repeat(2, 1), num_beams=2, max_new_tokens=3, streamer=Heard())
    from nbformers.generation.steps import stream
    steps = list(stream(model, ids, num_beams=3, max_new_tokens=6, eos_token_id=None, watch=0))
    assert len(steps) == 6 and all(len(s.beams[0]) == 3 and s.beams[0][0].score >= s.beams[0][1].score for s in steps)

def test_a_given_cache_survives_an_interruption():
    model = nbformers.AutoModelForCausalLM.from_pretrained(GOLDEN/'llama').eval()
    ids, cache = torch.tensor([[5, 6, 7, 8]]), nbformers.DynamicCache(config=model.config)
    with torch.no_grad(): model(input_ids=ids[:, :3], past_key_values=cache, use_cache=True)
    calls = []
    def stop(input_ids, scores):
        calls.append(1)
        if len(calls) == 4: raise KeyboardInterrupt
        return scores
    with pytest.raises(KeyboardInterrupt): model.generate(ids, past_key_values=cache, num_beams=3, max_new_tokens=9, logits_processor=[stop])
    assert cache.get_seq_length() == 3 and cache.layers[0].keys.shape[0] == 1
    assert torch.equal(model.generate(ids, past_key_values=cache, num_beams=3, max_new_tokens=5), model.generate(ids, num_beams=3, max_new_tokens=5))

@pytest.mark.parametrize('kw,message', [(dict(num_beams=4, num_beam_groups=3, diversity_penalty=1.), 'divides num_beams'), (dict(num_beams=4, num_beam_groups=2), 'diversity_penalty'),
    (dict(num_beams=4, num_beam_groups=2, diversity_penalty=1., do_sample=True), 'ranked'), (dict(force_words_ids=[[3]]), 'num_beams'), (dict(num_beams=2, force_words_ids=[[]]), 'token ids'),
    (dict(num_beams=2, num_return_sequences=3), 'num_beams'), (dict(penalty_alpha=.5, top_k=3, use_cache=False), 'use_cache'), (dict(penalty_alpha=1.5, top_k=3), 'between 0 and 1'),
    (dict(dola_layers='middle'), "'low', 'high'"), (dict(dola_layers=[9]), 'no layer')], ids=lambda x: None if isinstance(x, str) else '+'.join(x))
def test_what_cannot_work_says_so(kw, message):
    model = nbformers.AutoModelForCausalLM.from_pretrained(GOLDEN/'llama').eval()
    with pytest.raises(ValueError, match=message): model.generate(torch.tensor([[5, 6, 7]]), max_new_tokens=3, **kw)
