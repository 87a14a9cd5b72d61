"Detectors' processors and losses beside the reference: pictures with annotations, answers turned into boxes and maps."
import numpy as np, pytest, torch
from types import SimpleNamespace
import nbformers
from seeds import SEED

ref = pytest.importorskip('transformers')

KINDS = ['Detr', 'ConditionalDetr', 'Yolos']

def reference(kind, **kw):
    import importlib
    stem = dict(Detr='detr', ConditionalDetr='conditional_detr', Yolos='yolos')[kind]
    return getattr(importlib.import_module(f'transformers.models.{stem}.image_processing_pil_{stem}'), f'{kind}ImageProcessorPil')(**kw)

def ours(kind, **kw): return getattr(nbformers, f'{kind}ImageProcessor')(**kw)

def annotated(rng, i, h, w):
    "A picture and boxes on it, some past its border, some empty, some crowds."
    rows = [dict(bbox=[float(v) for v in (rng.uniform(-5, w), rng.uniform(-5, h), rng.choice([0, rng.uniform(1, w)]), rng.uniform(1, h))], category_id=int(rng.integers(9)), area=float(rng.uniform(1, 99)),
        **({'iscrowd': int(rng.random() < .3)} if rng.random() < .5 else {})) for _ in range(rng.integers(0, 5))]
    return rng.integers(0, 256, (h, w, 3), dtype=np.uint8), dict(image_id=i, annotations=rows)

def same(a, b, tol=1e-5):
    assert set(a) == set(b), (set(a), set(b))
    for k in a:
        x, y = np.asarray(a[k]), np.asarray(b[k])
        assert x.shape == y.shape and (x.dtype.kind == y.dtype.kind), (k, x.shape, y.shape, x.dtype, y.dtype)
        assert np.allclose(x, y, atol=tol, rtol=1e-5), (k, np.abs(x-y).max())

SIZES = [dict(shortest_edge=40, longest_edge=66), dict(height=48, width=37), dict(max_height=50, max_width=64)]

@pytest.mark.parametrize('kind', KINDS)
@pytest.mark.parametrize('size', range(3))
def test_annotated_pictures(kind, size):
    rng = np.random.default_rng(SEED*10 + size)
    pics, notes = zip(*(annotated(rng, i, *(int(v) for v in rng.integers(20, 90, 2))) for i in range(3)))
    for kw in ({}, dict(do_convert_annotations=False), dict(do_resize=False), dict(pad_size=dict(height=128, width=128))):
        a, b = (p(list(pics), annotations=list(notes), return_tensors='pt', size=SIZES[size], **kw) for p in (ours(kind), reference(kind)))
        same({k: a[k] for k in ('pixel_values', 'pixel_mask')}, {k: b[k] for k in ('pixel_values', 'pixel_mask')})
        assert len(a['labels']) == len(b['labels'])
        for x, y in zip(a['labels'], b['labels']): same(dict(x), dict(y), 1e-4)

@pytest.mark.parametrize('kind', ['Detr', 'ConditionalDetr'])
def test_panoptic_annotations(kind, tmp_path):
    from PIL import Image
    rng = np.random.default_rng(SEED)
    ids = rng.integers(0, 4, (5, 6)).repeat(8, 0).repeat(9, 1)*70001 + 5
    Image.fromarray(np.stack([(ids//256**c)%256 for c in range(3)], -1).astype(np.uint8)).save(tmp_path/'a.png')
    note = dict(file_name='a.png', image_id=3, segments_info=[dict(id=int(i), category_id=n, iscrowd=0, area=float(n)) for n, i in enumerate(np.unique(ids))])
    pic = rng.integers(0, 256, (*ids.shape, 3), dtype=np.uint8)
    a, b = (p(pic, annotations=note, masks_path=tmp_path, return_tensors='pt', size=SIZES[0]) for p in (ours(kind, format='coco_panoptic'), reference(kind, format='coco_panoptic')))
    same(dict(a['labels'][0]), dict(b['labels'][0]), 1e-4)

def answers(seed, classes=4, n=12):
    g = torch.Generator().manual_seed(seed)
    blobs = torch.nn.functional.interpolate(3*torch.randn(2, n, 4, 5, generator=g), size=(20, 25), mode='bicubic')
    return SimpleNamespace(logits=3*torch.randn(2, n, classes+1, generator=g), pred_boxes=torch.rand(2, n, 4, generator=g), pred_masks=blobs)

@pytest.mark.parametrize('kind', KINDS)
def test_boxes_out(kind):
    for i in range(10):
        out = answers(SEED*100 + i)
        for sizes in (None, [(30, 40), (55, 21)], torch.tensor([[30, 40], [55, 21]])):
            for t in (.1, .5, .9):
                for x, y in zip(*(p.post_process_object_detection(out, threshold=t, target_sizes=sizes) for p in (ours(kind), reference(kind)))): same(x, y)

@pytest.mark.parametrize('kind', ['Detr', 'ConditionalDetr'])
def test_maps_out(kind):
    a, b = ours(kind), reference(kind)
    for i in range(10):
        for sizes in (None, [(30, 40), (55, 21)]):
            for x, y in zip(a.post_process_semantic_segmentation(answers(SEED*100+i), sizes), b.post_process_semantic_segmentation(answers(SEED*100+i), sizes)): assert torch.equal(x, y)
            for t, m, o in ((.1, .5, .8), (.5, .3, .2), (.99, .5, .8)):
                kw = dict(threshold=t, mask_threshold=m, overlap_mask_area_threshold=o, target_sizes=sizes)
                for name, more in (('instance', {}), ('instance', dict(return_coco_annotation=True)), ('panoptic', dict(label_ids_to_fuse={0, 2}))):
                    for x, y in zip(*(getattr(p, f'post_process_{name}_segmentation')(answers(SEED*100+i), **kw, **more) for p in (a, b))):
                        if isinstance(x['segmentation'], list): assert [list(map(int, r)) for r in x['segmentation']] == [list(map(int, r)) for r in y['segmentation']]
                        else: assert torch.equal(x['segmentation'], y['segmentation']) and x['segmentation'].dtype == y['segmentation'].dtype
                        assert x['segments_info'] == y['segments_info']

def test_settings_files(tmp_path):
    for kind in KINDS:
        reference(kind, size=SIZES[0], do_pad=False).save_pretrained(tmp_path)
        p = nbformers.AutoImageProcessor.from_pretrained(tmp_path)
        assert type(p).__name__ == f'{kind}ImageProcessor' and dict(p.size) == SIZES[0] and p.do_pad is False
    old = nbformers.DetrImageProcessor(size=600, max_size=900, pad_and_return_pixel_mask=False)
    assert dict(old.size) == dict(shortest_edge=600, longest_edge=900) and old.do_pad is False

def test_pipelines(tmp_path):
    "Boxes and maps of things of pictures of unlike sizes, as the reference's pipelines give them."
    from transformers.pipelines.object_detection import ObjectDetectionPipeline
    from transformers.pipelines.image_segmentation import ImageSegmentationPipeline
    from PIL import Image
    torch.manual_seed(SEED)
    net = dict(model_type='resnet', embedding_size=8, hidden_sizes=[8, 12, 16, 24], depths=[1]*4, layer_type='basic', out_indices=[1, 2, 3, 4])
    config = ref.DetrConfig(backbone_config=net, d_model=32, encoder_layers=1, decoder_layers=1, encoder_ffn_dim=16, decoder_ffn_dim=16, encoder_attention_heads=8, decoder_attention_heads=4, num_queries=8, num_labels=3)
    rng = np.random.default_rng(SEED)
    pics = [Image.fromarray(rng.integers(0, 256, (h, w, 3), dtype=np.uint8)) for h, w in ((50, 80), (90, 41), (64, 64))]
    proc = reference('Detr', size=dict(shortest_edge=64, longest_edge=100))
    for task, head, cls, kws in (('object-detection', 'DetrForObjectDetection', ObjectDetectionPipeline, [dict(threshold=.2)]),
            ('image-segmentation', 'DetrForSegmentation', ImageSegmentationPipeline, [dict(subtask=s, threshold=.3, overlap_mask_area_threshold=.01) for s in ('panoptic', 'instance', 'semantic')])):
        model = getattr(ref, head)(config).eval()
        for p in model.parameters(): torch.nn.init.normal_(p, 0, .3)
        model.save_pretrained(tmp_path/task); proc.save_pretrained(tmp_path/task)
        a, b = nbformers.pipeline(task, model=str(tmp_path/task)), cls(model=model, image_processor=proc)
        for kw in kws:
            for x, y in zip(a(pics, **kw), [b(p, **kw) for p in pics]):
                assert [r['label'] for r in x] == [r['label'] for r in y]
                for r, s in zip(x, y):
                    assert s['score'] is None or abs(r['score']-s['score']) < 1e-5
                    if 'box' in s: assert all(abs(r['box'][k]-s['box'][k]) <= 1 for k in s['box'])
                    else: assert (np.asarray(r['mask']) != np.asarray(s['mask'])).mean() < 1e-3

def test_yolos_reads_what_its_processor_gives(tmp_path):
    "`pixel_mask` too, and so does the pipeline."
    torch.manual_seed(SEED)
    config = ref.YolosConfig(hidden_size=24, num_hidden_layers=2, num_attention_heads=3, intermediate_size=37, image_size=[32, 48], patch_size=8, num_detection_tokens=6, num_labels=3)
    theirs = ref.YolosForObjectDetection(config).eval()
    for p in theirs.parameters(): torch.nn.init.normal_(p, 0, .3)
    theirs.save_pretrained(tmp_path); (proc := reference('Yolos', size=dict(shortest_edge=32, longest_edge=64))).save_pretrained(tmp_path)
    pics = [np.random.default_rng(SEED+i).integers(0, 256, (50+20*i, 80, 3), dtype=np.uint8) for i in range(2)]
    mine = nbformers.pipeline('object-detection', str(tmp_path))
    with torch.no_grad(): got, want = mine.model(**mine.image_processor(pics, return_tensors='pt')), theirs(**proc(pics, return_tensors='pt'))
    assert torch.allclose(got.logits, want.logits, atol=1e-4) and torch.allclose(got.pred_boxes, want.pred_boxes, atol=1e-4)
    from PIL import Image
    other = ref.pipelines.ObjectDetectionPipeline(model=theirs, image_processor=proc)
    for p in pics:
        a, b = mine(Image.fromarray(p), threshold=.2), other(Image.fromarray(p), threshold=.2)
        assert b and [r['label'] for r in a] == [r['label'] for r in b] and all(abs(r['score']-s['score']) < 1e-4 for r, s in zip(a, b))

@pytest.mark.parametrize('kind', KINDS)
def test_no_crop_under_boxes(kind):
    "Without tensors a size stays a pair; a crop, which boxes would not follow, is not made; sizes come in any form."
    pic, note = annotated(np.random.default_rng(SEED), 0, 40, 60)
    for kw in ({}, dict(do_center_crop=True, crop_size=dict(height=16, width=16))):
        a, b = (p(pic, annotations=note, size=dict(height=48, width=37), **kw) for p in (ours(kind), reference(kind)))
        assert np.shape(a['pixel_values'][0]) == np.shape(b['pixel_values'][0]) and a['labels'][0]['size'] == b['labels'][0]['size'] == (48, 37)
    out = answers(SEED)
    want = reference(kind).post_process_object_detection(out, .3, [(30, 40), (55, 21)])
    for sizes in (np.array([[30, 40], [55, 21]]), ((30, 40), (55, 21)), [torch.tensor([30, 40]), torch.tensor([55, 21])]):
        for x, y in zip(ours(kind).post_process_object_detection(out, .3, sizes), want, strict=True): same(x, y)
