"""Generation configs against the reference, flag by flag and in random sets: what is refused, what is said to have no effect, what a file holds, who wins."""
import json, random, re, warnings
import pytest
transformers = pytest.importorskip('transformers')
import torch
import transformers.generation as ref
from nbformers.generation.rules import SequenceBiasLogitsProcessor as nbformers_bias
from nbformers.generation.config import FLAGS, GenerationConfig, idle_flags, resolve_config
from tests.seeds import SEED

transformers.logging.set_verbosity_error()
@pytest.fixture(autouse=True)
def quiet():
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        yield

VALUES = dict(max_length=[5, 20, 100], max_new_tokens=[1, 7, 0, -3], min_length=[0, 4], min_new_tokens=[2], early_stopping=[True, False, 'never', 'always', 7], max_time=[2.5], stop_strings=['a', ['b', 'c']], do_sample=[True, False],
    num_beams=[1, 2, 4], use_cache=[True, False], cache_implementation=['static', 'dynamic', 'quantized', 'offloaded', 'sliding_window', 'hybrid', 'paged', 'nonsense'], cache_config=[dict(nbits=4)], max_cache_len=[30],
    temperature=[1., .7, 0.], top_k=[50, 0, 7], top_p=[1., .9], min_p=[.1], top_h=[.5], typical_p=[1., .8], epsilon_cutoff=[0., .01], eta_cutoff=[0., .02], repetition_penalty=[1., 1.3], encoder_repetition_penalty=[1.2],
    length_penalty=[1., 0., 2.], no_repeat_ngram_size=[0, 2], bad_words_ids=[[[1, 2]]], renormalize_logits=[True], forced_bos_token_id=[3], forced_eos_token_id=[2, [2, 4]], remove_invalid_values=[True],
    exponential_decay_length_penalty=[(3, 1.1)], suppress_tokens=[[2, 3], [4], [2, 4]], begin_suppress_tokens=[[5]], sequence_bias=[[[[1], 2.]], {(1, 2): 3.}], token_healing=[True, False], guidance_scale=[1.5],
    num_return_sequences=[1, 2, 5], output_attentions=[True, False], output_hidden_states=[True], output_scores=[True], output_logits=[True], return_dict_in_generate=[True, False], pad_token_id=[0, -1], bos_token_id=[1],
    eos_token_id=[2, [2, 5]], encoder_no_repeat_ngram_size=[2], decoder_start_token_id=[3], is_assistant=[True], num_assistant_tokens=[4], num_assistant_tokens_schedule=['heuristic'], assistant_confidence_threshold=[.3],
    prompt_lookup_num_tokens=[3], max_matching_ngram_size=[2], assistant_early_exit=[1], assistant_lookbehind=[3], target_lookbehind=[4], assistant_ensemble_weight=[.3, 0., 1.5], disable_compile=[True], low_memory=[True],
    penalty_alpha=[.6], dola_layers=['low'], diversity_penalty=[.5], num_beam_groups=[2], constraints=[None], force_words_ids=[[[1, 2]]], prefill_chunk_size=[4], use_mtp=[False])

def test_values_cover_the_flags():
    assert FLAGS - VALUES.keys() == {'watermarking_config', 'compile_config', 'continuous_batching_config', 'speculation_type', 'transformers_version'} and not VALUES.keys() - FLAGS

def draw(rng, n): return {k: rng.choice(VALUES[k]) for k in rng.sample(sorted(VALUES), n)}

def either(make, kw):
    try: return make(**kw), None
    except (ValueError, TypeError) as e: return None, e

def named(error): return {k for k in re.findall(r'- `(\w+)`', str(error))} # flags that the reference complains of

def compare(kw):
    (ours, mine), (theirs, other) = either(GenerationConfig, kw), either(ref.GenerationConfig, kw)
    assert (mine is None) == (other is None), (kw, mine, other)
    if ours is None: return 'refused'
    _, strict = either(theirs.validate, dict(strict=True))
    assert idle_flags(ours).keys() == named(strict or '') - ({'top_k'} if kw.get('penalty_alpha') else set()), kw # contrastive search, which 5 dropped, reads top_k
    assert ours.get_generation_mode().value == theirs.get_generation_mode().value, kw
    return 'idle' if strict else 'fine'

def test_each_flag_alone():
    for k, values in VALUES.items():
        for v in values: compare({k: v})

def test_random_sets_of_flags():
    kinds = {}
    for seed in range(600):
        kind = compare(draw(random.Random(SEED*1000+seed), 1+seed % 9))
        kinds[kind] = kinds.get(kind, 0)+1
    assert min(kinds.values()) > 20 and len(kinds) == 3

def plain(d):
    d = json.loads(json.dumps({k: v for k, v in d.items() if v is not None and k not in ('transformers_version', '_from_model_config')}))
    if isinstance(b := d.get('sequence_bias'), dict): d['sequence_bias'] = [[[int(t) for t in k.strip('()').split(',') if t.strip()], v] for k, v in b.items()] # a tuple is no key in JSON
    return d

def test_files_say_the_same(tmp_path):
    for seed in range(80):
        kw = draw(random.Random(SEED*1000+seed), 1+seed % 8)
        (ours, _), (theirs, _) = either(GenerationConfig, kw), either(ref.GenerationConfig, kw)
        if ours is None: continue
        _, mine = either(ours.save_pretrained, dict(save_directory=tmp_path/'ours'))
        _, other = either(theirs.save_pretrained, dict(save_directory=tmp_path/'theirs'))
        if mine is None and kw.get('penalty_alpha') and named(other or '') == {'top_k'}: continue # contrastive search, which 5 dropped, reads top_k
        assert (mine is None) == (other is None), (kw, mine, other)
        if mine is not None: continue
        a, b = (json.loads((tmp_path/x/'generation_config.json').read_text()) for x in ('ours', 'theirs'))
        assert plain(a) == plain(b), kw
        back, there = GenerationConfig.from_pretrained(tmp_path/'theirs'), ref.GenerationConfig.from_pretrained(tmp_path/'ours')
        assert plain(back.to_diff_dict()) == plain(b) and plain(there.to_diff_dict()).items() >= plain(a).items()
        assert back == ours or 'sequence_bias' in kw or 'exponential_decay_length_penalty' in kw
        assert plain(GenerationConfig.from_dict(a).to_diff_dict()) == plain(a)

@pytest.fixture(scope='module')
def model():
    return transformers.LlamaForCausalLM(transformers.LlamaConfig(vocab_size=20, hidden_size=8, num_hidden_layers=1, num_attention_heads=1, num_key_value_heads=1, intermediate_size=8))

def test_who_wins(model):
    "Call over recipe over the model's own over neutral values, for random sets of each."
    for seed in range(200):
        rng = random.Random(SEED*1000+seed)
        sets = [{k: v for k, v in draw(rng, rng.randint(0, 8)).items() if k not in ('token_healing', 'use_mtp', 'max_length', 'max_new_tokens')} for _ in range(3)]
        made = [either(GenerationConfig, s)[0] is not None for s in sets]
        if not all(made): continue
        own, recipe, call = sets
        recipe = None if seed % 3 == 0 else recipe
        model.generation_config = ref.GenerationConfig(**own)
        (got, mine), (want, other) = (either(f, {}) for f in (lambda: resolve_config(GenerationConfig(**own), None if recipe is None else GenerationConfig(**recipe), call),
            lambda: model._prepare_generation_config(None if recipe is None else ref.GenerationConfig(**recipe), **call)))
        if mine is None and other is not None: # the reference judges own and recipe together before the call has spoken; what all three say together must be fine
            assert either(ref.GenerationConfig, {**own, **(recipe or {}), **call})[1] is None, (own, recipe, call, other)
            continue
        assert (mine is None) == (other is None), (own, recipe, call, mine, other)
        if got is None: continue
        got, want = got[0], want[0]
        for k in VALUES: assert getattr(got, k) == getattr(want, k), (k, own, recipe, call)

def test_a_bias_from_a_file_of_the_reference(tmp_path):
    ref.GenerationConfig(sequence_bias={(3, 7): 2., (5,): -1.}).save_pretrained(tmp_path)
    p = nbformers_bias(GenerationConfig.from_pretrained(tmp_path).sequence_bias)
    s = p(torch.tensor([[1, 3]]), torch.zeros(1, 9))
    assert s[0, 7] == 2. and s[0, 5] == -1. and s.abs().sum() == 3
