"""The image-segmentation pipeline beside the reference's: semantic models of several kinds, pictures of any size and form."""
import numpy as np
import pytest
transformers = pytest.importorskip('transformers')
import torch
from PIL import Image
from sklearn.datasets import load_sample_images
import nbformers

MODELS = dict(
    Segformer=dict(num_encoder_blocks=2, depths=[1, 1], sr_ratios=[2, 1], hidden_sizes=[16, 24], patch_sizes=[7, 3], strides=[4, 2], num_attention_heads=[1, 2], mlp_ratios=[2, 2], decoder_hidden_size=16),
    Beit=dict(hidden_size=24, num_hidden_layers=4, num_attention_heads=2, intermediate_size=24, image_size=32, patch_size=8, out_indices=[1, 2, 3, 4], auxiliary_channels=8, use_relative_position_bias=True),
    MobileNetV2=dict(depth_multiplier=.1, finegrained_output=False, output_stride=8))
SIZES = dict(Segformer={'height': 64, 'width': 96}, Beit={'height': 32, 'width': 32}, MobileNetV2={'shortest_edge': 40})

@pytest.fixture(scope='module')
def photos():
    a, b = (Image.fromarray(x) for x in load_sample_images().images)
    return [a.resize((120, 90)), b.resize((77, 101)), a.convert('L').resize((60, 60)).convert('RGB')]

@pytest.mark.parametrize('name', MODELS)
def test_same_masks(name, photos, tmp_path):
    torch.manual_seed(len(name))
    cfg = getattr(transformers, f'{name}Config')(**MODELS[name], num_labels=5)
    ref = getattr(transformers, f'{name}ForSemanticSegmentation')(cfg).eval()
    with torch.no_grad():
        for n, p in ref.named_parameters(): p.normal_(0, .3) if p.ndim > 1 else p.add_(.2*torch.randn_like(p))
    ref.save_pretrained(tmp_path)
    crop = {} if name != 'MobileNetV2' else dict(crop_size={'height': 40, 'width': 40})
    pil = getattr(transformers, f'{name}ImageProcessorPil')(size=SIZES[name], **crop)
    pil.save_pretrained(tmp_path)
    theirs = transformers.pipeline('image-segmentation', model=ref, image_processor=pil, device='cpu')
    ours = nbformers.pipeline('image-segmentation', str(tmp_path), device='cpu')
    for got, want in zip(ours(photos), [theirs(p) for p in photos]):
        assert [(d['label'], d['score']) for d in got] == [(d['label'], d['score']) for d in want]
        for a, b in zip(got, want):
            a, b = np.asarray(a['mask']), np.asarray(b['mask'])
            assert a.shape == b.shape and a.dtype == b.dtype and (a != b).mean() < 1e-3   # places where two classes are as likely
    photos[0].save(tmp_path/'x.png')
    assert [d['label'] for d in ours(str(tmp_path/'x.png'))] == [d['label'] for d in ours(photos[0])]

def test_what_a_model_cannot_do(tmp_path):
    cfg = nbformers.SegformerConfig(**MODELS['Segformer'])
    with pytest.raises(ValueError, match='needs a model'): nbformers.pipeline('image-segmentation', nbformers.SegformerForImageClassification(cfg), image_processor=nbformers.SegformerImageProcessor())
    pipe = nbformers.pipeline('image-segmentation', nbformers.SegformerForSemanticSegmentation(cfg), image_processor=nbformers.SegformerImageProcessor(size=64), device='cpu')
    with pytest.raises(ValueError, match='gives semantic'): pipe(Image.new('RGB', (9, 9)), subtask='instance')
    (tmp_path/'cut.jpg').write_bytes(b'\xff\xd8\xff\xe0' + b'0'*50)
    with pytest.raises(ValueError, match='picture'): pipe(str(tmp_path/'cut.jpg'))
