"""What goes wrong in practice, one case a test: the error has the type that callers catch, says what was wrong, the value, the
limit and the way out, and leaves nothing half-written behind."""
import contextlib, copy, json, os, re, subprocess, sys
from pathlib import Path
import jinja2, pytest, torch
from safetensors.torch import load_file, save_file
from tests import standins
import nbformers as nb

pytestmark = pytest.mark.filterwarnings('ignore')

@pytest.fixture(scope='session')
def made(tmp_path_factory):
    "A maker of checkpoints: `made('bert', 'AutoModelForMaskedLM', **config)` is a folder that nobody may change."
    folders = {}
    def get(kind, auto='AutoModel', **config):
        key = (kind, auto, repr(config))
        if key not in folders: folders[key] = standins.make(tmp_path_factory.mktemp(kind), kind, auto, **config)
        return folders[key]
    return get

@pytest.fixture
def copied(made, tmp_path):
    "The same, as a copy to break."
    import shutil
    def get(kind, auto='AutoModel', **config): return Path(shutil.copytree(made(kind, auto, **config), tmp_path/f'{kind}-copy'))
    return get

@contextlib.contextmanager
def says(error, *words):
    "What runs inside raises `error`, and its message has every word."
    with pytest.raises(error) as info: yield
    for w in words: assert re.search(w, str(info.value)), f'{w!r} is not in {type(info.value).__name__}: {info.value}'

def files(folder): return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(Path(folder).rglob('*')) if p.is_file()}

# checkpoints ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize('keep', [0, 5, 8, 200, .5, .999, -1])
def test_truncated_safetensors(copied, keep):
    d = copied('bert')
    f = d/'model.safetensors'; whole = f.read_bytes()
    n = int(len(whole)*keep) if isinstance(keep, float) else keep
    f.write_bytes(whole[:n])
    for load in (nb.AutoModel.from_pretrained, nb.BertModel.from_pretrained):
        with says(OSError, 'model.safetensors', 'not a whole safetensors file', 'Download or copy it again'): load(d)

def test_safetensors_of_something_else(copied):
    d = copied('bert')
    for text in (b'<html>not found</html>'*50, b'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n'):
        (d/'model.safetensors').write_bytes(text)
        with says(OSError, 'not a whole safetensors file'): nb.AutoModel.from_pretrained(d)

def test_safetensors_with_a_lying_header(copied):
    import struct
    d = copied('bert')
    for head in ({'w': dict(dtype='F32', shape=[2], data_offsets=[0, 800])}, {'w': dict(dtype='F32', shape=[1 << 62, 4], data_offsets=[0, 8])},
                 {'w': dict(dtype='F99', shape=[2], data_offsets=[0, 8])}, {'w': dict(dtype='F32', shape=[-2], data_offsets=[0, 8])}, {'w': []}, {'w': dict(dtype='F32')}):
        text = json.dumps(head).encode()
        (d/'model.safetensors').write_bytes(struct.pack('<Q', len(text)) + text + bytes(8))
        with says(OSError, 'not a whole safetensors file'): nb.AutoModel.from_pretrained(d)
    (d/'model.safetensors').write_bytes(struct.pack('<Q', 1 << 60) + b'{}')
    with says(OSError, 'not a whole safetensors file'): nb.AutoModel.from_pretrained(d)

@pytest.fixture
def sharded(made, tmp_path):
    nb.AutoModel.from_pretrained(made('bert')).save_pretrained(tmp_path/'sharded', max_shard_size='40KB')
    d = tmp_path/'sharded'
    assert len(list(d.glob('model-*.safetensors'))) > 2
    return d

def test_missing_shard(sharded):
    gone = sorted(sharded.glob('model-*.safetensors'))[1]; gone.unlink()
    with says(FileNotFoundError, '1 of ', 'missing', gone.name): nb.AutoModel.from_pretrained(sharded)

@pytest.mark.parametrize('name', ['../outside.safetensors', '/etc/passwd', '..\\x.safetensors', 'C:x.safetensors', 'sub/../../x.safetensors', 'config.json', '', 'a/b.safetensors'])
def test_shard_index_that_points_outside(sharded, name):
    save_file({'w': torch.zeros(1)}, sharded.parent/'outside.safetensors')
    f = sharded/'model.safetensors.index.json'
    index = json.loads(f.read_text()); first = next(iter(index['weight_map'])); index['weight_map'][first] = name
    f.write_text(json.dumps(index))
    with says(ValueError, 'leads out of its folder|names .* which is no weights file'): nb.AutoModel.from_pretrained(sharded)

def test_shard_that_is_a_link_to_the_outside_is_not_a_way_out(sharded):
    "Links inside a folder are the Hub cache's own layout; a *name* that leaves the folder is what is refused."
    f = sorted(sharded.glob('model-*.safetensors'))[0]
    target = sharded.parent/'blob'; f.rename(target); f.symlink_to(target)
    assert nb.AutoModel.from_pretrained(sharded).num_parameters() > 0

def test_shard_index_without_a_map(sharded):
    for text in ('{}', '{"weight_map": []}', '{"weight_map": {"a": 5}}', '[1]', '{"weight_map": '):
        (sharded/'model.safetensors.index.json').write_text(text)
        with says(OSError, 'weight_map|JSON'): nb.AutoModel.from_pretrained(sharded)

def test_shard_index_that_names_a_tensor_its_shard_lacks(sharded):
    f = sharded/'model.safetensors.index.json'
    index = json.loads(f.read_text()); index['weight_map']['encoder.layer.7.x'] = next(iter(index['weight_map'].values())); f.write_text(json.dumps(index))
    with says(OSError, 'encoder.layer.7.x', 'does not'): nb.AutoModel.from_pretrained(sharded)

def test_tensor_of_another_shape(copied):
    d = copied('bert')
    t = load_file(d/'model.safetensors'); k = 'encoder.layer.1.output.dense.weight'
    t[k] = t[k][:, :-8].contiguous(); save_file(t, d/'model.safetensors')
    with says(RuntimeError, r'\(32, 40\)', r'\(32, 48\)', k.replace('.', r'\.'), 'ignore_mismatched_sizes=True'): nb.AutoModel.from_pretrained(d)

def test_missing_tensor_is_never_random(copied):
    d = copied('bert', 'AutoModelForMaskedLM')
    t = load_file(d/'model.safetensors'); del t['bert.encoder.layer.1.output.dense.weight']; save_file(t, d/'model.safetensors')
    with says(RuntimeError, 'encoder.layer.1.output.dense.weight', 'missing'): nb.AutoModel.from_pretrained(d)

def test_no_weights(copied):
    d = copied('bert'); (d/'model.safetensors').unlink()
    with says(FileNotFoundError, 'no weights', 'model.safetensors', 'pytorch_model.bin'): nb.AutoModel.from_pretrained(d)
    (d/'tf_model.h5').write_bytes(b'x')
    with says(OSError, 'tf_model.h5', 'PyTorch only'): nb.AutoModel.from_pretrained(d)

def test_variant_that_is_not_there(made):
    with says(OSError, "model.fp16.safetensors", "Without `variant='fp16'`"): nb.AutoModel.from_pretrained(made('bert'), variant='fp16')

# pickles -------------------------------------------------------------------------------------------------------------
class Evil:
    def __init__(self, flag): self.flag = str(flag)
    def __reduce__(self): return (os.system, (f'touch {self.flag}',))

@pytest.mark.parametrize('legacy', [False, True], ids=['zip', 'legacy'])
@pytest.mark.parametrize('where', ['value', 'whole', 'nested'])
def test_malicious_bin(copied, tmp_path, where, legacy):
    d = copied('bert'); flag = tmp_path/'ran'
    t = load_file(d/'model.safetensors'); (d/'model.safetensors').unlink()
    evil = {'value': {**t, 'x': Evil(flag)}, 'whole': Evil(flag), 'nested': {'state_dict': {**t, 'x': [Evil(flag)]}}}[where]
    torch.save(evil, d/'pytorch_model.bin', _use_new_zipfile_serialization=not legacy)
    for load in (nb.AutoModel.from_pretrained, nb.BertModel.from_pretrained):
        with says(ValueError, 'pytorch_model.bin', 'none of its code ran', 'safetensors'): load(d)
    assert not flag.exists()
    torch.load(d/'pytorch_model.bin', weights_only=False)          # it does run where it is let
    assert flag.exists()

def test_plain_pickle_and_rubbish_as_bin(copied, tmp_path):
    import pickle
    d = copied('bert'); (d/'model.safetensors').unlink()
    (d/'pytorch_model.bin').write_bytes(pickle.dumps(Evil(tmp_path/'ran')))
    with says((ValueError, OSError), 'pytorch_model.bin'): nb.AutoModel.from_pretrained(d)
    assert not (tmp_path/'ran').exists()
    for junk in (b'', b'rubbish', b'PK\x03\x04rubbish'):
        (d/'pytorch_model.bin').write_bytes(junk)
        with says(OSError, 'pytorch_model.bin', 'not a whole PyTorch checkpoint'): nb.AutoModel.from_pretrained(d)

def test_truncated_bin(copied):
    d = copied('bert'); t = load_file(d/'model.safetensors'); (d/'model.safetensors').unlink()
    torch.save(t, d/'pytorch_model.bin'); whole = (d/'pytorch_model.bin').read_bytes()
    for part in (.3, .9, .999):
        (d/'pytorch_model.bin').write_bytes(whole[:int(len(whole)*part)])
        with says(OSError, 'pytorch_model.bin', 'Copy it again'): nb.AutoModel.from_pretrained(d)

def test_pickles_are_not_written(made, tmp_path):
    m = nb.AutoModel.from_pretrained(made('bert'))
    with says(ValueError, 'safetensors only'): m.save_pretrained(tmp_path/'x', safe_serialization=False)
    assert not (tmp_path/'x').exists()

@pytest.mark.parametrize('name', ['optimizer.pt', 'scheduler.pt', 'rng_state.pth', 'training_args.bin', 'optimizer.json'])
def test_pickle_in_a_training_checkpoint(made, tmp_path, name):
    flag = tmp_path/'ran'
    run = lambda: nb.Trainer(model=nb.AutoModelForSequenceClassification.from_pretrained(made('bert', 'AutoModelForSequenceClassification')),
        args=nb.TrainingArguments(output_dir=str(tmp_path/'run'), max_steps=4, save_steps=2, use_cpu=True, disable_tqdm=True, report_to='none'),
        train_dataset=[dict(input_ids=[2, 7, 8, 3], labels=i % 2) for i in range(16)])
    run().train()
    c = tmp_path/'run'/'checkpoint-2'
    torch.save(Evil(flag), c/name)
    try: run().train(resume_from_checkpoint=str(c))
    except (ValueError, OSError): assert name == 'optimizer.json'
    assert not flag.exists()

# configurations ------------------------------------------------------------------------------------------------------
def edit(d, **changes):
    f = d/'config.json'; c = json.loads(f.read_text())
    for k, v in changes.items():
        if v is ...: c.pop(k, None)
        else: c[k] = v
    f.write_text(json.dumps(c)); return d

def test_config_without_model_type(copied):
    d = edit(copied('bert'), model_type=...)
    for auto in (nb.AutoConfig, nb.AutoModel, nb.AutoModelForMaskedLM):
        with says(ValueError, 'model_type', 'bert-copy'): auto.from_pretrained(d)
    assert nb.BertModel.from_pretrained(d).config.hidden_size == 32        # a class that is named needs none

@pytest.mark.parametrize('value', ['no-such-thing', 5, None, ['bert'], '../evil'])
def test_config_with_an_odd_model_type(copied, value):
    d = edit(copied('bert'), model_type=value)
    with says(ValueError, 'model_type'): nb.AutoModel.from_pretrained(d)

def test_config_that_is_no_json(copied):
    d = copied('bert')
    for text, why in (('{"a": ', 'not valid JSON.*line 1'), ('[]', 'list'), ('', 'not valid JSON'), ('\x00\xff', 'JSON')):
        (d/'config.json').write_bytes(text.encode('latin1'))
        with says(OSError, 'config.json', why): nb.AutoModel.from_pretrained(d)
    (d/'config.json').unlink()
    with says(OSError, 'config.json'): nb.AutoModel.from_pretrained(d)

def test_remote_code_is_refused_and_its_keys_do_nothing(copied):
    d = copied('gpt2', 'AutoModelForCausalLM')
    (d/'modeling_x.py').write_text("import pathlib\npathlib.Path(__file__).with_name('ran').touch()\nclass X: pass\n")
    edit(d, auto_map={'AutoConfig': 'modeling_x.X', 'AutoModel': 'modeling_x.X', 'AutoModelForCausalLM': 'modeling_x.X', 'AutoTokenizer': ['modeling_x.X', None]})
    tc = json.loads((d/'tokenizer_config.json').read_text()); tc['auto_map'] = {'AutoTokenizer': ['modeling_x.X', None]}; (d/'tokenizer_config.json').write_text(json.dumps(tc))
    for auto in (nb.AutoConfig, nb.AutoModel, nb.AutoModelForCausalLM, nb.AutoTokenizer, nb.GPT2LMHeadModel, nb.GPT2Config):
        with says(ValueError, 'trust_remote_code=True', 'never runs code'): auto.from_pretrained(d, trust_remote_code=True)
        auto.from_pretrained(d, trust_remote_code=False)
        auto.from_pretrained(d)
    with says(ValueError, 'trust_remote_code'): nb.pipeline('text-generation', str(d), trust_remote_code=True)
    with says(ValueError, 'trust_remote_code'): nb.AutoModel.from_config(nb.AutoConfig.from_pretrained(d), trust_remote_code=True)
    assert not (d/'ran').exists()

def test_a_tokenizer_class_of_the_files_chooses_no_module(copied):
    d = copied('gpt2'); f = d/'tokenizer_config.json'
    for name in ('os.system', '../x.Y', 'subprocess:Popen', '__import__', 'GPT2LMHeadModel'):
        f.write_text(json.dumps({**json.loads(f.read_text()), 'tokenizer_class': name}))
        try: t = nb.AutoTokenizer.from_pretrained(d)
        except (ValueError, OSError) as e: assert name.split('.')[-1] in str(e)
        else: assert isinstance(t, nb.PreTrainedTokenizerBase)

def test_labels_and_their_number(made):
    d = made('bert', 'AutoModelForSequenceClassification', num_labels=3)
    with says(RuntimeError, r'classifier.weight', r'\(3, 32\)', r'\(5, 32\)', 'ignore_mismatched_sizes=True'): nb.AutoModelForSequenceClassification.from_pretrained(d, num_labels=5)
    m = nb.AutoModelForSequenceClassification.from_pretrained(d, num_labels=5, ignore_mismatched_sizes=True)
    assert m.classifier.out_features == 5 == len(m.config.id2label)
    m = nb.AutoModelForSequenceClassification.from_pretrained(d)
    ids = torch.tensor([[2, 5, 3]])
    with says(IndexError, 'label 7', '3 classes'): m(ids, labels=torch.tensor([7]))
    with says(IndexError, 'label -5', '3 classes'): m(ids, labels=torch.tensor([-5]))
    with says(ValueError, 'batch|size|shape'): m(ids, labels=torch.tensor([1, 2]))

def test_id2label_against_num_labels():
    c = nb.BertConfig(id2label={0: 'a', 1: 'b', 2: 'c'}, label2id={'a': 0, 'b': 1, 'c': 2})
    assert c.num_labels == 3
    c = nb.BertConfig.from_dict({'id2label': {'0': 'a', '1': 'b'}, 'num_labels': 4})
    assert c.num_labels in (2, 4) and len(c.id2label) == c.num_labels

@pytest.mark.parametrize('name', ['float17', 'fp8x', 'auto ', 'Linear', 'int', ''])
def test_types_that_do_not_exist(made, name):
    if name == 'int': return
    for key in ('dtype', 'torch_dtype'):
        with says(ValueError, 'dtype', repr(name)): nb.AutoModel.from_pretrained(made('bert'), **{key: name})
    with says(ValueError, 'dtype'): nb.pipeline('feature-extraction', str(made('bert')), dtype=name)

def test_integer_types_are_refused(made):
    with says(ValueError, 'int8', 'float'): nb.AutoModel.from_pretrained(made('bert'), dtype=torch.int8)

@pytest.mark.parametrize('device', ['gpu', 'cuda:99', 'cpu:x', 'tpu'])
def test_devices_that_do_not_exist(made, device):
    d = str(made('bert', 'AutoModelForMaskedLM'))
    with says((ValueError, RuntimeError), str(device)+'|CUDA'): nb.pipeline('fill-mask', d, device=device)
    if isinstance(device, str):
        with says((ValueError, RuntimeError, AssertionError), device+'|CUDA'): nb.AutoModel.from_pretrained(d, device_map=device)

@pytest.mark.parametrize('name', ['flash_attention_9', 'sdpaa', ''])
def test_attention_that_does_not_exist(made, name):
    if not name: return
    with says((ValueError, ImportError), re.escape(name), 'eager|sdpa'): nb.AutoModel.from_pretrained(made('bert'), attn_implementation=name)

def test_unknown_arguments(made):
    d = made('bert')
    with says(TypeError, 'num_labls', "Did you mean 'num_labels'"): nb.AutoModelForSequenceClassification.from_pretrained(d, num_labls=3)
    with says(TypeError, 'attention_maskk'): nb.AutoModel.from_pretrained(d)(torch.tensor([[2, 3]]), attention_maskk=None)
    with says(TypeError, 'learning_ratee', 'learning_rate'): nb.TrainingArguments(learning_ratee=1)

# where models are ----------------------------------------------------------------------------------------------------
def test_a_hub_id_that_is_not_there_offline(tmp_path, monkeypatch):
    monkeypatch.setenv('HF_HUB_CACHE', str(tmp_path/'cache'))
    for load in (nb.AutoConfig, nb.AutoModel, nb.AutoTokenizer, nb.BertModel, nb.GenerationConfig):
        with says(OSError, 'nobody/nothing', 'offline', 'local folder|starter'): load.from_pretrained('nobody/nothing')
    with says(OSError, 'nobody/nothing'): nb.pipeline('fill-mask', 'nobody/nothing')
    with says(OSError, 'nobody/nothing'): nb.pipeline(model='nobody/nothing')

@pytest.mark.parametrize('name', ['./no/such/folder', '/no/such/folder', '~/no-such', 'a/b/c', '', 'no such model', 'x'*200, 'owner/na..me'])
def test_a_path_that_is_not_there(name):
    for load in (nb.AutoConfig, nb.AutoModel, nb.AutoTokenizer):
        with says(OSError, re.escape(repr(name)[1:40].strip("'"))): load.from_pretrained(name)

def test_a_file_in_place_of_a_folder(made):
    d = made('bert')
    with says(ValueError, 'tokenizer.json', 'no `model_type`'): nb.AutoModel.from_pretrained(d/'tokenizer.json')
    for load in (nb.AutoModel, nb.BertModel):
        with says(OSError, 'config.json.* is a file', 'pass the folder'): load.from_pretrained(d/'config.json')
    for load in (nb.AutoModel, nb.AutoTokenizer, nb.BertModel):
        with says((OSError, ValueError), 'model.safetensors'): load.from_pretrained(d/'model.safetensors')
    with says(NotADirectoryError, 'file'): nb.AutoModel.from_pretrained(d).save_pretrained(d/'tokenizer.json')
    with says(OSError, 'file'): nb.AutoTokenizer.from_pretrained(d).save_pretrained(d/'tokenizer.json')

def test_starters_that_do_not_exist():
    for load in (nb.AutoModel, nb.AutoTokenizer):
        with says(OSError, 'starter/lmm', 'There are'): load.from_pretrained('starter/lmm')
        with says((OSError, ValueError), 'starter/../x|leads out'): load.from_pretrained('starter/../x')

def test_tensorflow_and_flax(made):
    for name in ('TFAutoModel', 'TFAutoModelForSequenceClassification', 'FlaxAutoModelForCausalLM', 'TFBertModel', 'FlaxGPT2LMHeadModel'):
        cls = getattr(nb, name)
        with says(ImportError, 'PyTorch only', name, 'same name without the prefix'): cls.from_pretrained(made('bert'))
        with says(ImportError, 'PyTorch only'): cls()
    for kw in ('from_tf', 'from_flax'):
        with says(ImportError, 'PyTorch only', kw): nb.AutoModel.from_pretrained(made('bert'), **{kw: True})
    t = nb.AutoTokenizer.from_pretrained(made('bert'))
    for name in ('tf', 'jax'):
        with says((ImportError, ValueError), 'PyTorch only'): t('x', return_tensors=name)
        with says((ImportError, ValueError), 'PyTorch only'): t.pad({'input_ids': [[1], [1, 2]]}, return_tensors=name)
    with says(ImportError, 'PyTorch only'): nb.pipeline('fill-mask', str(made('bert', 'AutoModelForMaskedLM')), framework='tf')
    with says(ValueError, "'xx'"): t('x', return_tensors='xx')

# tokens --------------------------------------------------------------------------------------------------------------
KINDS = [('bert', 'AutoModelForMaskedLM'), ('roberta', 'AutoModelForMaskedLM'), ('gpt2', 'AutoModelForCausalLM'), ('llama', 'AutoModelForCausalLM'), ('qwen3', 'AutoModelForCausalLM')]
def loaded(made, kind, auto): return getattr(nb, auto).from_pretrained(made(kind, auto))

@pytest.mark.parametrize('kind,auto', KINDS)
def test_token_past_the_vocabulary(made, kind, auto):
    m = loaded(made, kind, auto); v = m.config.vocab_size
    for bad in (v, v+1000, -1, -100):
        ids = torch.tensor([[5, bad, 6]])
        with says(IndexError, f'token id {bad}', str(v), 'tokenizer', 'resize_token_embeddings'): m(ids)
        if m.can_generate():
            with says(IndexError, f'token id {bad}', str(v)): m.generate(ids, max_new_tokens=2)

@pytest.mark.parametrize('kind,auto,limit', [('bert', 'AutoModelForMaskedLM', 64), ('roberta', 'AutoModelForMaskedLM', 64), ('gpt2', 'AutoModelForCausalLM', 64)])
def test_prompt_past_the_position_table(made, kind, auto, limit):
    m = loaded(made, kind, auto)
    ok, long = torch.full((1, limit), 7), torch.full((1, limit+1), 7)
    m(ok)
    with says(ValueError, str(limit+1), str(limit), 'truncation=True|shorten'): m(long)
    with says(ValueError, str(limit+1), str(limit)): m(inputs_embeds=torch.zeros(1, limit+1, 32))

def test_generating_past_the_position_table(made):
    m = loaded(made, 'gpt2', 'AutoModelForCausalLM'); m.generation_config.eos_token_id = None
    with says(ValueError, '65 tokens', '64', 'truncation=True'): m.generate(torch.full((1, 65), 7), max_new_tokens=1)
    assert m.generate(torch.full((1, 60), 7), max_new_tokens=20).shape[1] <= 65
    with says(ValueError, '30', 'max_length=20', 'max_new_tokens'): m.generate(torch.full((1, 30), 7), max_length=20)

def test_position_ids_past_the_table(made):
    for kind, auto in KINDS[:3]:
        m = loaded(made, kind, auto)
        with says((IndexError, ValueError), 'position', '999'): m(torch.tensor([[5, 6]]), position_ids=torch.tensor([[0, 999]]))

def test_token_types_past_the_table(made):
    with says((IndexError, ValueError), 'token type|token_type', '5', '2'): loaded(made, 'bert', 'AutoModelForMaskedLM')(torch.tensor([[5, 6]]), token_type_ids=torch.tensor([[0, 5]]))

@pytest.mark.parametrize('kind,auto', KINDS)
def test_inputs_of_the_wrong_form(made, kind, auto):
    m = loaded(made, kind, auto)
    with says(ValueError, 'input_ids', r'\(3,\)', 'batch'): m(torch.tensor([5, 6, 7]))
    with says(ValueError, 'input_ids', 'batch'): m(torch.tensor(5))
    with says(ValueError, 'input_ids or inputs_embeds'): m()
    with says(ValueError, 'input_ids or inputs_embeds'): m(torch.tensor([[5]]), inputs_embeds=torch.zeros(1, 1, 32))
    with says((TypeError, ValueError), 'input_ids', 'float'): m(torch.tensor([[5., 6.]]))
    with says((TypeError, ValueError), 'input_ids', 'list|str'): m([[5, 6]])
    with says((TypeError, ValueError), 'input_ids', 'str'): m("hello")

@pytest.mark.parametrize('kind,auto', KINDS)
def test_masks_of_the_wrong_form(made, kind, auto):
    m = loaded(made, kind, auto); ids = torch.tensor([[5, 6, 7], [8, 9, 4]])
    ones = lambda *s: torch.ones(s, dtype=torch.long)
    with says(ValueError, 'attention_mask', '2', '3'): m(ids, attention_mask=ones(2, 2))
    if kind in ('bert', 'roberta'):
        with says(ValueError, 'attention_mask', '5', '3'): m(ids, attention_mask=ones(2, 5))
    with says(ValueError, 'attention_mask', r'\(3, 3\)|3 rows'): m(ids, attention_mask=torch.tensor([[0, 1, 1]]*3))
    with says(ValueError, 'attention_mask', r'\(3,\)'): m(ids, attention_mask=ones(3))
    with says(ValueError, 'attention_mask', r'\(2, 1, 2, 2\)'): m(ids, attention_mask=ones(2, 1, 2, 2))
    if m.can_generate():
        for bad in (ones(2, 2), ones(2, 5), ones(3, 3), ones(3)):
            with says(ValueError, 'attention_mask'): m.generate(ids, attention_mask=bad, max_new_tokens=2)
        with says(ValueError, 'row 1', 'nothing but padding'): m.generate(ids, attention_mask=torch.tensor([[1, 1, 1], [0, 0, 0]]), max_new_tokens=2)

@pytest.mark.parametrize('kind,auto', KINDS)
def test_a_row_that_is_all_padding_gives_numbers(made, kind, auto):
    m = loaded(made, kind, auto)
    for backend in ('eager', 'sdpa'):
        m.set_attn_implementation(backend)
        out = m(torch.tensor([[5, 6, 7], [8, 9, 4]]), attention_mask=torch.tensor([[1, 1, 1], [0, 0, 0]]))
        assert torch.isfinite(out.logits).all()

@pytest.mark.parametrize('kind,auto', KINDS)
def test_no_tokens_at_all(made, kind, auto):
    m = loaded(made, kind, auto); empty = torch.zeros(1, 0, dtype=torch.long)
    for ids in (empty, torch.zeros(0, 3, dtype=torch.long)):
        with says(ValueError, 'input_ids', 'at least one token', re.escape(str(tuple(ids.shape)))): m(ids)
    if not m.can_generate(): return
    if m.config.bos_token_id is None:
        with says(ValueError, 'prompt|token'): m.generate(empty, max_new_tokens=2)
    else: assert m.generate(empty, max_new_tokens=2).shape[1] <= 3
    with says(ValueError, 'input_ids|batch|row|empty'): m.generate(torch.zeros(0, 3, dtype=torch.long), max_new_tokens=2)

def test_empty_text(made):
    for kind, auto, task in (('bert', 'AutoModelForSequenceClassification', 'text-classification'), ('gpt2', 'AutoModelForCausalLM', 'text-generation')):
        p = nb.pipeline(task, str(made(kind, auto)), **({'max_new_tokens': 3} if task == 'text-generation' else {}))
        assert len(p('')) == 1
        assert p([]) == []

def test_labels_of_the_wrong_form(made):
    m = loaded(made, 'llama', 'AutoModelForCausalLM'); ids = torch.tensor([[5, 6, 7]])
    with says(ValueError, 'size|shape|labels|batch'): m(ids, labels=torch.tensor([[5, 6]]))
    with says(IndexError, 'label 99999', str(m.config.vocab_size)): m(ids, labels=torch.tensor([[5, 6, 99999]]))

def test_a_batch_without_a_pad_token(made):
    t = nb.AutoTokenizer.from_pretrained(made('gpt2'))
    for kw in (dict(padding=True), dict(padding='max_length', max_length=9), dict(padding='longest', return_tensors='pt')):
        with says(ValueError, 'padding token|pad token', 'pad_token = tokenizer.eos_token|eos_token'): t(['a', 'b c d'], **kw)
    with says(ValueError, 'pad'): t.pad({'input_ids': [[1], [1, 2]]})
    with says(ValueError, 'padding', 'length'): t(['a', 'b c d e f'], return_tensors='pt')
    m = nb.AutoModelForSequenceClassification.from_pretrained(made('gpt2'), num_labels=2)
    m.config.pad_token_id = None
    with says(ValueError, 'pad', 'pad_token_id'): m(torch.tensor([[5, 6], [7, 8]]))

def test_arguments_of_a_tokenizer(made):
    t = nb.AutoTokenizer.from_pretrained(made('bert'))
    with says(ValueError, 'truncation', 'sometimes'): t('a', truncation='sometimes')
    with says(ValueError, 'padding', 'sometimes'): t('a', padding='sometimes')
    with says((ValueError, TypeError), 'str|text'): t(5)
    with says((ValueError, TypeError), 'str|text'): t(['a', 5])
    with says((ValueError, TypeError), 'str|text'): t(None)
    with says(ValueError, 'stride|max_length'): t('a b c d e f', truncation=True, max_length=4, stride=9, return_overflowing_tokens=True)
    with says(ValueError, '-5'): t.decode([-5])
    with says(ValueError, 'up', 'left', 'right'): t(['a', 'b c'], padding=True, padding_side='up')
    from nbformers.config import utils
    utils._said.clear()
    with pytest.warns(UserWarning, match='max_lenght'): t('a', max_lenght=3)

# generation ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize('kw,words', [
    (dict(max_new_token=5), ('max_new_token', 'max_new_tokens')), (dict(temprature=.5), ('temprature', 'temperature')), (dict(nonsense_flag=1), ('nonsense_flag',)),
    (dict(max_new_tokens=0), ('max_new_tokens', '0')), (dict(max_new_tokens=-5), ('max_new_tokens', '-5')),
    (dict(do_sample=True, temperature=0.), ('temperature', '0')), (dict(do_sample=True, temperature=-1.), ('temperature', '-1')),
    (dict(do_sample=True, top_k=-3), ('top_k', '-3')), (dict(do_sample=True, top_p=1.5), ('top_p', '1.5')), (dict(do_sample=True, top_p=-.1), ('top_p', '-0.1')),
    (dict(do_sample=True, min_p=2.), ('min_p', '2')), (dict(repetition_penalty=0.), ('repetition_penalty|penalty', '0')), (dict(repetition_penalty=-1.), ('penalty', '-1')),
    (dict(num_return_sequences=3), ('num_return_sequences=3', 'do_sample=True')),
    (dict(bad_words_ids=[]), ('bad_words_ids',)), (dict(bad_words_ids=[[-5]]), ('bad_words_ids', '-5')), (dict(stop_strings='x'), ('tokenizer',)),
    (dict(cache_implementation='sttic'), ('sttic', 'static')), (dict(eos_token_id='</s>'), ('eos_token_id',)),
    (dict(max_new_tokens='five'), ('max_new_tokens', 'five')), (dict(num_return_sequences=0, do_sample=True), ('num_return_sequences', '0')),
    (dict(num_beams=0), ('num_beams', '0')), (dict(temperature='hot', do_sample=True), ('temperature', 'hot')),
], ids=lambda v: str(v)[:40])
def test_generation_flags_that_cannot_work(made, kw, words):
    m = loaded(made, 'llama', 'AutoModelForCausalLM')
    try: m.generate(torch.tensor([[5, 6, 7]]), **{**dict(max_new_tokens=2), **kw})
    except (ValueError, TypeError, NotImplementedError) as e:
        for w in words: assert re.search(w, str(e)), f'{w!r} is not in: {e}'
    else: assert False, f'{kw} was taken without a word'

def test_generation_config_files_that_are_broken(copied):
    d = copied('gpt2', 'AutoModelForCausalLM')
    (d/'generation_config.json').write_text('{"max_new_tokens": ')
    with says(OSError, 'generation_config.json', 'JSON'): nb.AutoModelForCausalLM.from_pretrained(d).generate(torch.tensor([[5]]), max_new_tokens=2)
    with says(TypeError, 'max_new_token', 'max_new_tokens'): nb.GenerationConfig(max_new_token=5)

def test_generate_needs_a_head(made):
    for cls, kind in ((nb.AutoModel, 'gpt2'), (nb.AutoModel, 'bert')):
        with says(TypeError, 'no next-token head', 'AutoModelForCausalLM'): cls.from_pretrained(made(kind)).generate(torch.tensor([[5]]))
    with says(ValueError, 'cannot generate', 'AutoModelForCausalLM'): nb.pipeline('text-generation', nb.AutoModel.from_pretrained(made('gpt2')), tokenizer=nb.AutoTokenizer.from_pretrained(made('gpt2')))

# chat templates ------------------------------------------------------------------------------------------------------
CHAT = [{'role': 'user', 'content': 'hi'}]
EVIL = ["{{ ''.__class__.__mro__[1].__subclasses__() }}", "{{ messages.__class__ }}", "{{ cycler.__init__.__globals__.os.system('touch ran') }}",
        "{{ messages|attr('__class__') }}", "{{ ''|attr('\\x5f\\x5fclass\\x5f\\x5f') }}", "{{ raise_exception.__globals__ }}", "{{ strftime_now.__globals__ }}", "{{ self.__init__ }}",
        "{% set x = messages.append({}) %}", "{% set x = messages[0].update({'a': 1}) %}", "{{ '{0.__class__}'.format(messages) }}", "{{ ('%s' ~ '')|format(messages.__class__) }}",
        "{% include '/etc/passwd' %}", "{% import 'os' as os %}", "{{ lipsum.__globals__ }}"]

@pytest.mark.parametrize('template', EVIL)
def test_chat_templates_reach_nothing(made, template, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    t = nb.AutoTokenizer.from_pretrained(made('gpt2'))
    try: text = t.apply_chat_template(copy.deepcopy(CHAT), chat_template=template, tokenize=False)
    except Exception as e: assert isinstance(e, ValueError) or type(e).__name__ in ('TypeError', 'SecurityError', 'UndefinedError'), type(e)
    else: assert not re.search('class|function|module|object at', text), text
    assert not (tmp_path/'ran').exists()

@pytest.mark.parametrize('template', ["{% for i in range(10**9) %}x{% endfor %}", "{% for i in range(90000) %}{% for j in range(90000) %}{% endfor %}{% endfor %}",
    "{{ 'x' * 10**10 }}", "{{ 'x'|center(10**10) }}", "{% set ns = namespace(s='xxxxxxxxxx') %}{% for i in range(60) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}{{ ns.s }}",
    "{{ 10**(10**8) }}", "{{ (range(99999)|list * 99999)|length }}", "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "{{ 'x'.ljust(10**10) }}", "{{ '%010000000000d' % 5 }}",
    "{{ '{:>10000000000}'.format('x') }}", "{% for a in 'x'*99999 %}{% for b in 'x'*99999 %}{% endfor %}{% endfor %}", "{{ (1 << (10**11)) }}",
    "{% for i in messages %}{% for j in range(99999) %}{% set x = [i]*99999 %}{% endfor %}{% endfor %}",
    "{% set b = range(99999)|list %}{% for j in range(99999) %}{% if -1 in b %}{% endif %}{% endfor %}", "{% set x = [0]*99999 %}{% set y = [x]*99999 %}{{ y|tojson }}",
    "{% set ns = namespace(a=[0]) %}{% for i in range(60) %}{% set ns.a = [ns.a, ns.a] %}{% endfor %}{{ ns.a }}",
    "{% set ns = namespace(a=[0]) %}{% for i in range(60) %}{% set ns.a = {'a': ns.a, 'b': ns.a} %}{% endfor %}{{ ns.a|string|length }}"], ids=lambda s: s[:40])
def test_chat_templates_end(made, template, python, tmp_path):
    "In a process of its own, whose memory and time are bounded too."
    code = f"""
import resource, time
resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
from nbformers import AutoTokenizer
t, start = AutoTokenizer.from_pretrained({str(made('gpt2'))!r}), time.process_time()
try: t.apply_chat_template({CHAT!r}, chat_template={template!r}, tokenize=False); print('rendered')
except Exception as e: print(type(e).__name__, isinstance(e, ValueError), str(e)[:300])
print(f'{{time.process_time()-start:.1f}}')
"""
    out = python(code).splitlines()
    assert float(out[-1]) < 20, out
    assert out[0].startswith('ChatTemplateError True') or out[0].startswith('ValueError True') or out[0] == 'rendered' and '999' in template and 'length' in template, out

def test_chat_templates_that_fail(made):
    t = nb.AutoTokenizer.from_pretrained(made('gpt2'))
    with says(ValueError, 'chat_template|chat template'): t.apply_chat_template(CHAT)
    with says(ValueError, 'line|endfor|template'): t.apply_chat_template(CHAT, chat_template='{% for m in messages %}', tokenize=False)
    with says((ValueError, jinja2.TemplateError), 'roles must alternate'): t.apply_chat_template(CHAT, chat_template="{{ raise_exception('roles must alternate') }}", tokenize=False)
    with says((ValueError, TypeError), 'role|content|message|conversation'): t.apply_chat_template('hello', chat_template='{{ messages[0].role }}', tokenize=False)
    with says(ValueError, 'continue_final_message', 'add_generation_prompt'): t.apply_chat_template(CHAT, chat_template='x', add_generation_prompt=True, continue_final_message=True, tokenize=False)

@pytest.mark.parametrize('name', ['../x', '/etc/passwd', 'a/../../x'])
def test_chat_template_names_stay_in_their_folder(made, copied, tmp_path, name):
    d = copied('gpt2'); (tmp_path/'x.jinja').write_text('outside')
    tc = json.loads((d/'tokenizer_config.json').read_text()); tc['chat_template'] = [{'name': 'default', 'template': 'a'}, {'name': name, 'template': 'b'}]
    (d/'tokenizer_config.json').write_text(json.dumps(tc))
    before = files(tmp_path)
    try:
        t = nb.AutoTokenizer.from_pretrained(d)
        t.save_pretrained(tmp_path/'out')
    except (ValueError, OSError) as e: assert name in str(e)
    new = set(files(tmp_path)) - set(before)
    assert all(n.startswith('out/') for n in new), new
    assert (tmp_path/'x.jinja').read_text() == 'outside'

# nothing half-written ------------------------------------------------------------------------------------------------
KILLER = """
import json, os, random, signal, sys, time, warnings
from pathlib import Path
import torch, nbformers as nb
warnings.simplefilter('ignore')
src, out, start = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
m, t = nb.AutoModelForMaskedLM.from_pretrained(src), nb.AutoTokenizer.from_pretrained(src)
shapes = {n: p.shape for n, p in m.named_parameters()}

def save(v):
    with torch.no_grad():
        for p in m.parameters(): p.fill_(v)
    m.config.version = v
    m.save_pretrained(out, max_shard_size=('9KB', '50GB')[v % 2])
    t.save_pretrained(out)

def check():
    "One version, whole; its number."
    new = nb.AutoModelForMaskedLM.from_pretrained(out)            # also finishes a save that was complete
    assert {n: p.shape for n, p in new.named_parameters()} == shapes
    values = {float(x) for p in new.parameters() for x in (p.min(), p.max())}
    assert values == {float(new.config.version)}, (values, new.config.version)
    index = out/'model.safetensors.index.json'
    assert index.exists() != (out/'model.safetensors').exists()
    if index.exists(): assert set(json.loads(index.read_text())['weight_map'].values()) == {p.name for p in out.glob('model-*.safetensors')}
    if (out/'tokenizer.json').exists(): assert nb.AutoTokenizer.from_pretrained(out)('I love this!')['input_ids']
    return new.config.version

version, rng, seen, torn = 0, random.Random(start), set(), 0
if start == 'there': save(1); version = 1
kill, done = -1, os.pipe()
while (kill := kill+1) < 20 or kill < 400 and (len(seen) < 2 or not torn):      # twenty, and on where none of them hit a save
    if start == 'absent' and kill % 4 == 0 and out.exists():
        import shutil; shutil.rmtree(out)
    pid = os.fork()
    if not pid:
        while True: version += 1; save(version); os.write(done[1], b'.')
    if kill % 5 == 4: os.read(done[0], 1)                            # after a save of this run or of an earlier one
    time.sleep(rng.random()*(.03 if kill % 2 else .3))
    os.kill(pid, signal.SIGKILL); os.waitpid(pid, 0)
    torn += any(p.name.startswith('.saving') for d in (out, out.parent) if d.exists() for p in d.iterdir())
    if out.exists() and any(out.iterdir()): version = check(); seen.add(version)
    else: assert start == 'absent' and not out.exists()
save(99)                                                           # what killed processes left is swept
check()
print(len(seen), torn, [p.name for d in (out, out.parent) for p in d.iterdir() if p.name.startswith('.')])
"""

@pytest.mark.parametrize('start', ['absent', 'there'])
def test_kill_while_saving(made, tmp_path, offline_env, start):
    "A process saves without end and is killed at random moments: what is there afterwards is one version, whole."
    run = subprocess.run([sys.executable, '-c', KILLER, str(made('bert', 'AutoModelForMaskedLM')), str(tmp_path/'home'/'out'), start],
                         env=offline_env(), capture_output=True, text=True, timeout=900)
    assert run.returncode == 0, run.stderr[-3000:]
    versions, torn, left = run.stdout.split(' ', 2)
    assert int(versions) > 1 and int(torn) > 0 and left.strip() == '[]', run.stdout       # some were killed in the middle of it

def test_a_failing_save_changes_nothing(made, tmp_path, monkeypatch):
    m = nb.AutoModelForMaskedLM.from_pretrained(made('bert', 'AutoModelForMaskedLM'))
    m.save_pretrained(tmp_path/'x'); before = files(tmp_path)
    import nbformers.config.checkpoint as c
    def full(*a, **k): raise OSError(28, 'No space left on device')
    monkeypatch.setattr(c, '_write_bytes', full)
    with says(OSError, 'No space left'): m.save_pretrained(tmp_path/'x')
    with says(OSError, 'No space left'): m.save_pretrained(tmp_path/'y')
    assert files(tmp_path) == before and not (tmp_path/'y').exists()

def test_saving_where_one_may_not(made, tmp_path):
    m = nb.AutoModelForMaskedLM.from_pretrained(made('bert', 'AutoModelForMaskedLM'))
    with says(OSError, 'test_bad_input.py'): m.save_pretrained(Path(__file__)/'x')
    if os.geteuid():
        (tmp_path/'ro').mkdir(mode=0o500)
        with says(PermissionError, 'ro'): m.save_pretrained(tmp_path/'ro'/'x')

def test_weights_that_cannot_be_saved(made, tmp_path):
    m = nb.AutoModelForMaskedLM.from_pretrained(made('bert', 'AutoModelForMaskedLM')).to('meta')
    with pytest.raises(Exception): m.save_pretrained(tmp_path/'x')
    assert not (tmp_path/'x').exists()

# training ------------------------------------------------------------------------------------------------------------
def test_training_without_what_it_needs(made, tmp_path):
    m = nb.AutoModelForSequenceClassification.from_pretrained(made('bert', 'AutoModelForSequenceClassification'))
    args = lambda **kw: nb.TrainingArguments(output_dir=str(tmp_path/'run'), use_cpu=True, disable_tqdm=True, max_steps=2, save_strategy='no', **kw)
    rows = [dict(input_ids=[2, 7, 8, 3], labels=i % 2) for i in range(8)]
    with says(ValueError, 'train_dataset'): nb.Trainer(model=m, args=args()).train()
    with says((ValueError, RuntimeError), 'model'): nb.Trainer(args=args())
    with says(ValueError, 'eval_dataset'): nb.Trainer(model=m, args=args(), train_dataset=rows).evaluate()
    with says(ValueError, 'eval_strategy|eval_dataset'): nb.Trainer(model=m, args=args(eval_strategy='steps'), train_dataset=rows)
    with says((ValueError, RuntimeError), 'loss|labels'): nb.Trainer(model=m, args=args(), train_dataset=[dict(input_ids=[2, 7, 3])]*8).train()
    with says(ValueError, 'checkpoint'): nb.Trainer(model=m, args=args(), train_dataset=rows).train(resume_from_checkpoint=True)
    with says((ValueError, OSError), 'nowhere'): nb.Trainer(model=m, args=args(), train_dataset=rows).train(resume_from_checkpoint=str(tmp_path/'nowhere'))
    with says(ValueError, 'nope', 'no, steps'): args(eval_strategy='nope')
    with says(ValueError, 'adamw', 'optim|not one of|known'): nb.Trainer(model=m, args=args(optim='adamww'), train_dataset=rows).train()
    with says(ValueError, 'linearr'): nb.Trainer(model=m, args=args(lr_scheduler_type='linearr'), train_dataset=rows).train()
    with says(TypeError, 'eval_datset'): nb.Trainer(model=m, args=args(), eval_datset=rows)
    with says((ValueError, RuntimeError), 'empty|no examples|0'): nb.Trainer(model=m, args=args(), train_dataset=[]).train()
