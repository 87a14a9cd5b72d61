"""Corners of `generate` beside the reference that no sweep draws: a flag set to None in a file, criteria that bring a length, batches made for
training, positions told by hand, starts of every kind, Whisper with a draft model. Each call is made of both libraries and has to give the same."""
import json, warnings
import pytest
transformers = pytest.importorskip('transformers')
import torch
import nbformers
from tests.seeds import SEED
from tests.test_transcribe import BEFORE, EOS, NO_TIMES, START, TRANSCRIBE, noisy_whisper

transformers.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()
pytestmark = pytest.mark.usefixtures('quiet')
T, N = transformers, nbformers
FREE = dict(eos_token_id=None, pad_token_id=0)
SMALL = dict(vocab_size=50, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32, max_position_embeddings=64)
GPT2 = dict(vocab_size=50, n_embd=16, n_layer=2, n_head=2, n_positions=64)
BART = dict(vocab_size=50, d_model=16, encoder_layers=2, decoder_layers=2, encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=32, decoder_ffn_dim=32, max_position_embeddings=64)
IDS = torch.tensor([[5, 6, 7, 8], [9, 10, 11, 12]])
MASK = torch.tensor([[1, 1, 1, 1], [0, 0, 1, 1]])

def twice(m, folder, name=None, noise=.3, seed=SEED):
    "The reference's model with weights so large that its answers are no coin tosses, and ours with the same."
    torch.manual_seed(seed)
    with torch.no_grad():
        for p in m.eval().parameters(): p.add_(torch.randn_like(p)*noise)
    m.save_pretrained(folder)
    return (m, T), (getattr(N, name or type(m).__name__).from_pretrained(folder).eval(), N)

def plain(x):
    if isinstance(x, torch.Tensor): return x.tolist()
    if isinstance(x, (tuple, list)): return [plain(y) for y in x]
    return x

def same(models, ask):
    "What `ask(model, library)` gives of both libraries, which has to be one thing."
    said = []
    for m, lib in models:
        torch.manual_seed(1)
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            said.append(plain(ask(m, lib)))
    assert said[0] == said[1], said
    return said[1]

def shapes(o): return sorted((k, [list(x.shape) if torch.is_tensor(x) else len(x) for x in v] if isinstance(v, tuple) else list(v.shape) if torch.is_tensor(v) else type(v).__name__) for k, v in o.items() if v is not None and k != 'past_key_values')

@pytest.fixture(scope='module')
def llama(tmp_path_factory):
    return twice(T.LlamaForCausalLM(T.LlamaConfig(**SMALL | dict(vocab_size=100), num_key_value_heads=1, bos_token_id=1, eos_token_id=2, pad_token_id=0)), tmp_path_factory.mktemp('llama'))
@pytest.fixture(scope='module')
def bart(tmp_path_factory): return twice(T.BartForConditionalGeneration(T.BartConfig(**BART, attn_implementation='eager')), tmp_path_factory.mktemp('bart'))
@pytest.fixture(scope='module')
def crossing(tmp_path_factory): return twice(T.GPT2LMHeadModel(T.GPT2Config(**GPT2, add_cross_attention=True, bos_token_id=1, eos_token_id=2)), tmp_path_factory.mktemp('gpt2'))
@pytest.fixture(scope='module')
def captions(tmp_path_factory):
    eye = T.ViTConfig(hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32, image_size=8, patch_size=4)
    return twice(T.VisionEncoderDecoderModel(T.VisionEncoderDecoderConfig.from_encoder_decoder_configs(eye, T.GPT2Config(**GPT2), decoder_start_token_id=1, pad_token_id=0)), tmp_path_factory.mktemp('captions'))

# flags -----------------------------------------------------------------------------------------------------------------
NONES = dict(top_k=dict(do_sample=True, max_new_tokens=3), max_length={}, use_cache=dict(max_new_tokens=3), num_beams=dict(max_new_tokens=3), repetition_penalty=dict(max_new_tokens=3),
    length_penalty=dict(num_beams=2, max_new_tokens=3), early_stopping=dict(num_beams=2, max_new_tokens=3), num_return_sequences=dict(num_beams=2, max_new_tokens=3))

@pytest.mark.parametrize('flag', NONES)
def test_a_flag_that_a_file_sets_to_none_is_neutral(llama, flag):
    def ask(m, lib):
        kept, m.generation_config = m.generation_config, lib.GenerationConfig(bos_token_id=1, eos_token_id=2, pad_token_id=0)
        setattr(m.generation_config, flag, None)
        try: o = m.generate(IDS, return_dict_in_generate=True, output_scores=True, **NONES[flag])
        finally: m.generation_config = kept
        return o.sequences, [int(s.isfinite().sum()) for s in o.scores], o.past_key_values is None
    same(llama, ask)

def test_the_same_seed_draws_the_same_of_a_large_vocabulary(tmp_path):
    big = twice(T.LlamaForCausalLM(T.LlamaConfig(**SMALL | dict(vocab_size=5000), bos_token_id=1, eos_token_id=2)), tmp_path, noise=.05)
    for kw in ({}, dict(top_p=.9, temperature=1.3), dict(num_return_sequences=3, top_k=7), dict(repetition_penalty=1.2, min_p=.01)):
        same(big, lambda m, lib: m.generate(IDS, do_sample=True, max_new_tokens=12, **FREE, **kw))

def test_a_batch_for_training_can_be_continued(llama, bart):
    for pair in (llama, bart): same(pair, lambda m, lib: m.generate(input_ids=IDS, attention_mask=MASK, labels=IDS, max_new_tokens=4, **FREE))

@pytest.mark.parametrize('kw', [{}, dict(num_beams=2), dict(do_sample=True), dict(max_new_tokens=3), dict(max_length=9)], ids=str)
def test_a_length_among_the_criteria(llama, bart, kw):
    for pair in (llama, bart):
        for n in (6, 7 if 'num_beams' in kw else 33): same(pair, lambda m, lib: m.generate(IDS, stopping_criteria=lib.StoppingCriteriaList([lib.MaxLengthCriteria(n)]), **FREE, **kw).shape)

@pytest.mark.parametrize('kw', [dict(min_length=9, max_length=12), dict(min_new_tokens=4, max_new_tokens=6), dict(min_length=3, max_length=12), dict(max_length=9), dict(num_beams=2, min_length=9, max_length=12)], ids=str)
def test_lengths_of_a_prompt_of_vectors(llama, kw):
    vectors = torch.randn(2, 5, 16, generator=torch.Generator().manual_seed(0))
    def ask(m, lib):
        o = m.generate(inputs_embeds=vectors, eos_token_id=7, return_dict_in_generate=True, output_scores=True, **kw)
        return o.sequences.shape, [bool(s[:, 7].isinf().all()) for s in o.scores]
    same(llama, ask)

def test_arguments_by_their_place(llama):
    def ask(m, lib):
        keep = lib.LogitsProcessorList([lib.SuppressTokensLogitsProcessor(list(range(50, 100)))])
        return m.generate(IDS, None, keep, lib.StoppingCriteriaList([lib.MaxLengthCriteria(9)]), lambda row, ids: list(range(3, 60)), **FREE)
    assert max(map(max, same(llama, ask))) < 50

def test_more_arguments_for_processors(llama):
    def ask(m, lib):
        class Plus(lib.LogitsProcessor):
            def __call__(self, ids, scores, extra): return scores+extra
        return lib.LogitsProcessorList([lib.TemperatureLogitsWarper(2.), Plus()])(IDS, torch.ones(2, 3), extra=1.)
    assert same(llama, ask) == [[1.5]*3]*2

def test_a_file_of_its_own_name(tmp_path):
    def ask(m, lib):
        made, at = lib.GenerationConfig(max_new_tokens=3, do_sample=True, top_p=.9, eos_token_id=[2, 3]), tmp_path/'my.json'
        made.to_json_file(at, keys_to_pop=['top_p'])
        told = json.loads(at.read_text())
        told.pop('transformers_version', None)
        made.to_json_file(at, use_diff=False)
        return told, {k: v for k, v in json.loads(at.read_text()).items() if v is not None and k != 'transformers_version'}
    same([(None, T), (None, N)], ask)

def test_what_the_first_barts_called_a_forced_start():
    for told in (True, False): same([(None, T), (None, N)], lambda m, lib: lib.GenerationConfig.from_model_config(lib.BartConfig(force_bos_token_to_be_generated=told, bos_token_id=5)).forced_bos_token_id)

def test_files_of_watermarks(tmp_path):
    def ask(m, lib):
        lib.WatermarkingConfig(bias=2.5).to_json_file(tmp_path/'w.json')
        return (tmp_path/'w.json').read_text(), lib.WatermarkingConfig.from_dict({'bias': 2.5}, hashing_key=7, unknown=1).to_dict()
    same([(None, T), (None, N)], ask)

def test_streamers_that_look_into_themselves():
    def ask(m, lib):
        class Words:
            def decode(self, ids, **kw): return ''.join(' ab' if i > 5 else '\n' for i in ids)
        class Told(lib.TextStreamer):
            def on_finalized_text(self, text, stream_end=False): said.append((text, stream_end))
            def put(self, value):
                first = self.next_tokens_are_prompt
                super().put(value)
                said.append((list(self.token_cache), self.print_len, first))
        said = []
        s = Told(Words(), skip_prompt=True)
        for ids in ([[7, 8]], [6], [9], [3], [7]): s.put(torch.tensor(ids))
        s.end()
        return [list(x) for x in said], s.token_cache, s.print_len
    same([(None, T), (None, N)], ask)

# where tokens stand ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize('kw', [{}, dict(use_cache=False), dict(use_cache=False, num_beams=2), dict(num_beams=2), dict(use_cache=False, attention_mask=MASK)], ids=str)
def test_positions_told_by_hand(llama, kw):
    at = torch.tensor([[3, 5, 9, 20], [0, 1, 2, 3]])
    told = same(llama, lambda m, lib: m.generate(IDS, position_ids=at, max_new_tokens=8, **FREE, **kw))
    assert told != llama[1][0].generate(IDS, max_new_tokens=8, **FREE, **kw).tolist()

# encoders --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize('kw', [{}, dict(num_beams=2), dict(do_sample=True, num_return_sequences=2), dict(num_beams=3, num_return_sequences=2), dict(num_beams=2, use_cache=False)], ids=str)
def test_what_an_encoder_said_stands_in_the_output(bart, kw):
    for m, _ in bart: m.set_attn_implementation('eager')
    same(bart, lambda m, lib: shapes(m.generate(IDS, return_dict_in_generate=True, output_attentions=True, output_hidden_states=True, output_scores=True, max_new_tokens=3, **FREE, **kw)))

def test_segments_for_a_composed_encoder(tmp_path):
    made = T.EncoderDecoderConfig.from_encoder_decoder_configs(T.BertConfig(**SMALL), T.BertConfig(**SMALL), decoder_start_token_id=1, pad_token_id=0)
    pair, kinds = twice(T.EncoderDecoderModel(made), tmp_path, noise=.5), torch.tensor([[0, 0, 1, 1], [0, 0, 0, 1]])
    def said(m, **kw): return torch.stack(m.generate(IDS, attention_mask=MASK, max_new_tokens=4, decoder_start_token_id=1, return_dict_in_generate=True, output_logits=True, **FREE, **kw).logits)
    for kw in ({}, dict(token_type_ids=kinds), dict(token_type_ids=kinds*0)): torch.testing.assert_close(*(said(m, **kw) for m, _ in pair), rtol=1e-4, atol=1e-4)
    assert torch.equal(said(pair[1][0]), said(pair[1][0], token_type_ids=kinds*0)) and (said(pair[1][0]) - said(pair[1][0], token_type_ids=kinds)).abs().max() > .01

def test_a_picture_and_words_to_begin_with(captions):
    x = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    ask = lambda **kw: same(captions, lambda m, lib: m.generate(pixel_values=x, max_new_tokens=6, decoder_start_token_id=1, **FREE, **kw))
    alone = ask()
    assert ask(labels=IDS) == alone and ask(input_ids=IDS) == ask(decoder_input_ids=IDS) != alone
    for kw in (dict(input_ids=IDS, num_beams=2), dict(input_ids=IDS, decoder_attention_mask=MASK)): ask(**kw)

def test_states_without_a_prompt(crossing):
    h, real = torch.randn(2, 3, 16, generator=torch.Generator().manual_seed(0)), torch.tensor([[1, 1, 1], [1, 0, 0]])
    from transformers import DynamicCache, EncoderDecoderCache
    for kw in ({}, dict(encoder_attention_mask=real), dict(num_beams=2)):
        same(crossing, lambda m, lib: m.generate(encoder_hidden_states=h, max_new_tokens=5, **FREE, **kw, **(dict(past_key_values=EncoderDecoderCache(DynamicCache(), DynamicCache())) if lib is T else {})))

# Whisper ---------------------------------------------------------------------------------------------------------------
SAY = dict(language='en', task='transcribe')

def whispers(folder, seed=3, **facts):
    m = noisy_whisper(seed)
    m.generation_config._from_model_config = None
    for k, v in facts.items(): setattr(m.generation_config, k, v)
    m.save_pretrained(folder)
    return [(lib.WhisperForConditionalGeneration.from_pretrained(folder).eval(), lib) for lib in (T, N)]

@pytest.mark.parametrize('kind', ['WhisperForConditionalGeneration', 'WhisperForCausalLM'])
@pytest.mark.parametrize('kw', [{}, dict(return_timestamps=True), dict(columns=330, return_timestamps=True), dict(begin_suppress_tokens=[20, EOS])], ids=str)
def test_whisper_with_a_draft_model(tmp_path, kind, kw):
    kw = dict(kw); x = torch.randn(1, 8, kw.pop('columns', 100), generator=torch.Generator().manual_seed(0))
    begin = kw.pop('begin_suppress_tokens', None)
    pair = whispers(tmp_path, begin_suppress_tokens=begin)
    def draft(m, lib):
        d = getattr(lib, kind).from_pretrained(tmp_path).eval()
        d.generation_config.pad_token_id = EOS
        torch.manual_seed(9)
        with torch.no_grad():
            for n, p in sorted(d.named_parameters()):
                if 'decoder.layers' in n: p.add_(torch.randn_like(p)*.03)
        return d
    def ask(models=pair, **more): return same(models, lambda m, lib: m.generate(x.clone(), max_new_tokens=9, **SAY, **kw, **({k: f(m, lib) for k, f in more.items()})))
    if begin is not None: return ask(assistant_model=draft)     # in both libraries a draft may end at once
    # the reference's processors learn where its draft model began to write, so that times come out in another order than without a draft
    shy = 'ConditionalGeneration' in kind and 'return_timestamps' in kw
    assert ask(pair[1:]*2 if shy else pair, assistant_model=draft) == ask()

def test_whisper_begins_with_given_words(tmp_path):
    pair, x = whispers(tmp_path), torch.randn(2, 8, 100, generator=torch.Generator().manual_seed(0))
    for kw in ({}, dict(num_beams=2), dict(return_timestamps=True)):
        said = same(pair, lambda m, lib: m.generate(x.clone(), decoder_input_ids=torch.tensor([[START, 102, TRANSCRIBE, NO_TIMES]]*2), max_new_tokens=6, **kw))

@pytest.mark.parametrize('kw', [dict(output_scores=True), dict(num_beams=2, output_scores=True), dict(num_beams=3, num_return_sequences=2, output_scores=True, output_hidden_states=True),
    dict(output_hidden_states=True, output_attentions=True, output_logits=True)], ids=str)
def test_what_whisper_brings_along(tmp_path, kw):
    pair, x = whispers(tmp_path, suppress_tokens=None), torch.randn(2, 8, 100, generator=torch.Generator().manual_seed(0))
    for m, _ in pair: m.set_attn_implementation('eager')
    def ask(m, lib):
        o = m.generate(x.clone(), return_dict_in_generate=True, max_new_tokens=6, **SAY, **kw)
        keys = [k for k in ('sequences', 'scores', 'logits', 'encoder_hidden_states', 'encoder_attentions', 'sequences_scores') if o.get(k) is not None]
        return keys, [[y.double().mul(1e4).round().div(1e4).add(0.) if y.is_floating_point() else y for y in (o[k] if isinstance(o[k], tuple) else [o[k]])] for k in keys]
    (a, x), (b, y) = [ask(*p) for p in pair]
    assert a == b
    for k, v, w in zip(a, x, y): 
        assert len(v) == len(w), k
        for p, q in zip(v, w): torch.testing.assert_close(p, q, rtol=1e-3, atol=1e-3)

# a class and a loop of one's own ---------------------------------------------------------------------------------------
def test_what_the_next_pass_is_given(llama, bart, tmp_path):
    ids, mask = torch.arange(1, 11).view(2, 5), torch.ones(2, 5, dtype=torch.long)
    calls = [dict(), dict(next_sequence_length=1, attention_mask=mask, use_cache=True, position_ids=ids, labels=ids), dict(is_first_iteration=True, inputs_embeds=torch.ones(2, 5, 16), next_sequence_length=3),
        dict(inputs_embeds=torch.ones(2, 5, 16), token_type_ids=ids, next_sequence_length=2, other=None)]
    for pair in (llama, bart):
        for kw in calls: same(pair, lambda m, lib: sorted((k, v) for k, v in m.prepare_inputs_for_generation(ids, **kw).items()))
    def loop(m, lib):
        cache, n, x = None, None, IDS
        for _ in range(6):
            with torch.no_grad(): out = m(**m.prepare_inputs_for_generation(x, next_sequence_length=n, past_key_values=cache, use_cache=True))
            cache, n, x = out.past_key_values, 1, torch.cat((x, out.logits[:, -1:].argmax(-1)), 1)
        return x
    assert same(llama, loop) == llama[1][0].generate(IDS, max_new_tokens=6, **FREE).tolist()

def test_a_class_that_writes():
    def ask(m, lib):
        from dataclasses import make_dataclass
        class Counting(lib.PreTrainedModel, lib.GenerationMixin):
            config_class = lib.LlamaConfig
            def __init__(self, config): super().__init__(config); self.one = torch.nn.Linear(1, 1)
            def forward(self, input_ids=None, attention_mask=None, past_key_values=None, **kw):
                logits = torch.nn.functional.one_hot((input_ids+1) % 20, 20).float()
                return lib.modeling_outputs.CausalLMOutputWithPast(logits=logits, past_key_values=past_key_values)
        class Silent(lib.PreTrainedModel): config_class = lib.LlamaConfig
        m = Counting(lib.LlamaConfig(vocab_size=20, num_hidden_layers=1, hidden_size=8, num_attention_heads=2)).eval()
        return m.generate(IDS, max_new_tokens=3, use_cache=False, **FREE), Counting.can_generate(), isinstance(m, lib.GenerationMixin), Silent.can_generate(), issubclass(lib.GPT2LMHeadModel, lib.GenerationMixin), issubclass(lib.GPT2Model, lib.GenerationMixin)
    assert same([(None, T), (None, N)], ask)[0] == [[5, 6, 7, 8, 9, 10, 11], [9, 10, 11, 12, 13, 14, 15]]

@pytest.mark.parametrize('kw', [{}, dict(use_cache=False), dict(num_beams=3), dict(do_sample=True, num_return_sequences=2), dict(attention_mask=MASK), dict(attention_mask=MASK, num_beams=2, use_cache=False)], ids=str)
def test_a_class_that_says_what_each_pass_reads(llama, tmp_path, kw):
    "One that leans towards a word which depends on the whole text, and one whose further input goes along at every pass."
    llama[0][0].save_pretrained(tmp_path)
    def lean(words): return torch.nn.functional.one_hot(words % 100, 100)[:, None]*9.
    def ask(m, lib, told):
        class Plain(lib.LlamaForCausalLM):
            def forward(self, input_ids=None, attention_mask=None, position_ids=None, past_key_values=None, toward=None, **kw):
                out = super().forward(input_ids=input_ids, attention_mask=attention_mask, position_ids=position_ids, past_key_values=past_key_values, **kw)
                out.logits = out.logits + toward
                return out
        class Asked(Plain):
            def prepare_inputs_for_generation(self, input_ids, past_key_values=None, attention_mask=None, seed=0, **kw):
                out = super().prepare_inputs_for_generation(input_ids, past_key_values=past_key_values, attention_mask=attention_mask, **kw)
                return out | dict(toward=lean(input_ids.sum(1) + seed))
        m = (Asked if told else Plain).from_pretrained(tmp_path).eval()
        return m.generate(IDS, max_new_tokens=6, **FREE, **kw, **(dict(seed=3) if told else dict(toward=lean(torch.tensor([33, 44])))))
    for told in (False, True): same(llama, lambda m, lib: ask(m, lib, told))
