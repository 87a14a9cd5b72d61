"""ViLT beside the reference: drawn patches, files both ways, old files, the image processor on photographs, and the pipeline beside stored answers of
4.57.6 (`python -m tests.golden.questions make`). The models' outputs are in tests/parity."""
import io, json, random, warnings
import numpy as np, pytest, torch
transformers = pytest.importorskip('transformers')
import nbformers
from PIL import Image
from tests.golden import questions as golden
from tests.golden.tasks import wrong
from tests.parity.harness import add_noise
from tests.seeds import SEED

pytestmark = pytest.mark.usefixtures('quiet')
TINY = dict(vocab_size=60, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48, image_size=32, patch_size=8, num_labels=6, pad_token_id=0, layer_norm_eps=1e-5)

def both(name, folder, **more):
    "The reference's model with noise in every parameter, and ours from its file."
    ref = add_noise(getattr(transformers, name)(transformers.ViltConfig(**TINY | more)), SEED).eval()
    ref.save_pretrained(folder)
    return ref, getattr(nbformers, name).from_pretrained(folder)

def pictures():
    "Three pictures of different shapes, filled up."
    g = torch.Generator().manual_seed(SEED)
    real = torch.stack([(torch.arange(40)[:, None] < h).long()*(torch.arange(48) < w).long() for h, w in ((40, 48), (24, 48), (40, 16))])
    return dict(pixel_values=torch.randn(3, 3, 40, 48, generator=g)*real[:, None], pixel_mask=real)

@pytest.mark.parametrize('longest', [3, 10, 15, 29])
def test_the_same_seed_draws_the_same_patches(longest, tmp_path):
    "Too many patches in one row of a batch, in some, in all: the sample and its order are torch's, as the reference draws them."
    ref, ours = both('ViltModel', tmp_path, max_image_length=longest)
    x = dict(input_ids=torch.randint(3, 60, (3, 6)), **pictures())
    for seed in range(3):
        outs = []
        for m in (ref, ours):
            torch.manual_seed(seed)
            with torch.no_grad(): outs.append(m(**x))
        for k in ('last_hidden_state', 'pooler_output'): assert torch.allclose(outs[0][k], outs[1][k], atol=1e-4), (longest, seed, k)
    assert outs[0].last_hidden_state.shape[1] == 6 + 1 + longest

def test_a_sample_is_announced_and_nothing_else_is_drawn(tmp_path):
    _, ours = both('ViltModel', tmp_path, max_image_length=11)
    x = dict(input_ids=torch.randint(3, 60, (3, 6)), **pictures())
    with pytest.warns(UserWarning, match='30 patches and 11 are read.*torch.manual_seed'): ours(**x)
    ours.embeddings.longest = -1
    state = torch.get_rng_state()
    with torch.no_grad(): assert torch.equal(ours(**x).last_hidden_state, ours(**x).last_hidden_state)
    assert torch.equal(state, torch.get_rng_state())

def test_the_references_shuffle_changes_no_answer(tmp_path):
    ref, ours = both('ViltForQuestionAnswering', tmp_path)
    x = dict(input_ids=torch.randint(3, 60, (3, 6)), **pictures())
    with torch.no_grad():
        for m in (ref, ours): assert torch.allclose(m(**x).logits, ref(**x).logits, atol=1e-4)

def test_files_of_version_four(tmp_path):
    "There the masked-language head's bias has a name of its own, and the text's positions are in the file; 5.23 leaves such a bias at zero."
    from safetensors.torch import load_file, save_file
    _, ours = both('ViltForMaskedLM', tmp_path)
    disk = load_file(f := tmp_path/'model.safetensors')
    assert 'mlm_score.decoder.bias' in disk
    old = {('mlm_score.bias' if k == 'mlm_score.decoder.bias' else k): v for k, v in disk.items()} | {'vilt.embeddings.text_embeddings.position_ids': torch.arange(40)[None]}
    old['mlm_score.decoder.weight'] = old['vilt.embeddings.text_embeddings.word_embeddings.weight'].clone()
    save_file(old, f, metadata=dict(format='pt'))
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        again = nbformers.ViltForMaskedLM.from_pretrained(tmp_path)
    assert all(torch.equal(a, b) for a, b in zip(again.parameters(), ours.parameters()))

def test_bfloat16_and_training(tmp_path):
    ref, ours = both('ViltForQuestionAnswering', tmp_path)
    x, y = dict(input_ids=torch.randint(3, 60, (3, 6)), **pictures()), torch.rand(3, 6)
    half = ours.to(torch.bfloat16)(**x).logits
    assert half.dtype == torch.bfloat16 and (half.float() - ref(**x).logits).abs().max() < .2*ref(**x).logits.abs().max()
    ours = ours.float().train()
    ours.gradient_checkpointing_enable()
    ours(**x, labels=y).loss.backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in ours.parameters())

# the image processor -------------------------------------------------------------------------------------------------
def same(ours, theirs):
    assert ours.keys() == theirs.keys()
    for k in theirs:
        assert len(ours[k]) == len(theirs[k])
        for a, b in zip(ours[k], theirs[k]): assert np.shape(a) == np.shape(b) and np.abs(np.asarray(a, np.float64) - np.asarray(b, np.float64)).max() <= 1e-5*max(1, np.abs(np.asarray(b)).max()), k

@pytest.mark.parametrize('i', range(6))
def test_same_pixels(i):
    rng, p = random.Random(f'vilt{i}{SEED}'), golden.photos()
    kw = {} if not i else dict(size=rng.choice([200, dict(shortest_edge=rng.randint(40, 300))]), size_divisor=rng.choice([8, 16, 32]), resample=rng.choice([0, 1, 2, 3]), do_normalize=rng.random() < .8, do_rescale=rng.random() < .8, do_pad=rng.random() < .8)
    ours, theirs = nbformers.ViltImageProcessor(**kw), transformers.ViltImageProcessorPil(**kw)
    some = rng.sample(p, 3)
    for x in ([some[0]], some, [np.asarray(q) for q in some], np.asarray(some[1]).transpose(2, 0, 1)): same(ours(x), theirs(x))
    if kw.get('do_pad', True): same(ours(some, return_tensors='pt'), theirs(some, return_tensors='pt'))
    one = dict(size=dict(shortest_edge=rng.randint(50, 90)), size_divisor=16)
    same(ours(some, **one), theirs(some, **one))

def test_processor_files(tmp_path):
    "Each reads the other's file, old names and all, and the bundle calls both."
    (tmp_path/'vocab.txt').write_text('\n'.join(golden.WORDS))
    made = [lib.ViltProcessor(getattr(lib, name)(size=dict(shortest_edge=64), size_divisor=16), lib.BertTokenizer(str(tmp_path/'vocab.txt'))) for lib, name in ((transformers, 'ViltImageProcessorPil'), (nbformers, 'ViltImageProcessor'))]
    p = golden.photos()[:2]
    theirs, ours = (m(p, ['what is on the roof ?', 'how many ?'], padding=True, return_tensors='pt') for m in made)
    assert set(ours) == set(theirs) and all(torch.allclose(ours[k].float(), theirs[k].float(), atol=1e-5) for k in theirs)
    made[0].save_pretrained(tmp_path/'theirs'); made[1].save_pretrained(tmp_path/'ours')
    assert type(nbformers.AutoProcessor.from_pretrained(tmp_path/'theirs')) is nbformers.ViltProcessor and type(nbformers.AutoImageProcessor.from_pretrained(tmp_path/'theirs')) is nbformers.ViltImageProcessor
    assert type(transformers.AutoProcessor.from_pretrained(tmp_path/'ours')) is transformers.ViltProcessor
    (tmp_path/'old').mkdir()
    (tmp_path/'old'/'preprocessor_config.json').write_text(json.dumps(dict(feature_extractor_type='ViltFeatureExtractor', size=384, size_divisor=32, resample=3, do_resize=True, do_normalize=True, image_mean=[.5]*3, image_std=[.5]*3, pad_and_return_pixel_mask=False)))
    old = nbformers.AutoImageProcessor.from_pretrained(tmp_path/'old')
    assert type(old) is type(nbformers.AutoFeatureExtractor.from_pretrained(tmp_path/'old')) is nbformers.ViltImageProcessor and dict(old.size) == dict(shortest_edge=384) and set(old(p[0])) == {'pixel_values'}

# the pipeline --------------------------------------------------------------------------------------------------------
@pytest.fixture(scope='module')
def pipes(tmp_path_factory):
    made = {}
    for name in golden.CONFIGS:
        d = golden.build(transformers, name, tmp_path_factory.mktemp(name))
        made[name] = nbformers.pipeline('vqa', d, device='cpu')
    return made

@pytest.mark.parametrize('name', golden.CONFIGS)
def test_answers_of_4_57(name, pipes):
    want = json.loads(golden.FILE.read_text())[name]
    for i, (got, row) in enumerate(zip(golden.ask(pipes[name], golden.photos()), want, strict=True)): assert not (said := wrong(got, row, f'{name}/{i}')), said

def test_the_task_is_told_from_the_model(pipes):
    pipe = pipes['nine']
    assert type(pipe).__name__ == 'VisualQuestionAnsweringPipeline' and pipe.task == 'visual-question-answering'
    where = pipe.model.name_or_path
    assert nbformers.pipeline(model=where, device='cpu').task == 'visual-question-answering'
    assert type(nbformers.AutoModelForVisualQuestionAnswering.from_pretrained(where)) is nbformers.ViltForQuestionAnswering
    with pytest.raises(ValueError, match='vilt has no AutoModelForQuestionAnswering; it has .*VisualQuestionAnswering'): nbformers.AutoModelForQuestionAnswering.from_pretrained(where)
    with pytest.raises(ValueError, match='bert has no AutoModelForVisualQuestionAnswering'): nbformers.AutoModelForVisualQuestionAnswering.from_config(nbformers.BertConfig())

def test_forms_and_batches(pipes, tmp_path):
    "One by one and in batches, from files, bytes and arrays, as streams and as data sets."
    from nbformers.pipelines.pt_utils import KeyDataset
    pipe, p = pipes['nine'], [im.resize((120, 90)) for im in golden.photos()]
    q, close = golden.ASKED[0], lambda a, b: not wrong(a, b, eps=1e-5)
    each = [pipe(im, q, top_k=2) for im in p]
    for size in (None, 1, 2, 8): assert close(pipe(p, q, top_k=2, batch_size=size), each)
    assert close(list(pipe(iter(p), q, top_k=2)), each) and close(pipe(KeyDataset([dict(im=im) for im in p], 'im'), q, top_k=2), each)
    assert close(list(pipe((dict(image=im, question=q) for im in p), top_k=2)), each)
    p[0].save(tmp_path/'a.png')
    b = io.BytesIO(); p[0].save(b, 'PNG')
    for x in (str(tmp_path/'a.png'), tmp_path/'a.png', b.getvalue(), np.asarray(p[0])): assert close(pipe(x, q, top_k=2), each[0])
    assert close(pipe(images=p[0], question=q, top_k=2), each[0]) and pipe([], q) == [] and close(pipe([p[0]], q, top_k=2, timeout=3.), each[:1])
    assert close(pipe(p[:2], golden.ASKED[:3], top_k=2), [pipe(im, k, top_k=2) for k in golden.ASKED[:3] for im in p[:2]])

def test_what_is_wrong_is_told(pipes):
    pipe, im = pipes['nine'], golden.photos()[0].resize((60, 50))
    for call, error, said in ((lambda: pipe(im), ValueError, 'there is no question with this'), (lambda: pipe(question='what?'), ValueError, 'a question needs a picture'), (lambda: pipe(), ValueError, 'needs a picture'),
            (lambda: pipe({'image': im}), ValueError, r"dictionary has \['image'\]"), (lambda: pipe(im, 3), TypeError, 'iterable|a question is a string'), (lambda: pipe(im, [3]), TypeError, 'a question is a string'),
            (lambda: pipe({'image': im, 'question': None}), TypeError, 'a question is a string'), (lambda: pipe(im, 'what?', top_k=0), ValueError, 'top_k=0'), (lambda: pipe('nowhere.png', 'what?'), ValueError, 'picture'),
            (lambda: pipe(im, 'what '*40), (ValueError, IndexError), '24'), (lambda: pipe(Image.new('RGB', (900, 4)), 'what?'), ValueError, 'too long and thin')):
        with pytest.raises(error, match=said): call()
    was, pipe.tokenizer.model_max_length = pipe.tokenizer.model_max_length, 24
    assert pipe(im, 'what '*40, truncation=True) == pipe(im, 'what '*22)
    pipe.tokenizer.model_max_length = was
    bert = nbformers.BertForQuestionAnswering(nbformers.BertConfig(vocab_size=60, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16))
    with pytest.raises(ValueError, match='BertForQuestionAnswering does not answer questions about pictures.*vilt'): nbformers.pipeline('vqa', bert, tokenizer=pipe.tokenizer, image_processor=pipe.image_processor, device='cpu')
    from tests.parity.cases.composed import TROCR, sees
    pair = nbformers.VisionEncoderDecoderModel(nbformers.VisionEncoderDecoderConfig(encoder=sees('vit', image_size=32), decoder=dict(TROCR), pad_token_id=0, decoder_start_token_id=1))
    with pytest.raises(ValueError, match='writes from the picture alone: image-to-text'): nbformers.pipeline('vqa', pair, tokenizer=pipe.tokenizer, image_processor=pipe.image_processor, device='cpu')

def test_saved_and_read_again(pipes, tmp_path):
    pipe, im = pipes['three'], golden.photos()[1].resize((90, 60))
    pipe.save_pretrained(tmp_path)
    assert nbformers.pipeline('visual-question-answering', str(tmp_path), device='cpu')(im, 'what?') == pipe(im, 'what?')
