"Watermarks and guidance against the reference: equal marks, equal detectors, equal answers."
import pytest, torch
import nbformers
from nbformers.generation import guidance, watermarks

transformers = pytest.importorskip('transformers')
reference = transformers.generation

GREEN = [dict(), dict(greenlist_ratio=.5, bias=1., hashing_key=7), dict(seeding_scheme='selfhash', context_width=2), dict(seeding_scheme='selfhash', context_width=3, bias=3.)]
COINS = [dict(ngram_len=3, keys=[1, 2, 3]), dict(ngram_len=5, keys=[654, 400, 836, 123, 340], context_history_size=16, sampling_table_size=2**10, sampling_table_seed=5),
         dict(ngram_len=4, keys=[9, 8], skip_first_ngram_calls=True), dict(ngram_len=2, keys=[5], debug_mode=True)]

@pytest.mark.parametrize('kw', GREEN, ids=str)
def test_green_lists_and_detector_equal_reference(kw):
    g = torch.Generator().manual_seed(0)
    ids, scores = torch.randint(0, 50, (3, 6), generator=g), torch.randn(3, 50, generator=g)
    ours, theirs = (lib(**kw).construct_processor(50, 'cpu') for lib in (nbformers.WatermarkingConfig, transformers.WatermarkingConfig))
    assert torch.equal(ours(ids, scores), theirs(ids, scores))
    text = torch.randint(0, 50, (4, 40), generator=g)
    text[:, 3:9] = text[:, 10:16]
    for once in (False, True):
        a = watermarks.WatermarkDetector(nbformers.LlamaConfig(vocab_size=50), 'cpu', nbformers.WatermarkingConfig(**kw), once)(text, return_dict=True)
        b = reference.WatermarkDetector(transformers.LlamaConfig(vocab_size=50), 'cpu', transformers.WatermarkingConfig(**kw), once)(text, return_dict=True)
        for f in vars(b): torch.testing.assert_close(torch.as_tensor(getattr(a, f)), torch.as_tensor(getattr(b, f)))

@pytest.mark.parametrize('kw', COINS, ids=str)
def test_coins_equal_reference(kw):
    ours, theirs = (lib(**kw).construct_processor(40, 'cpu') for lib in (nbformers.SynthIDTextWatermarkingConfig, transformers.SynthIDTextWatermarkingConfig))
    g = torch.Generator().manual_seed(0)
    ids = torch.randint(0, 4, (2, 30), generator=g)             # few words: contexts repeat
    for t in range(5, 25):
        scores = torch.randn(2, 40, generator=g)
        torch.testing.assert_close(ours(ids[:, :t], scores), theirs(ids[:, :t], scores))
    assert torch.equal(ours.compute_g_values(ids), theirs.compute_g_values(ids))
    assert torch.equal(ours.compute_context_repetition_mask(ids), theirs.compute_context_repetition_mask(ids))
    assert torch.equal(ours.compute_eos_token_mask(ids, 2).long(), theirs.compute_eos_token_mask(ids, 2).long())
    assert ours.expected_mean_g_value(40) == theirs.expected_mean_g_value(40)

def test_the_bayesian_detector_equals_reference(tmp_path):
    torch.manual_seed(0)
    theirs = reference.BayesianDetectorModel(reference.BayesianDetectorConfig(watermarking_depth=4))
    with torch.no_grad():
        for p in theirs.parameters(): p.add_(.3*torch.randn_like(p))
    theirs.save_pretrained(tmp_path)
    ours = watermarks.BayesianDetectorModel.from_pretrained(tmp_path)
    g, mask, y = torch.randint(0, 2, (3, 9, 4)), torch.rand(3, 9) > .3, torch.tensor([1., 0., 1.])
    for a, b in zip(ours(g, mask, labels=y), theirs(g, mask, labels=y), strict=True): torch.testing.assert_close(a, b)

def pair():
    kw = dict(vocab_size=40, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, pad_token_id=0, eos_token_id=2, bos_token_id=1)
    torch.manual_seed(0)
    theirs = transformers.LlamaForCausalLM(transformers.LlamaConfig(**kw)).eval()
    with torch.no_grad():
        for p in theirs.parameters(): p.add_(.2*torch.randn_like(p))
    ours = nbformers.LlamaForCausalLM(nbformers.LlamaConfig(**kw)).eval()
    ours.load_state_dict(theirs.state_dict())
    return ours, theirs

@pytest.mark.parametrize('kw', [dict(guidance_scale=1.5), dict(guidance_scale=3., negative_prompt_ids=torch.tensor([[9, 8, 7], [5, 4, 3]])), dict(guidance_scale=.5, use_cache=False),
    dict(guidance_scale=2., negative_prompt_ids=torch.tensor([[0, 8, 7], [5, 4, 3]]), negative_prompt_attention_mask=torch.tensor([[0, 1, 1], [1, 1, 1]])),
    dict(watermark=dict(bias=3.)), dict(watermark=dict(ngram_len=3, keys=[3, 4]), do_sample=True, top_k=10)], ids=lambda k: '+'.join(k))
def test_answers_equal_reference(kw):
    ids, out = torch.tensor([[5, 6, 7, 8], [9, 10, 11, 12]]), []
    for m, lib in zip(pair(), (nbformers, transformers)):
        more = dict(kw)
        if (w := more.pop('watermark', None)) is not None: more['watermarking_config'] = (lib.SynthIDTextWatermarkingConfig if 'keys' in w else lib.WatermarkingConfig)(**w)
        torch.manual_seed(0)
        out.append(m.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=8, eos_token_id=None, **more))
    if 'negative_prompt_attention_mask' in kw: assert torch.equal(out[0][1], out[1][1])       # the reference counts a padded row's positions from its padding
    else: assert torch.equal(*out)

def test_a_mark_travels_with_the_generation_config(tmp_path):
    cfg = nbformers.GenerationConfig(watermarking_config=nbformers.WatermarkingConfig(bias=1.))
    cfg.save_pretrained(tmp_path)
    back = nbformers.GenerationConfig.from_pretrained(tmp_path)
    assert watermarks.watermark(back.watermarking_config) == cfg.watermarking_config
    ours, _ = pair()
    ids = torch.tensor([[5, 6, 7]])
    assert torch.equal(ours.generate(ids, generation_config=back, max_new_tokens=5), ours.generate(ids, generation_config=cfg, max_new_tokens=5))

@pytest.mark.parametrize('make,message', [(lambda: nbformers.WatermarkingConfig(seeding_scheme='x').validate(), 'lefthash'), (lambda: nbformers.WatermarkingConfig(greenlist_ratio=2.).validate(), 'between 0 and 1'),
    (lambda: nbformers.SynthIDTextWatermarkingConfig(3, [1], sampling_table_size=2**25).validate(), 'sampling_table_size'), (lambda: guidance.ClassifierFreeGuidanceLogitsProcessor(.5), 'above 1'),
    (lambda: watermarks.WatermarkDetector(nbformers.LlamaConfig(vocab_size=9), 'cpu', {**nbformers.WatermarkingConfig().to_dict()})(torch.ones(1, 1, dtype=torch.long)), 'too short')])
def test_what_cannot_work_says_so(make, message):
    with pytest.raises(ValueError, match=message): make()
