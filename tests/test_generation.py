"""Generation against the reference: every processor and criterion on random input, configs, greedy and padded batches token
for token on tiny checkpoints, sampling by chi-square, and the promises about errors and interruption."""
import itertools, json, logging
import pytest
transformers = pytest.importorskip('transformers')
import torch
import transformers.generation as ref
from tests.parity.harness import make_reference
from tests.seeds import again
import nbformers.generation.filters as F
import nbformers.generation.rules as R
import nbformers.generation.stopping as S
from nbformers.generation.config import GenerationConfig, resolve_config
from nbformers.generation.loop import generate
from nbformers.generation.steps import stream
from nbformers.generation.prepare import prepare

transformers.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()
V = 60

pytestmark = pytest.mark.usefixtures('quiet')

# processors ----------------------------------------------------------------------------------------------------------
EOS = torch.tensor([2, 5])
PAIRS = {  # name: how to make it, in either library
    'Temperature': lambda m: m.TemperatureLogitsWarper(.7), 'TopK': lambda m: m.TopKLogitsWarper(7), 'TopK2': lambda m: m.TopKLogitsWarper(1, min_tokens_to_keep=3),
    'TopP': lambda m: m.TopPLogitsWarper(.8), 'TopPlow': lambda m: m.TopPLogitsWarper(.05, min_tokens_to_keep=2), 'TopP0': lambda m: m.TopPLogitsWarper(0.),
    'MinP': lambda m: m.MinPLogitsWarper(.1), 'MinP2': lambda m: m.MinPLogitsWarper(.99, min_tokens_to_keep=4), 'TopH': lambda m: m.TopHLogitsWarper(.4),
    'Typical': lambda m: m.TypicalLogitsWarper(.6), 'Typical2': lambda m: m.TypicalLogitsWarper(.1, min_tokens_to_keep=3),
    'Epsilon': lambda m: m.EpsilonLogitsWarper(.02), 'Epsilon2': lambda m: m.EpsilonLogitsWarper(.9, min_tokens_to_keep=2),
    'Eta': lambda m: m.EtaLogitsWarper(.01), 'Eta2': lambda m: m.EtaLogitsWarper(.3, min_tokens_to_keep=2), 'Norm': lambda m: m.LogitNormalization(),
    'Repetition': lambda m: m.RepetitionPenaltyLogitsProcessor(1.7), 'Repetition_prompt': lambda m: m.RepetitionPenaltyLogitsProcessor(1.7, 4),
    'Repetition_pad': lambda m: m.RepetitionPenaltyLogitsProcessor(.6, torch.tensor([0, 3, 5])),
    'EncoderRepetition': lambda m: m.EncoderRepetitionPenaltyLogitsProcessor(1.4, torch.arange(6).view(3, 2)),
    'NGram1': lambda m: m.NoRepeatNGramLogitsProcessor(1), 'NGram2': lambda m: m.NoRepeatNGramLogitsProcessor(2), 'NGram3': lambda m: m.NoRepeatNGramLogitsProcessor(3),
    'EncoderNGram': lambda m: m.EncoderNoRepeatNGramLogitsProcessor(2, torch.tensor([[3, 4, 3, 7, 8]]*3)),
    'Bias': lambda m: m.SequenceBiasLogitsProcessor({(4,): 2., (3, 4): -1.5, (4, 3, 9): 7.}), 'Bias_list': lambda m: m.SequenceBiasLogitsProcessor([[[4], 2.], [[3, 4], -1.5]]),
    'BadWords': lambda m: m.NoBadWordsLogitsProcessor([[4], [3, 7], [2]], EOS), 'Suppress': lambda m: m.SuppressTokensLogitsProcessor([1, 9]),
    'Begin': lambda m: m.SuppressTokensAtBeginLogitsProcessor([1, 9], 8), 'Begin_not': lambda m: m.SuppressTokensAtBeginLogitsProcessor([1, 9], 7),
    'MinLength': lambda m: m.MinLengthLogitsProcessor(9, EOS), 'MinLength_not': lambda m: m.MinLengthLogitsProcessor(8, 2),
    'MinNew': lambda m: m.MinNewTokensLengthLogitsProcessor(5, 4, [2, 5]), 'ForcedEOS': lambda m: m.ForcedEOSTokenLogitsProcessor(9, [2, 5]),
    'ForcedEOS_not': lambda m: m.ForcedEOSTokenLogitsProcessor(8, 2), 'ForcedBOS': lambda m: m.ForcedBOSTokenLogitsProcessor(4),
    'InfNan': lambda m: m.InfNanRemoveLogitsProcessor(), 'Decay': lambda m: m.ExponentialDecayLengthPenalty((2, 1.2), [2, 5], 3),
    'Decay_not': lambda m: m.ExponentialDecayLengthPenalty((9, 1.2), 2, 3),
    'Prefix': lambda m: m.PrefixConstrainedLogitsProcessor(lambda i, ids: [1+i, int(ids[-1])], 1),
}
class Ours: pass
for mod in (F, R):
    for n in dir(mod):
        if not n.startswith('_'): setattr(Ours, n, getattr(mod, n))

@pytest.mark.parametrize('name', PAIRS)
def test_processor_equals_reference(name):
    for seed in range(6):
        g = torch.Generator().manual_seed(seed)
        ids = torch.randint(3, 10, (3, 8), generator=g)
        scores = torch.randn(3, V, generator=g)*(1+seed)
        if seed == 1: scores[:, ::3] = -torch.inf
        if seed == 2: scores = scores.round()                                  # ties
        if name == 'InfNan': scores[0, 0], scores[1, 1] = torch.nan, torch.inf
        if seed == 2 and name.startswith(('TopP', 'Typical', 'TopH')): continue  # an unstable sort breaks ties as it likes
        a, b = PAIRS[name](Ours)(ids.clone(), scores.clone()), PAIRS[name](ref)(ids.clone(), scores.clone())
        torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-5)
        assert torch.equal(a.isneginf(), b.isneginf())

def test_top_p_head_equals_reference_on_a_large_vocabulary():
    for seed, p in itertools.product(range(3), (.1, .9, .999)):
        s = torch.randn(2, 20000, generator=torch.Generator().manual_seed(seed))*(2+3*seed)
        a, b = F.TopPLogitsWarper(p)(None, s), ref.TopPLogitsWarper(p)(None, s)
        differ = (a.isneginf() != b.isneginf()).sum()
        assert differ <= 2, differ                                            # rounding at the very edge of the nucleus

CALLS = [dict(do_sample=True), dict(do_sample=True, temperature=.7, top_k=9, top_p=.9, min_p=.05, typical_p=.9, epsilon_cutoff=.001, eta_cutoff=.001, top_h=.9),
    dict(do_sample=True, top_k=0, renormalize_logits=True, repetition_penalty=1.3, no_repeat_ngram_size=2), dict(min_length=30, bad_words_ids=[[7]], suppress_tokens=[8]),
    dict(sequence_bias=[[[4], 2.]], forced_eos_token_id=2, exponential_decay_length_penalty=(3, 1.1), remove_invalid_values=True, begin_suppress_tokens=[9], min_new_tokens=3),
    dict(do_sample=True, num_beams=3, top_p=.9)]

@pytest.mark.parametrize('kw', CALLS, ids=lambda k: '+'.join(k)[:40])
def test_processors_and_their_order_equal_reference(kw, llama):
    theirs, ours = llama
    c, _ = theirs._prepare_generation_config(None, **kw)
    c.max_length = 20
    theirs._prepare_special_tokens(c, True, device='cpu')
    want = theirs._get_logits_processor(c, 4, torch.ones(1, 4, dtype=torch.long), None, device='cpu', model_kwargs={})
    cfg, _ = resolve_config(ours.generation_config, None, kw)
    cfg.max_length = 20
    got = R.build_processors(cfg, 4, torch.tensor([2]))
    assert [type(p).__name__ for p in got] == [type(p).__name__ for p in want]

# models --------------------------------------------------------------------------------------------------------------
def pair(kind, **kw):
    small = dict(vocab_size=99, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, intermediate_size=48, max_position_embeddings=64,
                 bos_token_id=1, eos_token_id=2, pad_token_id=0) if kind != 'gpt2' else dict(vocab_size=99, n_embd=32, n_layer=2, n_head=4, n_positions=64,
                 bos_token_id=1, eos_token_id=2, pad_token_id=0)
    import tempfile, importlib
    names = dict(llama='LlamaForCausalLM', gpt2='GPT2LMHeadModel', mistral='MistralForCausalLM', qwen2='Qwen2ForCausalLM', qwen3='Qwen3ForCausalLM')
    theirs = make_reference(kind, names[kind], small | kw)
    import nbformers
    with tempfile.TemporaryDirectory() as d:
        theirs.save_pretrained(d)
        ours = getattr(nbformers, names[kind]).from_pretrained(d).eval()
    return theirs, ours

@pytest.fixture(scope='module')
def llama(): return pair('llama')

KINDS = {'llama': {}, 'gpt2': {}, 'mistral': dict(sliding_window=5), 'qwen2': {}, 'qwen3': dict(head_dim=16)}
@pytest.fixture(scope='module', params=KINDS)
def models(request): return pair(request.param, **KINDS[request.param])

def batch(b=3, t=7, pads=(0, 2, 5)):
    g = torch.Generator().manual_seed(b)
    ids, mask = torch.randint(3, 99, (b, t), generator=g), torch.ones(b, t, dtype=torch.long)
    for r, n in enumerate(pads): mask[r, :n] = 0
    return ids*mask, mask

@pytest.mark.parametrize('kw', [dict(), dict(use_cache=False), dict(eos_token_id=[2, 11, 12, 13, 14, 15]), dict(repetition_penalty=1.5, no_repeat_ngram_size=2),
    dict(prefill_chunk_size=3), dict(min_new_tokens=12, eos_token_id=[2, 20, 21, 22, 23]), dict(cache_implementation='static')], ids=lambda k: '+'.join(k) or 'plain')
def test_greedy_equals_reference(models, kw):
    theirs, ours = models
    ids, mask = batch()
    for sl in (slice(0, 1), slice(0, 3)):
        want = theirs.generate(ids[sl], attention_mask=mask[sl], max_new_tokens=20, **{k: v for k, v in kw.items() if k not in ('cache_implementation', 'prefill_chunk_size')})
        assert torch.equal(ours.generate(ids[sl], attention_mask=mask[sl], max_new_tokens=20, **kw), want)

def test_padding_and_batch_mates_change_nothing(models):
    _, ours = models
    ids, mask = batch(4, 9, (0, 3, 6, 1))
    alone = [ours.generate(r[m.bool()][None], max_new_tokens=15, eos_token_id=None)[0, int(m.sum()):].tolist() for r, m in zip(ids, mask)]
    left = ours.generate(ids, attention_mask=mask, max_new_tokens=15, eos_token_id=None)[:, 9:].tolist()
    rmask, = [torch.stack([m.sort(descending=True).values for m in mask])]
    right = torch.stack([torch.cat((r[m.bool()], r.new_zeros(int((m == 0).sum())))) for r, m in zip(ids, mask)])
    assert left == alone
    assert ours.generate(right, attention_mask=rmask, max_new_tokens=15, eos_token_id=None)[:, 9:].tolist() == alone

def test_outputs_equal_reference(llama):
    theirs, ours = llama
    ids, mask = batch()
    kw = dict(attention_mask=mask, max_new_tokens=6, return_dict_in_generate=True, output_scores=True, output_logits=True, output_attentions=True,
              output_hidden_states=True, repetition_penalty=1.2, eos_token_id=None)
    a, b = ours.generate(ids, **kw), theirs.generate(ids, **kw)
    assert type(a).__name__ == type(b).__name__ and list(a) == list(b)
    assert torch.equal(a.sequences, b.sequences)
    for k in ('scores', 'logits'):
        for x, y in zip(getattr(a, k), getattr(b, k), strict=True): torch.testing.assert_close(x, y, rtol=1e-4, atol=1e-4)
    for k in ('attentions', 'hidden_states'):
        for s, r in zip(getattr(a, k), getattr(b, k), strict=True):
            assert [tuple(x.shape) for x in s] == [tuple(x.shape) for x in r]
    torch.testing.assert_close(a.attentions[2][1][0], b.attentions[2][1][0], rtol=1e-4, atol=1e-4)
    from nbformers.generation.steps import compute_transition_scores
    for norm in (False, True): torch.testing.assert_close(compute_transition_scores(ours, a.sequences, a.scores, normalize_logits=norm),
                                                          theirs.compute_transition_scores(b.sequences, b.scores, normalize_logits=norm), rtol=1e-3, atol=1e-3)

def test_inputs_of_every_kind(llama):
    theirs, ours = llama
    ids, mask = batch(2, 6, (0, 2))
    kw = dict(attention_mask=mask, max_new_tokens=8, eos_token_id=None)
    want = theirs.generate(ids, **kw)
    assert torch.equal(ours.generate(dict(input_ids=ids, attention_mask=mask), max_new_tokens=8, eos_token_id=None), want)
    e = ours.get_input_embeddings()(ids).detach()
    assert torch.equal(ours.generate(inputs_embeds=e, **kw), theirs.generate(inputs_embeds=e, **kw))
    assert torch.equal(ours.generate(ids, inputs_embeds=e, **kw), theirs.generate(ids, inputs_embeds=e, **kw))
    assert torch.equal(ours.generate(max_new_tokens=5), theirs.generate(max_new_tokens=5))
    assert torch.equal(ours.generate(ids), theirs.generate(ids, attention_mask=(ids != 0).long()))    # mask read off the pad token; 20 new tokens
    for n in (9, 12): assert torch.equal(ours.generate(ids, attention_mask=mask, max_length=n), theirs.generate(ids, attention_mask=mask, max_length=n))

def test_continue_from_cache(llama):
    theirs, ours = llama
    ids, mask = batch(2, 6, (0, 2))
    full = ours.generate(ids, attention_mask=mask, max_new_tokens=12, eos_token_id=None)
    out = ours.generate(ids, attention_mask=mask, max_new_tokens=5, eos_token_id=None, return_dict_in_generate=True)
    longer = torch.cat((mask, mask.new_ones(2, 5)), 1)
    assert torch.equal(ours.generate(out.sequences, attention_mask=longer, past_key_values=out.past_key_values, max_new_tokens=7, eos_token_id=None), full)
    out = ours.generate(ids, attention_mask=mask, max_new_tokens=5, eos_token_id=None, return_dict_in_generate=True)
    new = ours.generate(out.sequences[:, -1:], attention_mask=longer, past_key_values=out.past_key_values, max_new_tokens=7, eos_token_id=None)
    assert torch.equal(new[:, 1:], full[:, 11:])

# sampling ------------------------------------------------------------------------------------------------------------
FILTERS = [dict(top_k=0), dict(top_k=0, temperature=.5), dict(top_k=5), dict(top_k=0, top_p=.7), dict(top_k=0, min_p=.2), dict(top_k=0, typical_p=.5), dict(top_k=0, epsilon_cutoff=.05),
           dict(top_k=0, eta_cutoff=.2), dict(top_k=0, top_h=.5), dict(top_k=6, top_p=.8, temperature=1.7), dict(top_k=0, repetition_penalty=3.)]

@pytest.mark.parametrize('kw', FILTERS, ids=lambda k: '+'.join(f'{a}={b}' for a, b in k.items()))
def test_sampling_follows_the_filtered_distribution(llama, kw):
    theirs, ours = llama
    ids, n = torch.tensor([[1, 17, 42]]), 20000
    c, _ = theirs._prepare_generation_config(None, do_sample=True, **kw)
    theirs._prepare_special_tokens(c, True, device='cpu')
    with torch.no_grad(): s = theirs._get_logits_processor(c, 3, ids, device='cpu', model_kwargs={})(ids, theirs(ids).logits[:, -1])
    p = s.softmax(-1)[0].double()
    again(str(kw))
    got = torch.bincount(ours.generate(ids, do_sample=True, num_return_sequences=n, max_new_tokens=1, **kw)[:, -1], minlength=99)
    assert got[p == 0].sum() == 0
    rare = p*n < 5
    e, o = torch.cat((p[~rare]*n, p[rare].sum()[None]*n)), torch.cat((got[~rare], got[rare].sum()[None]))
    keep = e > 0
    chi, df = ((o-e)[keep]**2/e[keep]).sum().item(), int(keep.sum())-1
    assert chi < df + 4*(2*df)**.5 + 8, (chi, df)                               # far beyond the 0.1% point

def test_same_seed_same_draws_as_the_reference(llama):
    theirs, ours = llama
    ids, mask = batch()
    for kw in (dict(), dict(top_p=.8, temperature=1.3), dict(num_return_sequences=2, top_k=0)):
        kw |= dict(attention_mask=mask, do_sample=True, max_new_tokens=10)
        torch.manual_seed(3); a = ours.generate(ids, **kw)
        torch.manual_seed(3); b = theirs.generate(ids, **kw)
        assert torch.equal(a, b)

# configs -------------------------------------------------------------------------------------------------------------
def test_config_fields_and_defaults():
    theirs = ref.GenerationConfig()
    from nbformers.generation.config import FLAGS, NEUTRAL
    assert FLAGS == {k for k in theirs.to_dict() if not k.startswith('_')}
    assert {k: v for k, v in theirs._get_default_generation_params().items() if v is not None} == NEUTRAL

def test_config_files_travel_both_ways(tmp_path):
    kw = dict(do_sample=True, temperature=.6, eos_token_id=[2, 3], max_new_tokens=7, top_p=.9)
    GenerationConfig(**kw).save_pretrained(tmp_path)
    assert ref.GenerationConfig.from_pretrained(tmp_path).to_diff_dict().items() >= kw.items()
    ref.GenerationConfig(**kw, alignment_heads=[[1, 2]]).save_pretrained(tmp_path)
    c = GenerationConfig.from_pretrained(tmp_path)
    assert c.to_diff_dict().items() >= kw.items() and c.alignment_heads == [[1, 2]]
    assert c.get_generation_mode().value == ref.GenerationConfig(**kw).get_generation_mode().value

def test_model_file_is_used_and_saved(tmp_path, llama):
    theirs, ours = llama
    theirs.save_pretrained(tmp_path)
    (tmp_path/'generation_config.json').write_text(json.dumps(dict(max_new_tokens=3, eos_token_id=None, repetition_penalty=1.4)))
    m = type(ours).from_pretrained(tmp_path)
    assert m.generate(torch.tensor([[1, 5]])).shape == (1, 5)
    m.save_pretrained(tmp_path/'again')
    assert json.loads((tmp_path/'again/generation_config.json').read_text())['repetition_penalty'] == 1.4

# stop strings --------------------------------------------------------------------------------------------------------
def test_stop_strings_equal_reference(tmp_path):
    from tokenizers import Tokenizer, models as M, pre_tokenizers, decoders, trainers
    t = Tokenizer(M.BPE())
    t.pre_tokenizer, t.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    t.train_from_iterator(['the stop string is a string that stops the größe of a text, stop. stopping strings']*3,
                          trainers.BpeTrainer(vocab_size=330, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    theirs = transformers.PreTrainedTokenizerFast(tokenizer_object=t)
    stops = ['stop.', ' string', 'ö', 'ng th']
    ours, want = S.StopStringCriteria(theirs, stops), ref.StopStringCriteria(theirs, stops)
    g = torch.Generator().manual_seed(0)
    texts = ['a stop. string that größe strings stopping. the string theory'.split(' ')[i % 9] + ' ' + w for i, w in enumerate('string stop. größe ng th the'.split())]
    rows = [theirs.encode(x) for x in texts] + torch.randint(0, 330, (60, 12), generator=g).tolist()
    for r in rows:
        for n in range(1, len(r)+1):
            ids = torch.tensor([r[:n]])
            assert ours(ids).item() == want(ids, None).item(), (theirs.decode(r[:n]), n)

# promises ------------------------------------------------------------------------------------------------------------
def test_errors_name_the_way_out(llama):
    _, ours = llama
    gpt2 = pair('gpt2')[1]
    with pytest.raises(ValueError, match='position table ends at 64'): gpt2.generate(torch.ones(1, 70, dtype=torch.long), max_new_tokens=3)
    assert gpt2.generate(torch.ones(1, 60, dtype=torch.long), max_new_tokens=30, eos_token_id=None).shape == (1, 65)
    with pytest.raises(ValueError, match='did you mean'): ours.generate(torch.ones(1, 3, dtype=torch.long), max_new_tokenz=3)
    with pytest.raises(ValueError, match='diversity_penalty'): ours.generate(torch.ones(1, 3, dtype=torch.long), num_beams=4, num_beam_groups=2)
    import nbformers
    bert = nbformers.BertForMaskedLM(nbformers.BertConfig(vocab_size=20, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8))
    with pytest.raises(TypeError, match='AutoModelForCausalLM'): bert.generate(torch.ones(1, 3, dtype=torch.long))
    with pytest.raises(TypeError, match='AutoModelForCausalLM'): generate(bert, torch.ones(1, 3, dtype=torch.long))
    with pytest.raises(ValueError, match='no token can be drawn'):
        ours.generate(torch.ones(1, 3, dtype=torch.long), do_sample=True, logits_processor=[lambda i, s: s*torch.nan], max_new_tokens=2)

def test_stream_agrees_with_generate_and_can_be_left(llama):
    _, ours = llama
    ids, mask = batch()
    want = ours.generate(ids, attention_mask=mask, max_new_tokens=9)
    got = [s.tokens for s in stream(ours, ids, attention_mask=mask, max_new_tokens=9)]
    assert torch.equal(torch.cat(got, 1), want[:, 7:])
    assert torch.is_grad_enabled()
    it = stream(ours, ids, attention_mask=mask, max_new_tokens=9)
    next(it)
    assert torch.is_grad_enabled()
    it.close()
    assert torch.equal(ours.generate(ids, attention_mask=mask, max_new_tokens=9), want)

def test_streamer_and_custom_pieces(llama):
    _, ours = llama
    ids = torch.tensor([[1, 17, 42]])
    class Keep:
        def __init__(self): self.out, self.ended = [], False
        def put(self, v): self.out.append(v)
        def end(self): self.ended = True
    k = Keep()
    out = ours.generate(ids, max_new_tokens=5, eos_token_id=None, streamer=k)
    assert k.ended and torch.equal(k.out[0], ids) and [int(x) for x in k.out[1:]] == out[0, 3:].tolist()
    seen = []
    def never7(input_ids, scores): seen.append(input_ids.shape); scores[:, int(out[0, 3])] = -torch.inf; return scores
    assert ours.generate(ids, max_new_tokens=2, logits_processor=[never7])[0, 3] != out[0, 3] and seen == [(1, 3), (1, 4)]
    stop = lambda input_ids, scores: torch.tensor([input_ids.shape[1] == 5])
    assert ours.generate(ids, max_new_tokens=9, eos_token_id=None, stopping_criteria=[stop]).shape[1] == 5
    assert ours.generate(ids, max_new_tokens=4, eos_token_id=None, prefix_allowed_tokens_fn=lambda i, t: [7, 8])[0, 3:].max() <= 8

def test_training_after_generating(llama):
    _, ours = llama
    ids = ours.generate(torch.tensor([[1, 17, 42]]), max_new_tokens=4)
    ours.train()
    ours(input_ids=ids, labels=ids).loss.backward()
    ours.eval(); ours.zero_grad()
