"Pipelines of one's own, lists of prompts, streams and data sets, settings and parts: what a call does beside the same call of the reference."
import importlib

import numpy as np, pytest, torch
import transformers as hf

import nbformers as nb
from tests.test_pipelines import close, folder

GREEDY = dict(do_sample=False)
PROMPTS = ['sea', 'the old white whale and the lost ship in the storm', 'calm wave']

def tokenizer(lib, f, **told):
    tok = hf.PreTrainedTokenizerFast.from_pretrained(f) if lib is hf else nb.AutoTokenizer.from_pretrained(f)
    for k, v in told.items(): setattr(tok, k, v)
    return tok

def part(lib, path, name): return getattr(importlib.import_module(f'{lib.__name__}.pipelines.{path}'), name)

@pytest.fixture
def make(folder):
    "`make(task)` -> a maker of that pipeline in either library."
    of = {'text-generation': ('llama', 'AutoModelForCausalLM'), 'text-classification': ('bert', 'AutoModelForSequenceClassification'),
          'zero-shot-classification': ('bert', 'AutoModelForSequenceClassification'), 'ner': ('bert', 'AutoModelForTokenClassification')}
    def maker(task, told={}, **kw):
        f = folder(*of[task])
        return lambda lib, **more: lib.pipeline(task, f, tokenizer=tokenizer(lib, f, **told), device='cpu', **kw, **more)
    return maker

def beside(f, eps=1e-5): close(f(nb), f(hf), eps)

# Classes of a user's own

KINDS = {
    'row 0': (lambda s, x: s.tokenizer(x, return_tensors='pt'), lambda s, x: {'n': x['input_ids'].shape[1], 'said': s.tokenizer.decode(x['input_ids'][0])}, lambda o: o),
    'a tensor in': (lambda s, x: s.tokenizer(x, return_tensors='pt')['input_ids'], lambda s, x: s.model(input_ids=x), lambda o: o['logits'].tolist()),
    'a list in': (lambda s, x: [s.tokenizer(x, return_tensors='pt')['input_ids'], x], lambda s, x: {'z': s.model(input_ids=x[0]).logits, 'x': x[1]}, lambda o: [o['z'].tolist(), o['x']]),
    'a tensor out': (lambda s, x: s.tokenizer(x, return_tensors='pt'), lambda s, x: s.model(**x).logits, lambda o: o.tolist()),
    'a tuple out': (lambda s, x: s.tokenizer(x, return_tensors='pt'), lambda s, x: (s.model(**x).logits, x['input_ids']), lambda o: [o[0].tolist(), o[1].tolist()]),
    'states': (lambda s, x: s.tokenizer(x, return_tensors='pt'), lambda s, x: {'h': s.model(**x, output_hidden_states=True).hidden_states[-1]}, lambda o: o['h'].tolist()),
}

@pytest.mark.parametrize('kind', KINDS)
def test_a_class_of_ones_own(folder, kind):
    f, (pre, fwd, post) = folder('bert', 'AutoModelForSequenceClassification'), KINDS[kind]
    def answers(lib, x):
        class Own(lib.Pipeline):
            def _sanitize_parameters(self, **kw): return {}, {}, {}
            def preprocess(self, x): return pre(self, x)
            def _forward(self, x): return fwd(self, x)
            def postprocess(self, o): return post(o)
        return Own(model=lib.AutoModelForSequenceClassification.from_pretrained(f), tokenizer=tokenizer(lib, f), device='cpu')(x)
    beside(lambda lib: answers(lib, PROMPTS), 1e-4)
    beside(lambda lib: answers(lib, PROMPTS[0]), 1e-4)

def test_a_step_that_was_changed(make):
    "A subclass of a class that takes many rows does not, until it says so; and its three steps follow one another for each input."
    class Mine(nb.TextClassificationPipeline):
        def preprocess(self, x): self.now = x; return super().preprocess(x)
        def _forward(self, x): sizes.append(len(x['input_ids'])); return super()._forward(x)
        def postprocess(self, o): return self.now
    class Many(Mine): together = True
    theirs, sizes = make('text-classification')(nb), []
    mine = Mine(theirs.model, theirs.tokenizer, device='cpu')
    assert mine(PROMPTS) == PROMPTS and sizes == [1, 1, 1]
    sizes.clear(); Many(theirs.model, theirs.tokenizer, device='cpu')(PROMPTS); assert sizes == [3]
    sizes.clear(); mine(PROMPTS, batch_size=2); assert sorted(sizes) == [1, 2]

def test_every_class_that_comes_along_takes_many_rows():
    from nbformers.pipelines.factory import TASKS
    from nbformers.pipelines.automatic_speech_recognition import Seq2SeqSpeechRecognitionPipeline
    from nbformers.pipelines.ctc import CTCSpeechRecognitionPipeline
    for cls in [Seq2SeqSpeechRecognitionPipeline, CTCSpeechRecognitionPipeline, *(t['impl'] for t in TASKS.values() if t['impl'].__module__.startswith('nbformers.'))]:
        assert cls.rows == 1 or vars(cls).get('together'), cls

@pytest.mark.parametrize('flags', [dict(_load_tokenizer=False, _load_image_processor=True), {}])
def test_parts_by_flag(tmp_path, flags):
    "A class says what is loaded beside its model, or takes what is there."
    hf.ViTForImageClassification(hf.ViTConfig(hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, image_size=16, patch_size=8)).save_pretrained(tmp_path)
    hf.ViTImageProcessor(size={'height': 16, 'width': 16}).save_pretrained(tmp_path)
    picture = np.random.RandomState(0).randint(0, 255, (20, 24, 3), np.uint8)
    def steps(lib): return dict(_sanitize_parameters=lambda s, **kw: ({}, {}, {}), preprocess=lambda s, x: s.image_processor(x, return_tensors='pt'), _forward=lambda s, x: s.model(**x), postprocess=lambda s, o: o['logits'].tolist())
    see = lambda lib: lib.pipeline('image-classification', str(tmp_path), device='cpu', pipeline_class=type('See', (lib.Pipeline,), flags | steps(lib)))([picture, picture[:9]])
    beside(see, 1e-4)
    with pytest.raises((OSError, ValueError)): nb.pipeline('image-classification', str(tmp_path), pipeline_class=type('See', (nb.Pipeline,), dict(_load_tokenizer=True) | steps(nb)))
    bare = nb.ViTForImageClassification.from_pretrained(tmp_path)
    bare.name_or_path = bare.config._name_or_path = ''
    eyes = nb.AutoImageProcessor.from_pretrained(tmp_path)
    want = nb.pipeline('image-classification', str(tmp_path))(picture)
    close(nb.pipeline('image-classification', bare, feature_extractor=eyes)(picture), want)
    close(nb.ImageClassificationPipeline(bare, feature_extractor=eyes)(picture), want)
    class Both: image_processor = eyes
    close(nb.pipeline('image-classification', bare, processor=Both())(picture), want)

# Lists of prompts

class Last:
    "Stops where the first row's last token is 16."
    def __call__(self, ids, scores, **kw): return bool(ids[0, -1] == 16)
class First:
    "Prefers the first row's first token."
    def __call__(self, ids, scores): return scores.scatter(1, ids[:1, :1].expand(len(ids), 1), 99.)

@pytest.mark.parametrize('flags', [dict(max_length=16), dict(max_length=17, min_length=17), dict(min_length=13, max_new_tokens=12), dict(max_new_tokens=4, prompt_lookup_num_tokens=2), dict(max_new_tokens=4),
    dict(max_new_tokens=4, prefix_allowed_tokens_fn=lambda row, ids: [int(ids[0])]), dict(max_new_tokens=5, stopping_criteria=Last), dict(max_new_tokens=4, logits_processor=First), dict(max_new_tokens=4, assistant_model=True)], ids=lambda f: ' '.join(f))
def test_prompts_keep_to_themselves(make, folder, flags):
    def write(lib):
        kw = dict(flags)
        if 'stopping_criteria' in kw: kw['stopping_criteria'] = lib.StoppingCriteriaList([type('Stop', (Last, lib.StoppingCriteria), {})()])
        if 'logits_processor' in kw: kw['logits_processor'] = lib.LogitsProcessorList([type('Prefer', (First, lib.LogitsProcessor), {})()])
        if 'assistant_model' in kw: kw['assistant_model'] = lib.AutoModelForCausalLM.from_pretrained(folder('llama', 'AutoModelForCausalLM'))
        return make('text-generation')(lib)(PROMPTS, **kw, **GREEDY)
    beside(write)

def test_a_length_that_the_model_says(make):
    "A total length in the model's own configuration counts padding as well; a streamer hears one prompt after the other."
    def write(lib, **kw):
        pipe = make('text-generation')(lib)
        for k, v in kw.items(): setattr(pipe.model.generation_config, k, v)
        return [r[0]['generated_token_ids'] for r in pipe(PROMPTS, return_tensors=True, **GREEDY)]
    beside(lambda lib: write(lib, max_length=14))
    class Ear:
        def __init__(self): self.heard = []
        def put(self, ids): self.heard.append(ids.tolist())
        def end(self): self.heard.append('end')
    def told(lib):
        make('text-generation')(lib)(PROMPTS, max_new_tokens=3, streamer=(ear := Ear()), **GREEDY)
        return ear.heard
    assert told(nb) == told(hf)

@pytest.mark.parametrize('flags', [{}, dict(num_beams=2, num_return_sequences=2, output_logits=True), dict(num_beams=3, num_return_sequences=2)], ids=str)
def test_scores_stand_in_the_records(make, flags):
    def write(lib):
        rows = make('text-generation')(lib)(PROMPTS[:2], max_new_tokens=3, return_dict_in_generate=True, output_scores=True, output_hidden_states=True, **GREEDY, **flags)
        return [[dict(sorted((k, v) for k, v in r.items() if k != 'beam_indices')) for r in row] for row in rows]
    beside(write, 1e-3)
    assert flags.get('num_beams') == 3 or 'scores' in write(nb)[0][0]

@pytest.mark.parametrize('said', [
    lambda g, lib: g(max_new_tokens=6, num_beams=2)('sea', generation_config=lib.GenerationConfig(max_new_tokens=2, do_sample=False)),
    lambda g, lib: g(max_new_tokens=6, repetition_penalty=1.8)('sea', generation_config=lib.GenerationConfig(do_sample=False, max_length=9)),
    lambda g, lib: g(generation_config=lib.GenerationConfig(max_new_tokens=6, do_sample=False))('sea', max_new_tokens=3),
    lambda g, lib: g(handle_long_generation='hole', max_new_tokens=3)(PROMPTS[1], generation_config=lib.GenerationConfig(max_new_tokens=5, do_sample=False)),
    lambda g, lib: g(truncation=True)(PROMPTS[1], add_special_tokens=True, max_new_tokens=2, **GREEDY),
    lambda g, lib: g(truncation=True)(PROMPTS[1], padding=False, max_new_tokens=2, **GREEDY),
    lambda g, lib: g(truncation=True)(PROMPTS[1], max_length=6, max_new_tokens=2, **GREEDY),
    lambda g, lib: g(max_length=6)(PROMPTS[1], truncation=True, max_new_tokens=2, **GREEDY),
    lambda g, lib: g(tokenizer_encode_kwargs=dict(max_length=4))(PROMPTS[1], truncation=True, max_new_tokens=2, **GREEDY)])
def test_whose_setting_wins(make, said):
    def write(lib):
        pipe = make('text-generation', dict(model_max_length=8))
        return [r['generated_token_ids'] for r in said(lambda **kw: pipe(lib, return_tensors=True, **kw), lib)]
    beside(write)

# Streams and data sets

@pytest.mark.parametrize('size', [None, 1, 2, 3])
def test_no_more_is_read_than_a_batch(make, size):
    def read(lib):
        seen = []
        def data():
            for i in range(12): seen.append(i); yield 'sea '*(i % 5+1)
        return [len(seen) for _ in make('text-classification')(lib)(data(), batch_size=size)]
    assert read(nb) == read(hf) == [min(12, -(-n//(size or 1))*(size or 1)) for n in range(1, 13)]

def test_a_stream_that_waits_for_its_answers(make):
    pipe, said = make('text-generation')(nb), ['sea']
    def talk():
        while len(said) < 4: yield said[-1]
    for row in pipe(talk(), max_new_tokens=2, **GREEDY): said.append(row[0]['generated_text'])
    assert len(said) == 4 and all(b.startswith(a) for a, b in zip(said, said[1:])) and said[1] != said[0]

def test_a_dataset_is_counted_and_read_twice(make):
    def twice(lib):
        answers = make('text-classification')(lib)(part(lib, 'pt_utils', 'KeyDataset')([{'t': x} for x in PROMPTS], 't'))
        return [len(answers), list(answers), list(answers)]
    beside(twice)
    chats = [{'c': [{'role': 'captain', 'content': x}]} for x in PROMPTS]
    beside(lambda lib: list(make('text-generation')(lib)(part(lib, 'pt_utils', 'KeyDataset')(chats, 'c'), max_new_tokens=2, **GREEDY)))

# Tasks

def test_a_hypothesis_longer_than_the_limit(make):
    labels = ['the old white whale and the lost ship', 'a']
    def sort(lib): return make('zero-shot-classification', dict(model_max_length=8))(lib)(['sea', 'the storm'], candidate_labels=labels)
    beside(sort)

def test_places_of_tokens_by_hand(make):
    places = [(0, 0), (0, 3), (4, 7), (0, 0)]
    def find(lib, text, offsets):
        cut = lambda rows: [cut(r) if isinstance(r, list) else {**r, 'score': float(r['score'])} for r in rows]
        return cut(make('ner', ignore_labels=[])(lib)(text, offset_mapping=offsets))
    beside(lambda lib: find(lib, 'the sea', places))
    beside(lambda lib: find(lib, 'the sea', [places]))
    beside(lambda lib: find(lib, ['the sea', 'the sea'], [places, places]))
    far = [(a+9, b+9) for a, b in places]                              # the reference gives every text the first one's places
    assert [[(e['start'], e['end']) for e in row] for row in find(nb, ['the sea', 'the sea'], [places, far])] == [places[1:3], far[1:3]]
    with pytest.raises(ValueError, match='2 texts and 1 offset'): find(nb, ['the sea', 'the sea'], [places])

def test_flags_beside_generate_kwargs(tmp_path):
    from tests.test_timeline import small_whisper
    small_whisper(3, tmp_path)
    x = (np.random.RandomState(0).randn(32000)*.3).astype(np.float32)
    def config(lib, **kw):
        cfg = lib.GenerationConfig.from_pretrained(tmp_path)
        for k, v in kw.items(): setattr(cfg, k, v)
        return cfg
    class Ear:
        def __init__(self): self.heard = []
        def put(self, ids): self.heard.append(tuple(ids.shape))
        def end(self): self.heard.append('end')
    for call in (lambda p, lib: p()(x, max_new_tokens=4, generate_kwargs=dict(max_new_tokens=12)), lambda p, lib: p(max_new_tokens=4)(x, generate_kwargs=dict(max_new_tokens=12)),
                 lambda p, lib: p(max_new_tokens=4)(x, generation_config=config(lib, max_new_tokens=9))):
        beside(lambda lib: call(lambda **kw: lib.pipeline('automatic-speech-recognition', str(tmp_path), device='cpu', **kw), lib))
    def told(lib):
        lib.pipeline('automatic-speech-recognition', str(tmp_path), device='cpu')([x[:9000], x[:5000]], generate_kwargs=dict(streamer=(ear := Ear()), num_beams=1, max_new_tokens=3))
        return ear.heard
    assert told(nb) == told(hf)

@pytest.mark.parametrize('path', ['audio_classification:AudioClassificationPipeline', 'audio_utils:ffmpeg_read', 'depth_estimation:DepthEstimationPipeline', 'image_feature_extraction:ImageFeatureExtractionPipeline',
    'zero_shot_image_classification:ZeroShotImageClassificationPipeline', 'zero_shot_object_detection:ZeroShotObjectDetectionPipeline', ':get_task', ':get_supported_tasks'])
def test_names_where_code_looks_for_them(path):
    module, name = path.split(':')
    for lib in (nb, hf): assert callable(getattr(importlib.import_module('.'.join(filter(None, (lib.__name__, 'pipelines', module)))), name))

def test_the_table_of_tasks():
    last = lambda c: getattr(c, '__name__', c).split('.')[-1]         # there a class is named until it is asked for
    def rows(lib):
        p = importlib.import_module(f'{lib.__name__}.pipelines')
        name, row, options = p.check_task('ner')
        assert row is p.SUPPORTED_TASKS[name] is p.PIPELINE_REGISTRY.supported_tasks[name] and p.PIPELINE_REGISTRY.to_dict()[name] is row
        return [name, options, last(row['impl']), [last(c) for c in row['pt']], row['default']['model'][0], row['type'], p.TASK_ALIASES['sentiment-analysis']]
    assert rows(nb) == rows(hf)
    from nbformers.pipelines import get_task
    assert get_task('starter/lm') == 'text-generation'
