"Pipelines against the reference on the same tiny checkpoints: scores, strings, order, batches, streams."
import itertools, json, random

import pytest, torch
import transformers as hf
from tokenizers import Tokenizer, models, pre_tokenizers, processors, decoders

import nbformers as nb

WORDS = 'sea whale ship storm calm captain harbour salt wave wind the a of and in not very old white lost .'.split()

def text(rng, n): return ' '.join(rng.choice(WORDS) for _ in range(n))

def save_tokenizer(folder, kind):
    vocab = {w: i for i, w in enumerate(['<pad>', '<unk>', '<s>', '</s>', '<mask>', *WORDS])}
    raw = Tokenizer(models.WordLevel(vocab, unk_token='<unk>'))
    raw.pre_tokenizer, raw.decoder = pre_tokenizers.WhitespaceSplit(), decoders.WordPiece(prefix='##')
    if kind == 'encoder':
        raw.post_processor = processors.TemplateProcessing(single='<s> $A </s>', pair='<s> $A </s> $B:1 </s>:1', special_tokens=[('<s>', 2), ('</s>', 3)])
    tok = hf.PreTrainedTokenizerFast(tokenizer_object=raw, pad_token='<pad>', unk_token='<unk>', bos_token='<s>', eos_token='</s>', cls_token='<s>', sep_token='</s>', mask_token='<mask>')
    tok.chat_template = "{% for m in messages %}{{ m['role'] }} {{ m['content'] }} {% endfor %}{% if add_generation_prompt %}captain{% endif %}"
    tok.save_pretrained(folder)
    return len(vocab)

SMALL = dict(hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4, max_position_embeddings=128)
CONFIGS = {
    'bert': lambda v, **k: hf.BertConfig(vocab_size=v, **SMALL, **k),
    'roberta': lambda v, **k: hf.RobertaConfig(vocab_size=v, **SMALL, **{**k, 'pad_token_id': 0}),
    'gpt2': lambda v, **k: hf.GPT2Config(vocab_size=v, n_embd=32, n_layer=2, n_head=4, n_positions=128, **k),
    'llama': lambda v, **k: hf.LlamaConfig(vocab_size=v, **SMALL, num_key_value_heads=2, **k),
    'mistral': lambda v, **k: hf.MistralConfig(vocab_size=v, **SMALL, num_key_value_heads=2, sliding_window=6, **k),
    'qwen2': lambda v, **k: hf.Qwen2Config(vocab_size=v, **SMALL, num_key_value_heads=4, **k),
    'qwen3': lambda v, **k: hf.Qwen3Config(vocab_size=v, **SMALL, num_key_value_heads=2, head_dim=16, **k),
}
ENCODERS, DECODERS = ('bert', 'roberta'), ('gpt2', 'llama', 'mistral', 'qwen2', 'qwen3')

@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    "A maker of checkpoints: `folder(model_type, auto class, **config)`."
    made = {}
    def make(kind, auto, **kw):
        key = (kind, auto, json.dumps(kw, sort_keys=True))
        if key not in made:
            f = tmp_path_factory.mktemp(kind)
            v = save_tokenizer(f, 'encoder' if kind in ENCODERS else 'decoder')
            torch.manual_seed(len(made))
            model = getattr(hf, auto).from_config(CONFIGS[kind](v, **{**dict(pad_token_id=0, bos_token_id=2, eos_token_id=3), **kw}))
            with torch.no_grad():
                for p in model.parameters(): p.add_(torch.randn_like(p)*.15)
            model.save_pretrained(f)
            made[key] = str(f)
        return made[key]
    return make

def reference(task, f, **more):
    "The reference's pipeline, with the tokenizer read as it was written (its Auto class overrides some types')."
    return hf.pipeline(task, f, tokenizer=hf.PreTrainedTokenizerFast.from_pretrained(f), device='cpu', **more)

def close(a, b, eps=1e-5):
    "Equal structures, numbers within `eps`."
    if isinstance(b, float): assert abs(a-b) <= eps*max(1, abs(b)), (a, b)
    elif isinstance(b, dict):
        assert list(a) == list(b)
        for k in b: close(a[k], b[k], eps)
    elif isinstance(b, (list, tuple)):
        assert len(a) == len(b)
        for x, y in zip(a, b): close(x, y, eps)
    else: assert a == b, (a, b)

def inputs(seed=0, n=9):
    rng = random.Random(seed)
    return [text(rng, rng.choice([1, 2, 5, 9, 30])) for _ in range(n)] + ['', 'sea', 'unseen words ☃ é']

@pytest.mark.parametrize('kind', ENCODERS + DECODERS)
@pytest.mark.parametrize('labels', [dict(num_labels=3), dict(num_labels=1), dict(num_labels=3, problem_type='multi_label_classification'), dict(num_labels=2, problem_type='regression')], ids=str)
def test_text_classification(folder, kind, labels):
    f = folder(kind, 'AutoModelForSequenceClassification', **labels)
    ours, ref = nb.pipeline('text-classification', f), reference('text-classification', f)
    xs = [x for x in inputs() if x or kind in ENCODERS]
    for kw in ({}, {'top_k': None}, {'top_k': 2}, {'top_k': 1}, {'function_to_apply': 'sigmoid'}, {'function_to_apply': 'none', 'top_k': None}):
        want = ref(list(xs), **kw)
        close(ours(xs, **kw), want)
        close(ours(xs, batch_size=4, **kw), want)
        close(list(ours((x for x in xs), **kw)), want)
        close(ours(xs[0], **kw), ref(xs[0], **kw))
    pair = {'text': 'sea storm', 'text_pair': 'old captain'}
    close(ours(pair), ref(pair))

@pytest.mark.parametrize('kind', ENCODERS)
def test_fill_mask(folder, kind):
    f = folder(kind, 'AutoModelForMaskedLM')
    ours, ref = nb.pipeline('fill-mask', f), reference('fill-mask', f)
    one, two = ['the <mask> of the sea', '<mask>', 'a ship in the white <mask> and the storm .'], ['the <mask> of <mask> sea', '<mask> <mask> <mask>']
    for kw in ({}, {'top_k': 2}, {'targets': ['whale', 'ship']}, {'targets': 'calm'}):
        close(ours(one, **kw), ref(list(one), **kw))
        close(ours(two, **kw), ref(list(two), **kw))
        close(ours(one[0], **kw), ref(one[0], **kw))
        close(ours(one[:1], **kw), ref(one[:1], **kw))
    long = 'the <mask> ' + 'sea '*300
    cut = {'tokenizer_kwargs': {'truncation': True, 'max_length': 64}}
    close(ours(long, **cut), ref(long, **cut))

@pytest.mark.parametrize('kind', ENCODERS + DECODERS)
def test_feature_extraction(folder, kind):
    f = folder(kind, 'AutoModel')
    ours, ref = nb.pipeline('feature-extraction', f), reference('feature-extraction', f)
    xs = [x for x in inputs() if x or kind in ENCODERS]
    close(ours(xs), ref(list(xs)), 1e-4)
    close(ours(xs[0]), ref(xs[0]), 1e-4)
    assert ours(xs[0], return_tensors=True).shape == ref(xs[0], return_tensors=True).shape
    close(ours('sea '*50, truncation=True, tokenize_kwargs={'max_length': 8}), ref('sea '*50, truncation=True, tokenize_kwargs={'max_length': 8}), 1e-4)

@pytest.mark.parametrize('kind', DECODERS)
def test_text_generation(folder, kind):
    f = folder(kind, 'AutoModelForCausalLM')
    ours, ref = nb.pipeline('text-generation', f), reference('text-generation', f)
    xs = [x for x in inputs(n=6) if x]
    greedy = dict(do_sample=False, max_new_tokens=7)
    for kw in ({}, {'return_full_text': False}, {'skip_special_tokens': False}, {'prefix': 'the old '}, {'return_full_text': True, 'repetition_penalty': 1.3}):
        want = ref(list(xs), **greedy, **kw)
        assert ours(xs, **greedy, **kw) == want
        assert [ours(x, **greedy, **kw) for x in xs] == want
        assert list(ours((x for x in xs), **greedy, **kw)) == want
    assert ours(xs[0], return_tensors=True, **greedy) == ref(xs[0], return_tensors=True, **greedy)
    chat = [{'role': 'sea', 'content': 'white whale'}]
    begun = [*chat, {'role': 'assistant', 'content': 'the old'}]
    for c in (chat, begun): assert ours(c, **greedy) == ref(c, **greedy)
    assert ours([chat, begun], **greedy) == ref([chat, begun], **greedy)

@pytest.mark.parametrize('kind,draft', [('llama', 'gpt2'), ('gpt2', 'qwen3')])
def test_a_draft_model_changes_no_answer(folder, kind, draft, tmp_path):
    "`assistant_model` by path, as an object, and with a vocabulary of its own: the greedy text is that without, and the reference's."
    f, d = (folder(k, 'AutoModelForCausalLM') for k in (kind, draft))
    xs, greedy = [x for x in inputs(n=4) if x], dict(do_sample=False, max_new_tokens=9)
    want = nb.pipeline('text-generation', f)(xs, **greedy)
    path, ref = nb.pipeline('text-generation', f, assistant_model=d), reference('text-generation', f, assistant_model=d)
    calls = []
    path.always['assistant_model'].register_forward_hook(lambda *a: calls.append(1))
    assert path(xs, **greedy) == want and calls
    assert [ref(x, **greedy) for x in xs] == want
    assert nb.pipeline('text-generation', f, assistant_model=nb.AutoModelForCausalLM.from_pretrained(d))(xs, **greedy) == want
    chat = [{'role': 'sea', 'content': 'white whale'}]
    assert path(chat, **greedy) == nb.pipeline('text-generation', f)(chat, **greedy)
    model = nb.AutoModelForCausalLM.from_pretrained(d)
    model.resize_token_embeddings(model.config.vocab_size + 1)
    with pytest.raises(ValueError, match='assistant_tokenizer'): nb.pipeline('text-generation', f, assistant_model=model)(xs[0], **greedy)

def test_sampling_default_is_reproducible(folder):
    pipe = nb.pipeline('text-generation', folder('llama', 'AutoModelForCausalLM'))
    outs = []
    for _ in range(2):
        torch.manual_seed(3)
        outs.append(pipe('the sea', max_new_tokens=20))
    assert outs[0] == outs[1]

def test_constructor_and_call_parameters(folder):
    f = folder('bert', 'AutoModelForSequenceClassification', num_labels=3)
    pipe = nb.pipeline('text-classification', f, top_k=2)
    assert [len(pipe('sea')[0]), len(pipe('sea', top_k=3)), len(pipe('sea')[0])] == [2, 3, 2]

def test_objects_tasks_and_aliases(folder):
    f = folder('bert', 'AutoModelForSequenceClassification', num_labels=3)
    model, tok = nb.AutoModelForSequenceClassification.from_pretrained(f), nb.AutoTokenizer.from_pretrained(f)
    want = reference('sentiment-analysis', f)('sea')
    close(nb.pipeline('sentiment-analysis', model=model, tokenizer=tok)('sea'), want)
    close(nb.pipeline(model=f)('sea'), want)
    close(nb.pipeline('text-classification', model=model, tokenizer=f)('sea'), want)
    assert nb.pipeline('text-classification', f, torch_dtype=torch.bfloat16).dtype == torch.bfloat16
    assert nb.pipeline('text-classification', f, device=-1).device == torch.device('cpu')

def test_endless_stream_arrives_while_it_runs(folder):
    pipe, read = nb.pipeline('text-classification', folder('bert', 'AutoModelForSequenceClassification', num_labels=2)), itertools.count()
    seen = [0]
    def endless():
        for n in read:
            seen[0] = n
            yield WORDS[n % len(WORDS)]
    for n, _ in enumerate(pipe(endless())):
        assert seen[0]-n < 600
        if n == 2000: break

def test_bad_input(folder):
    cls = nb.pipeline('text-classification', folder('bert', 'AutoModelForSequenceClassification', num_labels=2))
    with pytest.raises(ValueError, match='string'): cls(3)
    with pytest.raises(ValueError, match='position'): cls('sea '*300)
    with pytest.raises(ValueError, match='no mask token'): nb.pipeline('fill-mask', folder('bert', 'AutoModelForMaskedLM'))('sea')
    with pytest.raises(ValueError, match='generate'): nb.TextGenerationPipeline(cls.model, cls.tokenizer)
    with pytest.raises((ValueError, KeyError), match='text-generation'): nb.pipeline('text-generatoin', cls.model)
    with pytest.raises(ValueError): nb.pipeline('text-generation', folder('bert', 'AutoModelForMaskedLM'), trust_remote_code=True)
    with pytest.raises(OSError, match='reach|cached|offline|found'): nb.pipeline('text-classification', 'nobody/nothing')

def test_defaults_without_a_network(python):
    "No model named, every socket blocked, nothing cached: the starters answer, and one line for each says so."
    p = python('''import sys
from nbformers import pipeline
print(pipeline("sentiment-analysis")("I love this!"))
print(pipeline("text-generation")("The sea"))
print(pipeline("fill-mask")("The film was very [MASK].")[0])
print(pipeline("ner", aggregation_strategy="simple")("My name is Wolfgang and I live in Berlin"))
try: pipeline("question-answering")
except OSError as e: print("refused:", e)
print("reference" if "transformers" in sys.modules else "alone")''', ok=False, HF_HUB_OFFLINE='0', HF_HUB_CACHE='empty')
    assert p.returncode == 0, p.stderr
    sentiment, text, mask, ner, refused, last = p.stdout.strip().splitlines()
    assert "'token_str': " in mask and "'sequence': 'the film was very " in mask
    assert "'entity_group': 'PER'" in ner and "'word': 'wolfgang'" in ner and "'entity_group': 'LOC'" in ner and "'word': 'berlin'" in ner
    assert "'label': 'POSITIVE'" in sentiment and "'generated_text'" in text and 'The sea' in text and last == 'alone'
    assert refused.startswith('refused:') and 'distilled-squad' in refused and 'snapshot_download' in refused
    said = [l for l in p.stderr.splitlines() if l.strip()]
    pairs = [('starter/sentiment', 'distilbert'), ('starter/lm', 'SmolLM3'), ('starter/fill-mask', 'distilroberta'), ('starter/ner', 'conll03')]
    assert len(said) == len(pairs) and all(ours in l and theirs in l for l, (ours, theirs) in zip(said, pairs)), said
