"""Lines on pictures and sounds out of the documents that people learn Transformers from, with the import name replaced and nothing else (see
`test_usages.py`): the names of models are real, and behind them lie tiny stand-ins that the reference wrote."""
import base64, contextlib, functools, http.server, io, json, threading
from pathlib import Path
import numpy as np, pytest, torch
hf = pytest.importorskip('transformers')
from PIL import Image
from tests import standins
from tests.test_timeline import small_whisper
from tests.parity.harness import add_noise

pytestmark = pytest.mark.filterwarnings('ignore')
SEES = dict(hidden_size=24, num_hidden_layers=1, num_attention_heads=2, intermediate_size=24, image_size=32, patch_size=8)
HEARS = dict(hidden_size=24, num_hidden_layers=1, num_attention_heads=3, intermediate_size=24, conv_dim=[8]*7, num_conv_pos_embeddings=4, num_conv_pos_embedding_groups=2)
RESNET = dict(embedding_size=8, hidden_sizes=[8, 8, 12, 16], depths=[1]*4, layer_type='basic', out_features=['stage4'])
LETTERS = ['<pad>', '<s>', '</s>', '<unk>', '|', *'ETAONIHSRDLU']
VIT, W2V, KS, SWIN, DETR, SEG, COCO = ('google/vit-base-patch16-224', 'facebook/wav2vec2-base-960h', 'superb/wav2vec2-base-superb-ks', 'microsoft/swin-tiny-patch4-window7-224', 'facebook/detr-resnet-50',
    'nvidia/segformer-b0-finetuned-ade-512-512', 'ydshieh/vit-gpt2-coco-en')
WHISPER, VILT = 'openai/whisper-large-v2', 'dandelin/vilt-b32-finetuned-vqa'
TAGS = {COCO: ('5bebf1e',), VILT: ('d0a1f6a',)}   # the versions that tasks name
INVOICES = 'impira/layoutlm-document-qa', 'magorshunov/layoutlm-invoices'
PIXELS = hf.ViTImageProcessorPil(size=dict(height=32, width=32))

def made(folder):
    "Name → model and what prepares its input; the tokenizer of the last one is GPT-2's stand-in."
    (folder/'vocab.json').write_text(json.dumps({t: i for i, t in enumerate(LETTERS)}))
    ears = hf.Wav2Vec2FeatureExtractor()
    speech = hf.Wav2Vec2Processor(ears, hf.Wav2Vec2CTCTokenizer(folder/'vocab.json'))
    gpt2 = standins.make(folder/'gpt2', 'gpt2', 'AutoModelForCausalLM')
    words = hf.AutoTokenizer.from_pretrained(gpt2)
    yield VIT, hf.ViTForImageClassification(hf.ViTConfig(**SEES, num_labels=7)), [PIXELS]
    yield W2V, hf.Wav2Vec2ForCTC(hf.Wav2Vec2Config(**HEARS, vocab_size=len(LETTERS))), [speech]
    yield KS, hf.Wav2Vec2ForSequenceClassification(hf.Wav2Vec2Config(**HEARS, num_labels=4)), [ears]
    yield SWIN, hf.SwinModel(hf.SwinConfig(depths=[1]*4, num_heads=[1]*4)), [hf.ViTImageProcessorPil()]
    yield DETR, hf.DetrForObjectDetection(hf.DetrConfig(use_timm_backbone=False, use_pretrained_backbone=False, backbone=None, backbone_config=hf.ResNetConfig(**RESNET), d_model=16, encoder_layers=1, decoder_layers=1,
        encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=16, decoder_ffn_dim=16, num_queries=6)), [hf.DetrImageProcessorPil(size=dict(shortest_edge=48, longest_edge=64))]
    yield SEG, hf.SegformerForSemanticSegmentation(hf.SegformerConfig(depths=[1]*4, hidden_sizes=[8]*4, num_attention_heads=[1]*4, decoder_hidden_size=8, num_labels=3)), [hf.SegformerImageProcessorPil(size=dict(height=64, width=64))]
    pair = hf.VisionEncoderDecoderConfig(encoder=dict(model_type='vit', **SEES), decoder=dict(model_type='gpt2', add_cross_attention=True, n_embd=32, n_layer=1, n_head=2, n_positions=64, vocab_size=len(words)),
        pad_token_id=words.eos_token_id, eos_token_id=words.eos_token_id, decoder_start_token_id=words.bos_token_id)
    yield COCO, hf.VisionEncoderDecoderModel(pair), [PIXELS, words]
    (folder/'vocab.txt').write_text('\n'.join('[PAD] [UNK] [CLS] [SEP] [MASK] what is she wearing this a person man ?'.split()))
    yield VILT, hf.ViltForQuestionAnswering(hf.ViltConfig(**SEES, vocab_size=14, num_labels=7, id2label=dict(enumerate('yes no hat cat 1 2 red'.split())))), [hf.ViltImageProcessorPil(size=dict(shortest_edge=32), size_divisor=8), hf.BertTokenizer(str(folder/'vocab.txt'))]

@contextlib.contextmanager
def served(folder):
    "The address under which this machine serves a folder."
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=folder)
    with http.server.ThreadingHTTPServer(('127.0.0.1', 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f'http://127.0.0.1:{server.server_port}'
        server.shutdown()

@pytest.fixture(scope='module')
def cache(tmp_path_factory):
    top, work = tmp_path_factory.mktemp('hub'), tmp_path_factory.mktemp('made')
    for i, (name, model, parts) in enumerate(made(work)):
        add_noise(model, i).eval().save_pretrained(work/str(i))
        for p in parts: p.save_pretrained(work/str(i))
        standins.place(top, name, work/str(i), tags=TAGS.get(name, ()))
    for i,name in enumerate(INVOICES): standins.place(top, name, standins.make(work/f'pages{i}', ('layoutlm-roberta', 'layoutlm')[i], 'AutoModelForDocumentQuestionAnswering', seed=i), tags=('beed3c4',)*(1-i))
    standins.place(top, WHISPER, Path(small_whisper(3, work/'whisper')))
    return top

@pytest.fixture(autouse=True)
def offline(cache, tmp_path, monkeypatch):
    "The documents' names are in the cache, the working directory is new and holds a photograph."
    for k in ('TRANSFORMERS_CACHE', 'HUGGINGFACE_HUB_CACHE'): monkeypatch.delenv(k, raising=False)
    monkeypatch.setenv('HF_HUB_CACHE', str(cache))
    monkeypatch.chdir(tmp_path)
    Image.fromarray(np.random.randint(0, 255, (48, 64, 3), np.uint8)).save('pipeline-cat-chonk.png')

@pytest.fixture
def sounds():
    "A data set's column of sounds, as `datasets` decodes it."
    return [dict(audio=dict(path='a.wav', array=np.random.randn(n).astype(np.float32), sampling_rate=16000)) for n in (9000, 5000, 7000)]

# pipelines -----------------------------------------------------------------------------------------------------------------------------------------------
@pytest.fixture
def flac(tmp_path):
    "Half a minute of a telephone call as FLAC in the working directory, and its address."
    import soundfile
    from nbformers.attention.sound import sample_speech
    x, rate = sample_speech()
    for name, part in {'mlk.flac': x[:8*rate], '1.flac': x[8*rate:11*rate]}.items(): soundfile.write(tmp_path/name, part, rate)
    with served(tmp_path) as address: yield f'{address}/mlk.flac'

def test_speech_recognition_of_addresses_and_files(flac):
    from nbformers import pipeline
    transcriber = pipeline(task="automatic-speech-recognition", model="openai/whisper-large-v2")
    said = transcriber(flac)
    assert said.keys() == {'text'} and said['text'] and said == transcriber("mlk.flac")
    assert transcriber([flac, "1.flac"]) == [said, transcriber("1.flac")]
    transcriber = pipeline(model="openai/whisper-large-v2", batch_size=2)
    audio_filenames = [f"{i}.flac" for i in (1, 1, 1)]
    texts = transcriber(audio_filenames)
    assert len(texts) == 3 and texts[0] == texts[2] == transcriber("1.flac")
    if not torch.cuda.is_available():
        with pytest.raises((RuntimeError, ValueError, AssertionError), match='(?i)cuda|accelerator|device'): pipeline(model="openai/whisper-large-v2", device=0)

def test_whisper_with_times(flac):
    from nbformers import pipeline
    transcriber = pipeline(model="openai/whisper-large-v2", return_timestamps=True)
    said = transcriber("mlk.flac")
    assert said.keys() == {'text', 'chunks'} and all(c.keys() == {'timestamp', 'text'} and len(c['timestamp']) == 2 for c in said['chunks'])
    assert said['text'] == ''.join(c['text'] for c in said['chunks']) and said['chunks']
    transcriber = pipeline(model="openai/whisper-large-v2", chunk_length_s=30)
    assert transcriber(flac).keys() == {'text'} and transcriber("mlk.flac", return_timestamps="word")['chunks']

def test_speech_recognition_of_arrays(sounds):
    from nbformers import pipeline
    speech_recognizer = pipeline("automatic-speech-recognition", model="facebook/wav2vec2-base-960h")
    assert speech_recognizer.feature_extractor.sampling_rate == 16000
    result = speech_recognizer([s["audio"]["array"] for s in sounds])
    assert len(result) == 3 and all(r.keys() == {'text'} for r in result)
    assert [d["text"] for d in result] == [speech_recognizer(s["audio"]["array"])["text"] for s in sounds]

def test_speech_recognition_of_a_dataset_column(sounds):
    from nbformers import pipeline
    from nbformers.pipelines.pt_utils import KeyDataset
    pipe = pipeline(model="facebook/wav2vec2-base-960h", device=-1)
    texts = [out['text'] for out in pipe(KeyDataset(sounds, "audio"), batch_size=2)]
    assert texts == [pipe(s["audio"].copy())['text'] for s in sounds]

def test_image_classification_from_anywhere():
    from nbformers import pipeline
    vision_classifier = pipeline(model="google/vit-base-patch16-224")
    preds = vision_classifier(images="pipeline-cat-chonk.png")
    preds = [{"score": round(pred["score"], 4), "label": pred["label"]} for pred in preds]
    assert len(preds) == 5 and preds[0]["score"] >= preds[1]["score"]
    data = open("pipeline-cat-chonk.png", "rb").read()
    for x in (Image.open("pipeline-cat-chonk.png"), base64.b64encode(data).decode(), data): assert vision_classifier(images=x) == vision_classifier("pipeline-cat-chonk.png")

def test_boxes_masks_and_sounds(sounds):
    from nbformers import pipeline
    for box in pipeline("object-detection", model="facebook/detr-resnet-50")("pipeline-cat-chonk.png", threshold=0.01): assert box.keys() == {'score', 'label', 'box'} and box['box'].keys() == {'xmin', 'ymin', 'xmax', 'ymax'}
    for mask in pipeline("image-segmentation", model="nvidia/segformer-b0-finetuned-ade-512-512")("pipeline-cat-chonk.png"): assert mask.keys() == {'score', 'label', 'mask'} and mask['mask'].size == (64, 48)
    found = pipeline("audio-classification", model="superb/wav2vec2-base-superb-ks")(sounds[0]["audio"])
    assert len(found) == 4 and found[0].keys() == {'score', 'label'}

def test_image_to_text():
    from nbformers import pipeline
    captioner = pipeline(task="image-to-text")
    out = captioner("pipeline-cat-chonk.png", max_new_tokens=4)
    assert len(out) == 1 and out[0].keys() == {'generated_text'}

def test_questions_about_pictures():
    from nbformers import pipeline
    vqa = pipeline(task="vqa")
    preds = vqa(image="pipeline-cat-chonk.png", question="What is this ?")
    preds = [{"score": round(pred["score"], 4), "answer": pred["answer"]} for pred in preds]
    assert len(preds) == 5 and preds[0]["score"] >= preds[1]["score"] and preds[0]["answer"] in 'yes no hat cat 1 2 red'.split()
    oracle = pipeline(model="dandelin/vilt-b32-finetuned-vqa")
    image_url = "pipeline-cat-chonk.png"
    assert oracle(question="What is she wearing ?", image=image_url) == pipeline("visual-question-answering")(image_url, "What is she wearing ?")
    answers = oracle(question="Is this a person ?", image=image_url, top_k=1)
    assert len(answers) == 1 and list(answers[0]) == ['score', 'answer']

@pytest.fixture
def invoice(tmp_path, monkeypatch):
    "The address of a picture of an invoice, and a recogniser that knows its words."
    import sys, types
    words = 'INVOICE Number us-001 Total 17,000'.split()
    def image_to_data(image, **kw): return dict(text=words, left=[10*i for i in range(5)], top=[5]*5, width=[9]*5, height=[9]*5)
    monkeypatch.setitem(sys.modules, 'pytesseract', types.SimpleNamespace(image_to_data=image_to_data, TesseractNotFoundError=OSError))
    Image.new('RGB', (100, 60), 'white').save(tmp_path/'invoice.png')
    with served(tmp_path) as address: yield f'{address}/invoice.png'

def test_document_question_answering(invoice):
    from nbformers import pipeline
    vqa = pipeline(model="impira/layoutlm-document-qa")
    output = vqa(
        image=invoice,
        question="What is the invoice number?",
    )
    output[0]["score"] = round(output[0]["score"], 3)
    assert [o.keys() for o in output] == [{'score', 'answer', 'start', 'end'}] and output[0]['answer'] == ' '.join('INVOICE Number us-001 Total 17,000'.split()[output[0]['start']:output[0]['end']+1])
    image = Image.open('invoice.png')
    doc_question_answerer = pipeline("document-question-answering", model="magorshunov/layoutlm-invoices")
    preds = doc_question_answerer(
        question="What is the total amount?",
        image=image,
    )
    assert len(preds) == 1 and 0 <= preds[0]['start'] <= preds[0]['end'] < 5
    again = pipeline(task="document-question-answering")(image=invoice, question="What is the invoice number?")
    assert again[0]['answer'] == output[0]['answer']   # the task's own model

# Auto classes --------------------------------------------------------------------------------------------------------
def test_auto_processors(sounds):
    from nbformers import AutoImageProcessor, AutoFeatureExtractor, AutoProcessor
    image_processor = AutoImageProcessor.from_pretrained("google/vit-base-patch16-224")
    feature_extractor = AutoFeatureExtractor.from_pretrained("facebook/wav2vec2-base-960h")
    processor = AutoProcessor.from_pretrained("facebook/wav2vec2-base-960h")
    assert type(image_processor).__name__ == 'ViTImageProcessor' and type(feature_extractor).__name__ == 'Wav2Vec2FeatureExtractor' and type(processor).__name__ == 'Wav2Vec2Processor'
    def prepare_dataset(example):
        audio = example["audio"]
        example.update(processor(audio=audio["array"], text="HI THERE", sampling_rate=16000))
        return example
    done = prepare_dataset(sounds[0])
    assert np.shape(done["input_values"])[-1] == 9000 and len(done["labels"]) == 8

def test_backbone_of_swin():
    from nbformers import AutoImageProcessor, AutoBackbone
    processor = AutoImageProcessor.from_pretrained("microsoft/swin-tiny-patch4-window7-224")
    model = AutoBackbone.from_pretrained("microsoft/swin-tiny-patch4-window7-224", out_indices=(1,))
    inputs = processor(Image.open("pipeline-cat-chonk.png"), return_tensors="pt")
    outputs = model(**inputs)
    assert list(outputs.feature_maps[0].shape) == [1, 96, 56, 56]

# preprocessing -------------------------------------------------------------------------------------------------------
def test_sounds_of_equal_length(sounds):
    from nbformers import AutoFeatureExtractor
    feature_extractor = AutoFeatureExtractor.from_pretrained("facebook/wav2vec2-base-960h")
    def preprocess_function(examples):
        audio_arrays = [x["array"] for x in examples["audio"]]
        inputs = feature_extractor(audio_arrays, sampling_rate=16000, padding=True, max_length=6000, truncation=True)
        return inputs
    processed_dataset = preprocess_function({"audio": [s["audio"] for s in sounds[:2]]})
    assert processed_dataset["input_values"][0].shape == processed_dataset["input_values"][1].shape == (6000,)

def test_own_transforms_and_the_processors_numbers():
    from nbformers import AutoImageProcessor
    image_processor = AutoImageProcessor.from_pretrained("google/vit-base-patch16-224")
    size = (image_processor.size["shortest_edge"] if "shortest_edge" in image_processor.size else (image_processor.size["height"], image_processor.size["width"]))
    def transforms(examples):
        images = [torch.rand(3, *size) for _ in examples]
        return image_processor(images, do_resize=False, do_rescale=False, return_tensors="pt")["pixel_values"]
    assert transforms([0, 1]).shape == (2, 3, 32, 32) and len(image_processor.image_mean) == len(image_processor.image_std) == 3

def test_padding_pictures_to_a_batch():
    from nbformers import AutoImageProcessor
    image_processor = AutoImageProcessor.from_pretrained("facebook/detr-resnet-50")
    def collate_fn(batch):
        pixel_values = [item["pixel_values"] for item in batch]
        encoding = image_processor.pad(pixel_values, return_tensors="pt")
        return {"pixel_values": encoding["pixel_values"], "pixel_mask": encoding["pixel_mask"]}
    out = collate_fn([{"pixel_values": torch.rand(3, 40, 30)}, {"pixel_values": torch.rand(3, 20, 50)}])
    assert out["pixel_values"].shape == (2, 3, 40, 50) and out["pixel_mask"].sum().item() == 40*30 + 20*50

def test_post_processing_is_there():
    from nbformers import DetrImageProcessor, SegformerImageProcessor
    for name in ('post_process_object_detection', 'post_process_instance_segmentation', 'post_process_semantic_segmentation', 'post_process_panoptic_segmentation'): assert callable(getattr(DetrImageProcessor(), name))
    assert callable(SegformerImageProcessor().post_process_semantic_segmentation)
