"""Corners that ordinary use does not reach, each against the reference: odd shapes, old files, long texts, caches cut in
pieces, generation from vectors or with an encoder. What once was wrong stays here as a test."""
import copy, json, pickle, tempfile, warnings
from pathlib import Path
import pytest
hf = pytest.importorskip('transformers')
import torch
from safetensors.torch import load_file, save_file
import nbformers as nb
from tests import standins
from tests.parity.harness import add_noise

hf.logging.set_verbosity_error()
pytestmark = pytest.mark.filterwarnings('ignore')
BASE = dict(vocab_size=100, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4, max_position_embeddings=64, pad_token_id=0, bos_token_id=1, eos_token_id=2)
GPT2 = dict(vocab_size=100, n_embd=32, n_layer=2, n_head=4, n_positions=64, pad_token_id=0, bos_token_id=1, eos_token_id=2)
LM = 'AutoModelForCausalLM'
IDS = torch.randint(3, 100, (3, 14), generator=torch.Generator().manual_seed(0))
MASK = torch.ones_like(IDS); MASK[1, :4] = 0; MASK[2, :9] = 0

@pytest.fixture
def pair(tmp_path):
    "`pair('LlamaConfig', 'AutoModelForCausalLM', **keys)`: the reference's model, ours from its file, and the folder."
    def make(config, auto=LM, **keys):
        cfg = getattr(hf, config)(**{**(GPT2 if config == 'GPT2Config' else BASE), **keys})
        torch.manual_seed(0)
        cls = getattr(hf, auto)
        ref = cls.from_config(cfg, attn_implementation='eager') if auto.startswith('Auto') else cls._from_config(cfg, attn_implementation='eager')
        add_noise(ref, 1).tie_weights()
        d = Path(tempfile.mkdtemp(dir=tmp_path)); ref.eval().save_pretrained(d)
        return ref, getattr(nb, auto).from_pretrained(d), d
    return make

def close(a, b, eps=1e-4):
    assert a.shape == b.shape and a.dtype == b.dtype
    assert (a-b).abs().max() <= eps*b.abs().max().clamp(min=1e-3), float((a-b).abs().max())

def go(model, ids, **kw): return model.generate(ids, **{**dict(max_new_tokens=10, do_sample=False, eos_token_id=None), **kw})

# shapes and scaled positions --------------------------------------------------------------------------------------------
@pytest.mark.parametrize('keys', [dict(head_dim=24), dict(num_key_value_heads=1), dict(num_key_value_heads=1, head_dim=12), dict(attention_bias=True, mlp_bias=True), dict(tie_word_embeddings=True)], ids=str)
def test_llama_shapes(pair, keys):
    ref, own, _ = pair('LlamaConfig', **keys)
    close(own(IDS).logits, ref(IDS).logits)
    assert torch.equal(go(own, IDS), go(ref, IDS))

SCALED = {'linear': dict(factor=3.), 'dynamic': dict(factor=2.), 'yarn': dict(factor=4., original_max_position_embeddings=16),
          'yarn-attention': dict(factor=4., original_max_position_embeddings=16, beta_fast=20., beta_slow=2., attention_factor=.8),
          'llama3': dict(factor=8., original_max_position_embeddings=16, low_freq_factor=1., high_freq_factor=4.),
          'longrope': dict(short_factor=[1., 1.1, 1.2, 1.3], long_factor=[2., 3., 4., 5.], original_max_position_embeddings=16)}

@pytest.mark.parametrize('limit', [16, 64])
@pytest.mark.parametrize('kind', SCALED)
def test_rope_on_both_sides_of_the_original_length(pair, kind, limit):
    rope = dict(rope_type=kind.split('-')[0], rope_theta=500., **SCALED[kind])
    _, own, d = pair('LlamaConfig', rope_parameters=rope, max_position_embeddings=limit)
    long = torch.randint(3, 100, (2, 60), generator=torch.Generator().manual_seed(1))
    for n in (8, 16, 17, 60): close(own(long[:, :n]).logits, hf.AutoModelForCausalLM.from_pretrained(d)(long[:, :n]).logits)
    kw = dict(max_new_tokens=16, pad_token_id=0)
    assert torch.equal(go(own, long[:, :10], **kw), go(hf.AutoModelForCausalLM.from_pretrained(d), long[:, :10], **kw))

@pytest.mark.parametrize('key', ['type', 'rope_type'])
@pytest.mark.parametrize('kind', ['linear', 'dynamic', 'yarn', 'llama3', 'longrope'])
def test_rope_as_older_files_spell_it(pair, kind, key):
    ref, own, d = pair('LlamaConfig', rope_parameters=dict(rope_type=kind, rope_theta=500., **SCALED[kind]))
    c = json.loads((d/'config.json').read_text()); rope = c.pop('rope_parameters')
    c |= dict(rope_theta=rope.pop('rope_theta'), rope_scaling={key: rope.pop('rope_type'), **rope}, torch_dtype=c.pop('dtype'))
    (d/'config.json').write_text(json.dumps(c))
    close(nb.AutoModelForCausalLM.from_pretrained(d)(IDS).logits, ref(IDS).logits)

@pytest.mark.parametrize('config', ['MistralConfig', 'Qwen2Config', 'Qwen3Config'])
@pytest.mark.parametrize('window', [1, 2, 5, 13, 14])
def test_windows_across_a_cache_in_pieces(pair, config, window):
    keys = dict(num_key_value_heads=2, sliding_window=window) | (dict(use_sliding_window=True, max_window_layers=1) if config != 'MistralConfig' else {}) | (dict(head_dim=8) if config == 'Qwen3Config' else {})
    ref, own, _ = pair(config, **keys)
    for mask in (None, MASK):
        want, past, got = ref(IDS, attention_mask=mask, use_cache=False).logits, None, []
        for lo, hi in ((0, 3), (3, 4), (4, 9), (9, 14)):
            o = own(IDS[:, lo:hi], attention_mask=None if mask is None else mask[:, :hi], past_key_values=past, use_cache=True)
            past = o.past_key_values; got.append(o.logits)
        seen = torch.ones_like(IDS).bool() if mask is None else mask.bool()
        close(torch.cat(got, 1)[seen], want[seen])
        kw = {} if mask is None else dict(attention_mask=mask)
        assert torch.equal(go(own, IDS, **kw), go(ref, IDS, use_cache=False, **kw))

@pytest.mark.parametrize('keys', [dict(scale_attn_by_inverse_layer_idx=True), dict(scale_attn_weights=False), dict(reorder_and_upcast_attn=True), dict(n_inner=20), dict(tie_word_embeddings=False)], ids=str)
def test_gpt2_flags(pair, keys):
    ref, own, _ = pair('GPT2Config', **keys)
    close(own(IDS).logits, ref(IDS).logits)

def test_roberta_counts_positions_from_the_first_real_token(pair):
    ref, own, _ = pair('RobertaConfig', 'AutoModelForMaskedLM', pad_token_id=1, type_vocab_size=1)
    ids = IDS.clone(); ids[0, 10:] = 1; ids[1, :4] = 1; ids[2, 5] = 1
    close(own(ids).logits, ref(ids).logits)
    close(own(IDS, position_ids=torch.arange(5, 19)[None]).logits, ref(IDS, position_ids=torch.arange(5, 19)[None]).logits)
    x = torch.randn(2, 7, 32)
    close(own(inputs_embeds=x).logits, ref(inputs_embeds=x).logits)

@pytest.mark.parametrize('config', ['LlamaConfig', 'GPT2Config'])
def test_packed_rows_and_ready_masks(pair, config):
    _, own, d = pair(config); ref = hf.AutoModelForCausalLM.from_pretrained(d)
    packed = torch.tensor([[0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 0, 1, 2, 3]]).expand(3, -1)
    close(own(IDS, position_ids=packed, use_cache=False).logits, ref(IDS, position_ids=packed, use_cache=False).logits)
    keep = torch.zeros(14, 14, dtype=torch.bool); keep[:6, :6] = keep[6:, 6:] = True; keep &= keep.new_ones(14, 14).tril()
    for m in (keep[None, None].expand(3, 1, -1, -1), torch.zeros(3, 1, 14, 14).masked_fill(~keep, torch.finfo(torch.float32).min)):
        close(own(IDS, attention_mask=m).logits, ref(IDS, attention_mask=m).logits)

# generation ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize('config,cls', [('BertConfig', 'BertLMHeadModel'), ('GPT2Config', 'GPT2LMHeadModel')])
def test_a_decoder_generates_with_an_encoders_states(pair, config, cls):
    ref, own, _ = pair(config, cls, add_cross_attention=True, **(dict(is_decoder=True) if config == 'BertConfig' else {}))
    extra = dict(encoder_hidden_states=torch.randn(3, 6, 32), encoder_attention_mask=torch.tensor([[1]*6, [1]*4+[0]*2, [1]*6]))
    want = IDS
    for _ in range(10): want = torch.cat((want, ref(want, use_cache=False, **extra).logits[:, -1:].argmax(-1)), 1)
    assert torch.equal(go(own, IDS, **extra), want) and torch.equal(go(own, IDS, use_cache=False, **extra), want)

@pytest.mark.parametrize('config', ['LlamaConfig', 'GPT2Config', 'MistralConfig'])
def test_generating_from_vectors(pair, config):
    ref, own, _ = pair(config, **(dict(num_key_value_heads=2, sliding_window=5) if config == 'MistralConfig' else {}))
    for mask in ({}, dict(attention_mask=MASK)):
        want = go(ref, IDS, **mask)[:, 14:]
        for cached in (True, False): assert torch.equal(go(own, None, inputs_embeds=own.get_input_embeddings()(IDS), use_cache=cached, **mask), want)

@pytest.mark.parametrize('config', ['LlamaConfig', 'GPT2Config', 'MistralConfig'])
def test_going_on_with_a_cache(pair, config):
    _, own, _ = pair(config, **(dict(num_key_value_heads=2, sliding_window=5) if config == 'MistralConfig' else {}))
    for mask in (None, MASK):
        kw = lambda n: {} if mask is None else dict(attention_mask=torch.cat((mask, torch.ones(3, n, dtype=torch.long)), 1))
        out = go(own, IDS, max_new_tokens=4, return_dict_in_generate=True, **kw(0))
        assert torch.equal(go(own, out.sequences, past_key_values=out.past_key_values, max_new_tokens=4, **kw(4)), go(own, IDS, max_new_tokens=8, **kw(0)))
        out = go(own, IDS, max_new_tokens=4, return_dict_in_generate=True, **kw(0))
        longer = torch.cat((out.sequences, IDS[:, :5]), 1)
        assert torch.equal(go(own, longer, past_key_values=out.past_key_values, max_new_tokens=4, **kw(9)), go(own, longer, max_new_tokens=4, **kw(9)))

def test_token_types_in_uncached_generation(pair):
    _, own, _ = pair('GPT2Config')
    types = torch.randint(0, 9, IDS.shape)
    assert torch.equal(go(own, IDS, token_type_ids=types, use_cache=False), go(own, IDS, token_type_ids=types))

@pytest.mark.parametrize('flags', [dict(eos_token_id=list(range(3, 60, 3))), dict(eos_token_id=list(range(3, 60, 3)), min_new_tokens=6), dict(repetition_penalty=1.8), dict(repetition_penalty=1.3, no_repeat_ngram_size=2),
    dict(do_sample=True, num_return_sequences=3, top_k=20, temperature=.8), dict(cache_implementation='static'), dict(prefill_chunk_size=4), dict(exponential_decay_length_penalty=(3, 1.6), eos_token_id=9)], ids=str)
def test_flags_on_left_padded_prompts(pair, flags):
    ref, own, _ = pair('LlamaConfig')
    ids, outs = IDS.masked_fill(MASK == 0, 0), []
    for m in (ref, own):
        torch.manual_seed(7); outs.append(go(m, ids, attention_mask=MASK, **flags))
    assert torch.equal(*outs)

def test_a_stop_string_ends_a_row_at_its_first_token(tmp_path):
    standins.make(tmp_path, 'gpt2', LM)
    m, t = nb.AutoModelForCausalLM.from_pretrained(tmp_path), nb.AutoTokenizer.from_pretrained(tmp_path)
    ids = t('The secret to', return_tensors='pt').input_ids; n = ids.shape[1]; seen = 0
    for seed in range(12):
        kw = dict(max_new_tokens=24, do_sample=True, temperature=2., pad_token_id=0)
        torch.manual_seed(seed); base = go(m, ids, **kw)[0, n:]
        stop = t.decode(base)[5:8]
        if '\ufffd' in stop or len(stop) < 3: continue
        torch.manual_seed(seed); got = go(m, ids, stop_strings=[stop], tokenizer=t, **kw)[0, n:]
        first = next(i for i in range(1, 25) if stop in t.decode(base[:i]))
        assert torch.equal(got, base[:first]); seen += 1
    assert seen > 3

def test_an_empty_prompt_in_the_pipeline(tmp_path):
    standins.make(tmp_path, 'gpt2', LM)
    torch.manual_seed(0)
    p = nb.pipeline('text-generation', str(tmp_path))
    assert p('', do_sample=False, max_new_tokens=6, return_tensors=True)[0]['generated_token_ids']

# files ---------------------------------------------------------------------------------------------------------------
def rewrite(d, change):
    t = change(load_file(d/'model.safetensors'))
    save_file({k: v.clone().contiguous() for k, v in t.items()}, d/'model.safetensors', metadata={'format': 'pt'})

def silently(auto, d):
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        return getattr(nb, auto).from_pretrained(d)

def test_gpt2_as_it_was_first_published(pair):
    ref, _, d = pair('GPT2Config')
    buffers = {f'h.{i}.attn.{n}': b for i in range(2) for n, b in dict(bias=torch.ones(1, 1, 64, 64).tril(), masked_bias=torch.tensor(-1e4)).items()}
    rewrite(d, lambda t: {k.removeprefix('transformer.'): v for k, v in t.items()} | buffers)
    close(silently(LM, d)(IDS).logits, ref(IDS).logits)
    silently('AutoModel', d)

def test_bert_as_it_was_first_published(pair):
    ref, _, d = pair('BertConfig', 'AutoModelForPreTraining')
    rewrite(d, lambda t: t | {'bert.embeddings.position_ids': torch.arange(64)[None], 'cls.predictions.decoder.weight': t['bert.embeddings.word_embeddings.weight'], 'cls.predictions.decoder.bias': t['cls.predictions.bias']})
    close(silently('AutoModelForPreTraining', d)(IDS).prediction_logits, ref(IDS).prediction_logits)
    old = {k.replace('LayerNorm.weight', 'LayerNorm.gamma').replace('LayerNorm.bias', 'LayerNorm.beta'): v for k, v in load_file(d/'model.safetensors').items()}
    (d/'model.safetensors').unlink(); torch.save(old, d/'pytorch_model.bin')
    close(silently('AutoModelForPreTraining', d)(IDS).prediction_logits, ref(IDS).prediction_logits)

def test_rotary_buffers_of_older_files_are_not_read(pair):
    ref, _, d = pair('LlamaConfig')
    rewrite(d, lambda t: t | {f'model.layers.{i}.self_attn.rotary_emb.inv_freq': torch.randn(4) for i in range(2)})
    close(silently(LM, d)(IDS).logits, ref(IDS).logits)

def test_ties_in_every_form(pair):
    ref, _, d = pair('LlamaConfig', tie_word_embeddings=True)
    whole = load_file(d/'model.safetensors')
    for extra in ({'lm_head.weight': whole['model.embed_tokens.weight']}, {'lm_head.weight': torch.randn(100, 32)}):
        rewrite(d, lambda t: whole | extra)
        close(nb.AutoModelForCausalLM.from_pretrained(d)(IDS).logits, hf.AutoModelForCausalLM.from_pretrained(d)(IDS).logits)
    rewrite(d, lambda t: {k: v for k, v in t.items() if 'embed' not in k})
    close(nb.AutoModelForCausalLM.from_pretrained(d)(IDS).logits, hf.AutoModelForCausalLM.from_pretrained(d)(IDS).logits)
    _, _, d = pair('LlamaConfig', tie_word_embeddings=False)
    close(nb.AutoModelForCausalLM.from_pretrained(d, tie_word_embeddings=True)(IDS).logits, hf.AutoModelForCausalLM.from_pretrained(d, tie_word_embeddings=True)(IDS).logits)

@pytest.mark.parametrize('kw', [{}, dict(dtype=None), dict(dtype='auto'), dict(dtype=torch.float32), dict(dtype='float16'), dict(torch_dtype='bfloat16')], ids=str)
def test_types_of_a_bfloat16_file(pair, kw):
    ref, _, d = pair('LlamaConfig'); ref.to(torch.bfloat16).save_pretrained(d)
    for in_config in (True, False):
        if not in_config: c = json.loads((d/'config.json').read_text()); c.pop('dtype'); (d/'config.json').write_text(json.dumps(c))
        a, b = nb.AutoModelForCausalLM.from_pretrained(d, **kw), hf.AutoModelForCausalLM.from_pretrained(d, **kw)
        assert a.dtype == b.dtype
        close(a(IDS).logits, b(IDS).logits, 2e-2)

def test_shards_with_a_variant_both_ways(pair, tmp_path):
    ref, own, d = pair('LlamaConfig')
    ref.save_pretrained(tmp_path/'a', variant='fp16', max_shard_size='20KB')
    own.save_pretrained(tmp_path/'b', variant='fp16', max_shard_size='20KB')
    assert len(list((tmp_path/'b').glob('model.fp16-*'))) > 2
    close(nb.AutoModelForCausalLM.from_pretrained(tmp_path/'a', variant='fp16')(IDS).logits, ref(IDS).logits)
    close(hf.AutoModelForCausalLM.from_pretrained(tmp_path/'b', variant='fp16')(IDS).logits, ref(IDS).logits)

@pytest.mark.parametrize('config,auto', [('LlamaConfig', LM), ('GPT2Config', LM), ('BertConfig', 'AutoModelForMaskedLM'), ('RobertaConfig', 'AutoModelForMaskedLM')])
@pytest.mark.parametrize('tied', [True, False])
def test_resized_and_saved(pair, tmp_path, config, auto, tied):
    _, own, _ = pair(config, auto, tie_word_embeddings=tied)
    ids = IDS.clamp(max=89)
    for n in (110, 128, 90):
        own.resize_token_embeddings(n); own.save_pretrained(tmp_path/str(n))
        for lib in (nb, hf): close(getattr(lib, auto).from_pretrained(tmp_path/str(n))(ids).logits, own(ids).logits)
        assert nb.AutoConfig.from_pretrained(tmp_path/str(n)).vocab_size == n

def test_mismatched_heads_are_reported_once(pair):
    _, _, d = pair('BertConfig', 'AutoModelForSequenceClassification', num_labels=3)
    _, info = nb.AutoModelForSequenceClassification.from_pretrained(d, num_labels=7, ignore_mismatched_sizes=True, output_loading_info=True)
    assert [k[0] for k in info['mismatched_keys']] == ['classifier.weight', 'classifier.bias'] and not info['missing_keys']

def test_a_file_that_is_mapped_can_be_saved_over_trained_and_deleted(pair):
    _, own, d = pair('LlamaConfig')
    want = own(IDS).logits.detach()
    own.save_pretrained(d)
    assert torch.equal(own(IDS).logits, want)
    own.train(); own(IDS, labels=IDS).loss.backward(); torch.optim.SGD(own.parameters(), .1).step()
    again = nb.AutoModelForCausalLM.from_pretrained(d)
    assert torch.equal(again(IDS).logits, want)
    for f in d.iterdir(): f.unlink()
    assert torch.equal(again(IDS).logits, want) and again.generate(IDS, max_new_tokens=2).shape[1] == 16

# objects -------------------------------------------------------------------------------------------------------------
def test_models_outputs_and_tokenizers_are_copied_and_pickled(pair, tmp_path):
    _, own, _ = pair('GPT2Config')
    with torch.no_grad(): out = own(IDS, output_hidden_states=True)
    for m in (copy.deepcopy(own), pickle.loads(pickle.dumps(own))):
        assert torch.equal(m(IDS).logits, out.logits) and m.lm_head.weight is m.transformer.wte.weight
    assert torch.equal(pickle.loads(pickle.dumps(out)).hidden_states[1], out.hidden_states[1])
    standins.make(tmp_path, 'bert')
    t = nb.AutoTokenizer.from_pretrained(tmp_path); t.add_tokens(['[X]'])
    before = pickle.dumps(t)
    t('a b [X]', truncation=True, max_length=4); t('a '*99)
    assert pickle.dumps(t) == before                               # data sets know a tokenizer by this
    assert pickle.loads(before)('a [X]') == t('a [X]') and len(copy.deepcopy(t)) == len(t)

def test_one_tokenizer_in_many_threads(tmp_path):
    from concurrent.futures import ThreadPoolExecutor
    standins.make(tmp_path, 'bert'); t = nb.AutoTokenizer.from_pretrained(tmp_path)
    texts = ['a b c '*k for k in range(1, 12)]
    jobs = [dict(padding='max_length', max_length=m, truncation=True) for m in (6, 9, 20)] + [{}, dict(truncation=True, max_length=5, stride=1, return_overflowing_tokens=True)]
    run = lambda kw: [t(x, **kw)['input_ids'] for x in texts]
    want = [run(j) for j in jobs]
    with ThreadPoolExecutor(8) as pool: assert all(got == want[i % 5] for i, got in enumerate(pool.map(run, jobs*12)))

def test_configurations_go_through_both_libraries(pair, tmp_path):
    for kind in standins.MAKE:
        d = standins.make(tmp_path/kind, kind, {'bart': 'AutoModelForSeq2SeqLM', 't5': 'AutoModelForSeq2SeqLM'}.get(kind, 'AutoModelForMaskedLM' if kind.startswith(('bert', 'roberta', 'layoutlm')) else LM))
        theirs, ours = hf.AutoConfig.from_pretrained(d).to_dict(), nb.AutoConfig.from_pretrained(d)
        ours.save_pretrained(tmp_path/'again')
        strip = lambda c: {k: v for k, v in c.items() if k not in ('_name_or_path', 'transformers_version')}
        assert strip(hf.AutoConfig.from_pretrained(tmp_path/'again').to_dict()) == strip(theirs)
        assert strip({k: ours.to_dict()[k] for k in theirs}) == strip(theirs)

def test_evaluation_needs_something_to_evaluate_on(tmp_path):
    m = torch.nn.Linear(2, 2)
    with pytest.raises(ValueError, match='eval_dataset'): nb.Trainer(model=m, args=nb.TrainingArguments(output_dir=str(tmp_path), eval_strategy='epoch', use_cpu=True), train_dataset=[{}])
