"""Questions about pictures: the reference's pipeline was dropped by 5; its answers by 4.57.6 on photographs lie in questions.json. Both sides draw
a model from its parameters' names on disk. Answers are remade in that version's environment by

    python -W ignore -m tests.golden.questions make          (4.57.6)"""
import json, sys, tempfile
from pathlib import Path
import torch
from safetensors.torch import load_file, save_file
from .specs import noise

FILE = Path(__file__).parent/'questions.json'
WORDS = '[PAD] [UNK] [CLS] [SEP] [MASK] what where how many is are there the a on in of colour roof flower sky petal ? , . people ##s red dragon'.split()
TINY = dict(vocab_size=len(WORDS), hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48, image_size=96, patch_size=16, max_position_embeddings=24, pad_token_id=0, layer_norm_eps=1e-5)
CONFIGS = dict(nine=dict(num_labels=9), three=dict(num_labels=3, qkv_bias=False, hidden_act='relu'), wide=dict(num_labels=12, image_size=64, patch_size=32, num_hidden_layers=3))
PIXELS = dict(nine=dict(size=dict(shortest_edge=96), size_divisor=16), three=dict(size=dict(shortest_edge=64), size_divisor=16, resample=2), wide=dict(size=dict(shortest_edge=128), size_divisor=32, image_mean=[.4, .5, .6]))
ASKED = ['what is on the roof ?', 'how many petals are there ?', 'Is the sky red, or is the DRAGON in the sky of many people ?', 'whale', '']

def photos():
    from PIL import Image
    from sklearn.datasets import load_sample_images
    a, b = (Image.fromarray(x) for x in load_sample_images().images)
    return [a, b, b.crop((100, 20, 300, 420)), a.resize((700, 150)), a.convert('L').convert('RGB').rotate(90, expand=True)]

def build(hf, name, folder):
    "A checkpoint of the reference, every parameter as its name says."
    folder = Path(folder)
    (folder/'vocab.txt').write_text('\n'.join(WORDS))
    labels = {i: f'answer {i}' for i in range(CONFIGS[name]['num_labels'])}
    hf.ViltForQuestionAnswering(hf.ViltConfig(**TINY | CONFIGS[name], id2label=labels, label2id={v: k for k, v in labels.items()})).save_pretrained(folder)
    hf.BertTokenizer(str(folder/'vocab.txt')).save_pretrained(folder)
    (folder/'preprocessor_config.json').write_text(json.dumps(dict(feature_extractor_type='ViltFeatureExtractor', do_resize=True, do_normalize=True, image_std=[.5]*3, **dict(image_mean=[.5]*3, resample=3) | PIXELS[name])))
    f = folder/'model.safetensors'
    save_file({n: noise(n, list(t.shape), 0) if t.is_floating_point() else t for n, t in load_file(f).items()}, f, metadata=dict(format='pt'))
    return str(folder)

def calls(p):
    "What is asked: positional arguments and keywords, in every form that the reference's documents show."
    yield (p[0], ASKED[0]), {}
    for i, q in enumerate(ASKED): yield (), dict(image=p[i], question=q, top_k=3)
    yield ({'image': p[1], 'question': ASKED[1]},), dict(top_k=1)
    yield ([{'image': p[2], 'question': ASKED[1]}],), {}
    yield ([{'image': im, 'question': q} for im, q in zip(p, ASKED)],), dict(top_k=2)
    yield (p[:3], ASKED[0]), dict(top_k=2)
    yield (p[3], ASKED[:3]), dict(top_k=2)
    yield (p[:2], ASKED[:2]), dict(top_k=2)
    yield (p, ASKED[0]), dict(top_k=99, batch_size=1)
    yield (p[4], ASKED[2]), dict(padding='max_length', truncation=True, top_k=4)

def ask(pipe, p):
    with torch.no_grad(): return [pipe(*a, **kw) for a, kw in calls(p)]

def make():
    import transformers as hf
    assert hf.__version__ == '4.57.6', f'this file is made by transformers 4.57.6, not {hf.__version__}'
    rows = {}
    for name in CONFIGS:
        with tempfile.TemporaryDirectory() as d: rows[name] = ask(hf.pipeline('vqa', build(hf, name, d), device='cpu'), photos())
        print(name, rows[name][0], flush=True)
    FILE.write_text('{\n' + ',\n'.join(f'{json.dumps(k)}: {json.dumps(v, separators=(",", ":"))}' for k, v in rows.items()) + '\n}\n')

if __name__ == '__main__': make() if sys.argv[1:] == ['make'] else sys.exit(__doc__)
