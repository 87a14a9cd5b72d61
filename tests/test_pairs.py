"""Pictures and words beside the reference: pipelines, processors, and boxes from a detector's answer. The models are in tests/parity."""
import copy
import numpy as np, pytest, torch
transformers = pytest.importorskip('transformers')
import nbformers
from PIL import Image
from tests.parity.cases.pairs import BERT, LARGEST, NETS, PAINTS, SEEN, TEXT, masks, prompted
from tests.parity.harness import add_noise
from tests.seeds import SEED

WORDS = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'this', 'is', 'a', 'photo', 'of', '.', 'red', 'green', 'blue', 'dot', 'cat', 'dog', 'two', 'tree']
LABELS = ['a red dot', 'two cat', 'tree', 'a dog of two']

def rng(): return np.random.default_rng(int(SEED or 0))

@pytest.fixture
def pictures():
    g = rng()
    return [Image.fromarray(np.kron(g.integers(0, 255, (h, w, 3)), np.ones((4, 4, 1))).astype('uint8')) for h, w in ((9, 12), (14, 7), (8, 8), (11, 13))]

@pytest.fixture
def tokenizers(tmp_path):
    (tmp_path/'vocab.txt').write_text('\n'.join(WORDS))
    return [lib.BertTokenizer(str(tmp_path/'vocab.txt')) for lib in (transformers, nbformers)]

def both(cls, config, folder):
    "The reference's model with noise in every parameter, and ours from its file."
    ref = add_noise(getattr(transformers, cls)(getattr(transformers, cls).config_class(**config)), int(SEED or 0)+3).eval()
    ref.save_pretrained(folder/'model')
    return ref, getattr(nbformers, cls).from_pretrained(folder/'model')

def same(ours, theirs):
    if isinstance(theirs, list):
        assert len(ours) == len(theirs)
        for a, b in zip(ours, theirs): same(a, b)
    else:
        assert {k: v for k, v in ours.items() if k != 'score'} == {k: v for k, v in theirs.items() if k != 'score'}
        assert abs(ours['score']-theirs['score']) < 1e-5

SEE = SEEN[0] | dict(num_channels=3)
NET = {k: v for k, v in NETS[0].items() if k[0] != '_'}
@pytest.mark.parametrize('cls', ['ChineseCLIPModel', 'SiglipModel', 'CLIPModel', 'AlignModel', 'CLIPSegModel'])
def test_zero_shot_image_classification(cls, tmp_path, pictures, tokenizers):
    text = dict(ChineseCLIPModel=BERT[0], SiglipModel=TEXT[0] | dict(max_position_embeddings=64, projection_size=24), CLIPModel=TEXT[0] | dict(eos_token_id=3), CLIPSegModel=TEXT[0] | dict(eos_token_id=3), AlignModel=BERT[0])[cls]
    models = both(cls, dict(text_config=text, vision_config=NET if cls == 'AlignModel' else SEE) | ({} if cls == 'SiglipModel' else dict(projection_dim=16)), tmp_path)
    shrink = dict(size={'height': 24, 'width': 24}, crop_size={'height': 24, 'width': 24})
    theirs, ours = (lib.pipeline('zero-shot-image-classification', m, tokenizer=t, image_processor=p(**shrink), device='cpu')
        for lib, m, t, p in zip((transformers, nbformers), models, tokenizers, (transformers.CLIPImageProcessorPil, nbformers.CLIPImageProcessor)))
    for t in tokenizers: t.model_input_names = ['input_ids', 'attention_mask']
    same(ours(pictures[0], candidate_labels=LABELS), theirs(pictures[0], candidate_labels=LABELS))
    kw = dict(candidate_labels=LABELS[:2], hypothesis_template='a photo of two {}')
    same(ours(pictures, **kw), theirs(pictures, **kw))
    same(ours(pictures, batch_size=3, **kw), theirs(pictures, **kw))
    for t in tokenizers: t.model_input_names = ['input_ids', 'token_type_ids', 'attention_mask'] # a tokenizer may tell segments that the model has none of
    same(ours(pictures, batch_size=3, **kw), theirs(pictures, **kw))

def test_zero_shot_object_detection(tmp_path, pictures, tokenizers):
    models = both('OwlViTForObjectDetection', dict(text_config=LARGEST[0], vision_config=SEE, projection_dim=32), tmp_path)
    for t in tokenizers: t.model_input_names = ['input_ids', 'attention_mask']
    theirs, ours = (lib.pipeline('zero-shot-object-detection', m, tokenizer=t, image_processor=p(size={'height': 24, 'width': 24}), device='cpu')
        for lib, m, t, p in zip((transformers, nbformers), models, tokenizers, (transformers.OwlViTImageProcessorPil, nbformers.OwlViTImageProcessor)))
    for kw in (dict(threshold=.4), dict(threshold=.2, top_k=5)):
        same(ours(pictures[0], candidate_labels=LABELS, **kw), theirs(pictures[0], candidate_labels=LABELS, **kw))
        same(ours(pictures, candidate_labels=LABELS[:2], **kw), theirs(pictures, candidate_labels=LABELS[:2], **kw))

@pytest.mark.parametrize('name', ['OwlViTImageProcessor', 'Owlv2ImageProcessor'])
def test_owl_pictures_and_boxes(name, pictures):
    pytest.importorskip('scipy')
    for size in ({'height': 24, 'width': 24}, {'height': 37, 'width': 29}):
        theirs, ours = getattr(transformers, f'{name}Pil')(size=size), getattr(nbformers, name)(size=size)
        a, b = ours(pictures, return_tensors='pt').pixel_values, theirs(pictures, return_tensors='pt').pixel_values
        assert a.shape == b.shape and (a-b).abs().max() < 1e-5
    g = torch.Generator().manual_seed(int(SEED or 0))
    out = nbformers.models.owlvit.OwlOutput(logits=torch.randn(3, 9, 4, generator=g), pred_boxes=torch.rand(3, 9, 4, generator=g))
    sizes = [(30, 50), (64, 20), (7, 9)]
    for target in (sizes, torch.tensor(sizes), None, [torch.tensor(s) for s in sizes]):
        for x, y in zip(ours.post_process_object_detection(out, .6, target), theirs.post_process_object_detection(out, .6, target)):
            assert all(torch.allclose(x[k].float(), y[k].float(), atol=1e-5) for k in ('scores', 'labels', 'boxes'))
    half = nbformers.models.owlvit.OwlOutput(logits=out.logits.bfloat16(), pred_boxes=out.pred_boxes.bfloat16())
    for target in (sizes, torch.tensor(sizes), torch.tensor(sizes).float()):
        for x, y in zip(ours.post_process_object_detection(half, .6, target), theirs.post_process_object_detection(half, .6, target)):
            assert x['boxes'].dtype == y['boxes'].dtype and torch.equal(x['boxes'], y['boxes'])

@pytest.mark.parametrize('brand', ['OwlViT', 'Owlv2'])
def test_a_picture_as_query(brand, tmp_path):
    ref, ours = both(f'{brand}ForObjectDetection', dict(text_config=LARGEST[0], vision_config=SEE, projection_dim=32), tmp_path)
    g = torch.Generator().manual_seed(int(SEED or 0))
    x, q = torch.randn(2, 2, 3, 24, 24, generator=g)
    with torch.no_grad(): want, got = (m.image_guided_detection(x, q) for m in (ref, ours))
    for k in ('logits', 'image_embeds', 'query_image_embeds', 'target_pred_boxes', 'query_pred_boxes', 'class_embeds'): assert (got[k]-want[k]).abs().max() < 1e-4*want[k].abs().max(), k
    theirs, mine = getattr(transformers, f'{brand}ImageProcessorPil')(), getattr(nbformers, f'{brand}ImageProcessor')()
    for kw in (dict(), dict(threshold=.5, nms_threshold=.6), dict(nms_threshold=1., target_sizes=torch.tensor([[30, 40], [50, 20]]))):
        a, b = (p.post_process_image_guided_detection(want, **kw) for p in (mine, theirs))
        assert len(a) == len(b)
        for u, v in zip(a, b): assert torch.allclose(u['scores'], v['scores'], atol=1e-5) and torch.allclose(u['boxes'], v['boxes'], atol=1e-3)

def test_gradients_of_painting():
    "In float64, where the decoder's sharp softmax does not spoil them."
    for i, c in enumerate(PAINTS):
        ref = add_noise(transformers.CLIPSegForImageSegmentation(transformers.CLIPSegConfig(**copy.deepcopy(c), projection_dim=16)), int(SEED or 0)+i).double().eval()
        ours = nbformers.CLIPSegForImageSegmentation(nbformers.CLIPSegConfig(**copy.deepcopy(c), projection_dim=16)).double().eval()
        ours.load_state_dict(ref.state_dict(), strict=False)
        x = prompted({'input_ids', 'pixel_values'}, c, i)
        x['pixel_values'] = x['pixel_values'].double()
        grads = []
        for m in (ours, ref):
            m(**x, labels=masks('', c, x, i)['labels'].double()).loss.backward()
            grads.append({n: p.grad for n, p in m.named_parameters() if p.grad is not None})
        a, b = grads
        assert a.keys() == b.keys()
        for n in a: assert (a[n]-b[n]).abs().max() <= 1e-9*b[n].abs().max() + 1e-12, n

def test_what_painting_and_align_read(pictures, tokenizers):
    "Processors: words, pictures, pictures as prompts."
    small = dict(size={'height': 24, 'width': 20})
    one, two = [lib.CLIPSegProcessor(p(**small), t) for lib, p, t in zip((transformers, nbformers), (transformers.ViTImageProcessorPil, nbformers.ViTImageProcessor), tokenizers)]
    for kw in (dict(text=LABELS[:2], images=pictures[:2], padding=True), dict(images=pictures[:2], visual_prompt=pictures[2:]), dict(visual_prompt=pictures[0]), dict(text=LABELS[0]), dict(images=pictures)):
        a, b = (dict(p(**kw, return_tensors='pt')) for p in (two, one))
        assert a.keys() == b.keys() and all(a[k].shape == b[k].shape and (a[k].float()-b[k].float()).abs().max() < 1e-5 for k in b)
    for kw in ({}, dict(text='a dog', visual_prompt=pictures[0])):
        with pytest.raises(ValueError): two(**kw)
    one, two = [lib.AlignProcessor(p(**small, do_center_crop=False), t) for lib, p, t in zip((transformers, nbformers), (transformers.EfficientNetImageProcessorPil, nbformers.EfficientNetImageProcessor), tokenizers)]
    for kw in (dict(text=LABELS, images=pictures), dict(text='a dog', max_length=9)):
        a, b = (p(**kw, return_tensors='pt') for p in (two, one))
        assert a.keys() == b.keys() and all(a[k].shape == b[k].shape and (a[k].float()-b[k].float()).abs().max() < 1e-5 for k in b)

def test_what_x_clip_reads(pictures, tokenizers):
    "Frames are pictures to CLIP's processor; one for films keeps them together."
    small = dict(size={'shortest_edge': 24}, crop_size={'height': 20, 'width': 24})
    for name in ('CLIPImageProcessor', 'VideoMAEImageProcessor'):
        theirs = getattr(transformers, f'{name}Pil', None) or getattr(transformers, name)
        one, two = [lib.XCLIPProcessor(p(**small), t) for lib, p, t in zip((transformers, nbformers), (theirs, getattr(nbformers, name)), tokenizers)]
        for kw in (dict(text=LABELS[:2], videos=pictures, padding=True), dict(videos=pictures), dict(images=pictures)):
            a, b = (p(**kw, return_tensors='pt') for p in (two, one))
            assert a.keys() == b.keys() and all(a[k].shape == b[k].shape and (a[k].float()-b[k].float()).abs().max() < 1e-5 for k in b)
