"""Pictures to texts beside the reference: generation of composed models, files both ways, processor and pipeline. The models' outputs are in tests/parity."""
import copy, json, warnings
import numpy as np, pytest, torch
transformers = pytest.importorskip('transformers')
import nbformers
from PIL import Image
from tests.parity.cases.composed import TROCR, sees, swin
from tests.parity.cases.t5_kin import WRITES, part
from tests.parity.harness import add_noise
from tests.seeds import SEED

pytestmark = pytest.mark.usefixtures('quiet')
WORDS = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', *(f'w{i}' for i in range(95))]
PAIRS = dict(vit_gpt2=(sees('vit'), part('gpt2', add_cross_attention=True)), deit_bert=(sees('deit', hidden_size=32, num_attention_heads=4), part('bert', **WRITES)),
    beit_trocr=(sees('beit', use_mask_token=True), TROCR), swin_roberta=(swin('swin'), part('roberta', **WRITES)), vit_waves=(sees('vit'), TROCR | dict(use_learned_position_embeddings=False)))

@pytest.fixture
def pictures():
    g = np.random.default_rng(SEED)
    return [Image.fromarray(np.kron(g.integers(0, 255, (h, w, 3)), np.ones((4, 4, 1))).astype('uint8')) for h, w in ((9, 12), (14, 7), (8, 8))]

def both(name, folder):
    "The reference's pair with noise in every parameter, and ours from its file."
    enc, dec = copy.deepcopy(PAIRS[name])
    cfg = transformers.VisionEncoderDecoderConfig(encoder=enc, decoder=dec, pad_token_id=0, eos_token_id=3, decoder_start_token_id=2)
    ref = add_noise(transformers.VisionEncoderDecoderModel(cfg), SEED+len(name)).eval()
    ref.generation_config.pad_token_id, ref.generation_config.eos_token_id, ref.generation_config.decoder_start_token_id = 0, 3, 2
    ref.set_attn_implementation('eager')   # the fused kernel's weights come as empty tuples
    ref.save_pretrained(folder/'pair')
    return ref, nbformers.VisionEncoderDecoderModel.from_pretrained(folder/'pair')

@pytest.mark.parametrize('name', PAIRS)
def test_generate(name, tmp_path):
    "Greedy, beams, groups of results, sampling with one draw, states handed over, and everything that can be asked for."
    ref, ours = both(name, tmp_path)
    x = torch.randn(2, 3, 24, 24)
    for kw in (dict(max_new_tokens=7), dict(max_new_tokens=6, num_beams=3, num_return_sequences=2, length_penalty=.7), dict(max_new_tokens=5, num_beams=4, early_stopping=True), dict(max_length=6, repetition_penalty=1.3),
               dict(max_new_tokens=5, decoder_input_ids=torch.tensor([[2, 7, 9], [2, 8, 5]])), dict(max_new_tokens=5, no_repeat_ngram_size=2, bad_words_ids=[[11], [12, 13]])):
        assert torch.equal(ours.generate(x, do_sample=False, **kw), ref.generate(x, do_sample=False, **kw)), kw
    one = dict(do_sample=True, top_k=1, max_new_tokens=5)
    assert torch.equal(ours.generate(pixel_values=x, **one), ref.generate(pixel_values=x, **one))
    with torch.no_grad(): a, b = (m.generate(encoder_outputs=m.encoder(x), max_new_tokens=5, do_sample=False) for m in (ours, ref))
    assert torch.equal(a, b)
    kw = dict(max_new_tokens=4, do_sample=False, return_dict_in_generate=True, output_scores=True, output_attentions=True, output_hidden_states=True)
    a, b = ours.generate(x, **kw), ref.generate(x, **kw)
    for k in ('sequences', 'scores', 'cross_attentions', 'decoder_hidden_states', 'encoder_hidden_states'):
        flat = lambda v: [v] if torch.is_tensor(v) else [t for w in v for t in flat(w)]
        assert len(flat(a[k])) == len(flat(b[k])) and all(torch.allclose(p, q, atol=1e-4) for p, q in zip(flat(a[k]), flat(b[k]))), k

def test_larger_pictures(tmp_path):
    ref, ours = both('vit_gpt2', tmp_path)
    x, kw = torch.randn(2, 3, 40, 32), dict(interpolate_pos_encoding=True, max_new_tokens=5, do_sample=False)
    assert torch.equal(ours.generate(x, **kw), ref.generate(x, **kw))
    assert torch.allclose(ours(x, labels=torch.tensor([[5, 6, -100], [7, 8, 9]]), interpolate_pos_encoding=True).loss, ref(x, labels=torch.tensor([[5, 6, -100], [7, 8, 9]]), interpolate_pos_encoding=True).loss, atol=1e-5)

@pytest.mark.parametrize('name', ['vit_gpt2', 'beit_trocr'])
def test_joining_checkpoints(name, tmp_path):
    "Each half's file from the reference; what is new is told; the pair's file reads there."
    ref, _ = both(name, tmp_path)
    ref.encoder.save_pretrained(tmp_path/'sees'); ref.decoder.save_pretrained(tmp_path/'writes')
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        pair = nbformers.VisionEncoderDecoderModel.from_encoder_decoder_pretrained(tmp_path/'sees', tmp_path/'writes', pad_token_id=0, decoder_start_token_id=2)
    assert pair.config.decoder.add_cross_attention and pair.config.decoder.is_decoder and not pair.training
    pair.save_pretrained(tmp_path/'ours')
    back = transformers.VisionEncoderDecoderModel.from_pretrained(tmp_path/'ours')
    x, y = torch.randn(2, 3, 24, 24), torch.randint(3, 99, (2, 5))
    with torch.no_grad(): assert torch.allclose(pair(x, labels=y).logits, back(x, labels=y).logits, atol=1e-4)
    assert json.loads((tmp_path/'ours'/'config.json').read_text())['model_type'] == 'vision-encoder-decoder'
    with pytest.raises(ValueError, match='name a checkpoint for each part'): nbformers.VisionEncoderDecoderModel.from_encoder_decoder_pretrained(decoder_pretrained_model_name_or_path=tmp_path/'writes')

def parts(lib, folder):
    (folder/'vocab.txt').write_text('\n'.join(WORDS))
    image = lib.ViTImageProcessorPil if lib is transformers else lib.ViTImageProcessor
    return image(size=dict(height=24, width=24)), lib.BertTokenizer(str(folder/'vocab.txt'))

def test_processor(tmp_path, pictures):
    theirs, ours = (lib.TrOCRProcessor(*parts(lib, tmp_path)) for lib in (transformers, nbformers))
    for call in (dict(images=pictures), dict(text=['w3 w5', 'w7']), dict(images=pictures[:2], text=['w3 w5', 'w7 w8 w9'], padding=True)):
        a, b = ours(**call, return_tensors=None if 'images' not in call else 'pt'), theirs(**call, return_tensors=None if 'images' not in call else 'pt')
        assert a.keys() == b.keys()
        for k in a: assert torch.allclose(torch.as_tensor(a[k]), torch.as_tensor(b[k]), atol=1e-5) if 'pixel' in k else [*map(list, a[k])] == [*map(list, b[k])], k
    assert ours.model_input_names == theirs.model_input_names
    ours.save_pretrained(tmp_path/'ours'); theirs.save_pretrained(tmp_path/'theirs')
    assert type(nbformers.AutoProcessor.from_pretrained(tmp_path/'theirs')) is nbformers.TrOCRProcessor
    assert type(transformers.AutoProcessor.from_pretrained(tmp_path/'ours')) is transformers.TrOCRProcessor

def test_pipeline(tmp_path, pictures):
    "What 4.57's pipeline does with the reference's parts: pixels, generate with 256 new tokens where nobody says less, decode."
    ref, ours = both('vit_gpt2', tmp_path)
    (process, tok), mine = parts(transformers, tmp_path), parts(nbformers, tmp_path)
    nbformers.TrOCRProcessor(*mine).save_pretrained(tmp_path/'pair')
    pipe = nbformers.pipeline('image-to-text', str(tmp_path/'pair'), device='cpu')
    assert type(pipe).__name__ == 'ImageToTextPipeline' and nbformers.pipeline(model=str(tmp_path/'pair'), device='cpu').task == 'image-to-text'
    def want(picture, **kw): return [dict(generated_text=tok.decode(r, skip_special_tokens=True)) for r in ref.generate(process(images=picture, return_tensors='pt').pixel_values, do_sample=False, **kw)]
    assert pipe(pictures[0], max_new_tokens=6) == want(pictures[0], max_new_tokens=6)
    assert pipe(pictures, max_new_tokens=6) == pipe(pictures, max_new_tokens=6, batch_size=3) == [want(p, max_new_tokens=6) for p in pictures]
    assert pipe(pictures[1], generate_kwargs=dict(max_new_tokens=5, num_beams=3, num_return_sequences=2)) == want(pictures[1], max_new_tokens=5, num_beams=3, num_return_sequences=2)
    with pytest.raises(ValueError, match='picture alone'): pipe(pictures[0], prompt='a')
