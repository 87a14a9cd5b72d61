"Solutions to the exercises of `nbs/01_config/06_checkpoint.ipynb`."
import json, re, struct
import torch
from nbformers.config.checkpoint import SafeFile, open_checkpoint, read_header, save_checkpoint

def tensor_diff(a, b):
    "1: one pair of tensors at a time."
    out = {n: None for n in set(a.names()) ^ set(b.names())}
    return out | {n: (a.get(n).float() - b.get(n).float()).abs().max().item() for n in a if n in b}

def reading_order(name):
    "Embeddings, then layers by number, then the rest."
    m = re.search(r'layer\.(\d+)\.', name)
    return (0, 0) if 'embeddings' in name else (1, int(m[1])) if m else (2, 0)

def reorder(src, dst):
    "2: the same bytes under a new table; each tensor starts at a multiple of its element size because all are multiples of eight bytes here."
    head, meta, start = read_header(src)
    order, end, new = sorted(head, key=lambda n: (*reading_order(n), n)), 0, {'__metadata__': meta}
    for n in order:
        a, b = head[n]['data_offsets']
        new[n] = {**head[n], 'data_offsets': [end, end := end + b - a]}
    text = json.dumps(new).encode(); text += b' '*(-len(text) % 8)
    with open(src, 'rb') as f, open(dst, 'wb') as g:
        g.write(struct.pack('<Q', len(text)) + text)
        for n in order:
            a, b = head[n]['data_offsets']
            f.seek(start + a); g.write(f.read(b - a))

def test_diff(tmp_path):
    a, b = dict(x=torch.ones(3), y=torch.zeros(2)), dict(x=torch.tensor([1., 1., 3.]), z=torch.ones(1))
    save_checkpoint(a, tmp_path/'a'); save_checkpoint(b, tmp_path/'b')
    assert tensor_diff(open_checkpoint(tmp_path/'a'), open_checkpoint(tmp_path/'b')) == dict(x=2., y=None, z=None)

def test_reorder(tmp_path):
    mini = open_checkpoint('starter/minilm')
    reorder(mini.files[0], tmp_path/'x.safetensors')
    f = SafeFile(tmp_path/'x.safetensors')
    assert set(f.head) == set(mini) and all(torch.equal(f.get(n), mini.get(n)) for n in mini)
    layers = [reading_order(n) for n, e in sorted(f.head.items(), key=lambda kv: kv[1]['data_offsets'])]
    assert layers == sorted(layers)
