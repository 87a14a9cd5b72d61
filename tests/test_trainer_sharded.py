"A sharded run beside a plain one: two gloo processes, evaluation in step, checkpoints that are whole."
import os, subprocess, sys
from pathlib import Path
import pytest, torch

RUN = '''
import contextlib, os, sys, torch
torch.set_num_threads(1)
from nbformers import LlamaConfig, LlamaForCausalLM, Trainer, TrainingArguments
out, mode = sys.argv[1:3]
g = torch.Generator().manual_seed(0)
data = [dict(input_ids=(ids := torch.randint(1, 40, (n % 7+3,), generator=g)), labels=ids) for n in range(24)]
def pad(rows):
    n = max(len(r['input_ids']) for r in rows)
    f = torch.nn.functional.pad
    return dict(input_ids=torch.stack([f(r['input_ids'], (0, n-len(r['input_ids']))) for r in rows]), labels=torch.stack([f(r['labels'], (0, n-len(r['labels'])), value=-100) for r in rows]))
def train(folder, resume=None, steps=6, **kw):
    torch.manual_seed(0)
    m = LlamaForCausalLM(LlamaConfig(vocab_size=40, hidden_size=16, intermediate_size=32, num_hidden_layers=3, num_attention_heads=2, tie_word_embeddings=mode == 'tied', pad_token_id=0))
    a = TrainingArguments(folder, max_steps=steps, save_steps=3, logging_steps=1, learning_rate=1e-2, per_device_train_batch_size=2, per_device_eval_batch_size=2, gradient_accumulation_steps=4//int(os.environ.get('WORLD_SIZE', 1)), lr_scheduler_type='constant',
        max_grad_norm=.5, disable_tqdm=True, use_cpu=True, remove_unused_columns=False, **kw)
    t = Trainer(m, a, train_dataset=data, eval_dataset=data[:9], data_collator=pad)
    with contextlib.redirect_stdout(None): t.train(resume_from_checkpoint=resume); e = t.evaluate(); p = t.predict(data[:9])
    if kw: t.save_model(folder+'/final'); from torch.distributed.tensor import DTensor; assert all(isinstance(p, DTensor) for p in m.parameters())
    w = LlamaForCausalLM.from_pretrained(folder+'/final').state_dict() if kw else m.state_dict()
    return dict(w=w, losses=torch.tensor([[l['loss'], l['grad_norm']] for l in t.state.log_history if 'loss' in l]), eval=torch.tensor(e['eval_loss']), p=torch.tensor(p.predictions))
kw = dict(fsdp=True) if 'WORLD_SIZE' in os.environ else {}
r = train(out+'/a', **kw)
if kw: r2 = train(out+'/b', steps=3, **kw); r2 = train(out+'/b', resume=True, **kw); r['again'] = max((r['w'][k]-r2['w'][k]).abs().max() for k in r['w'])
if kw: r3 = train(out+'/c', resume=os.path.dirname(out)+'/one/a/checkpoint-3', **kw); r['plain'] = max((r['w'][k]-r3['w'][k]).abs().max() for k in r['w'])   # what one process saved
if os.environ.get('RANK', '0') == '0': torch.save(r, out+'.pt')
'''

@pytest.mark.parametrize('mode', ['tied'])
def test_sharded_is_whole(tmp_path, offline_env, torchrun, mode):
    (tmp_path/'run.py').write_text(RUN)
    for name, launch in (('one', []), ('two', torchrun)):
        p = subprocess.run([sys.executable, *launch, 'run.py', str(tmp_path/name), mode], env=offline_env(OMP_NUM_THREADS='1'), text=True, capture_output=True, cwd=tmp_path, timeout=900)
        assert p.returncode == 0, p.stderr[-4000:]
    a, b = (torch.load(tmp_path/f'{n}.pt', weights_only=True) for n in ('one', 'two'))
    assert set(a['w']) == set(b['w'])
    assert max((a['w'][k]-b['w'][k]).abs().max() for k in a['w']) < 1e-6
    assert (a['losses']-b['losses']).abs().max() < 1e-5 and abs(a['eval']-b['eval']) < 1e-6
    assert a['p'].shape == b['p'].shape and (a['p']-b['p']).abs().max() < 1e-5           # nine examples, in order, none twice
    assert b['again'] == 0
    assert b['plain'] < 1e-6

def test_memories_by_name():
    "A plain optimizer's memories, numbered, under the names of a model's parameters; groups of other sizes are refused."
    from nbformers.trainer.sharding import _by_names
    m = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Linear(3, 1))
    w, b = [p for p in m.parameters() if p.ndim > 1], [p for p in m.parameters() if p.ndim < 2]
    opt = torch.optim.AdamW([dict(params=w, weight_decay=.1), dict(params=b, weight_decay=0.)])
    m(torch.ones(1, 2)).sum().backward(); opt.step()
    got = _by_names(m, opt, opt.state_dict())
    assert [g['params'] for g in got['param_groups']] == [['0.weight', '1.weight'], ['0.bias', '1.bias']] and [g['weight_decay'] for g in got['param_groups']] == [.1, 0.]
    assert all(torch.equal(got['state'][n]['exp_avg'], opt.state[p]['exp_avg']) for n, p in m.named_parameters())
    assert _by_names(m, opt, got) is got
    with pytest.raises(ValueError, match=r'groups of \[2, 2\] parameters, this run.s has \[4\]'): _by_names(m, torch.optim.SGD(m.parameters()), opt.state_dict())

SEVERAL = '''
import contextlib, json, os, sys, time, torch
from pathlib import Path
torch.set_num_threads(1)
from torch import nn
from nbformers import BartConfig, BartForConditionalGeneration, DataCollatorForSeq2Seq, Seq2SeqTrainer, Seq2SeqTrainingArguments, Trainer, TrainingArguments
out, found, two = Path(sys.argv[1]), {}, 'WORLD_SIZE' in os.environ
rank, acc = int(os.environ.get('RANK', 0)), 2//int(os.environ.get('WORLD_SIZE', 1))
base = dict(use_cpu=True, disable_tqdm=True, learning_rate=1e-2, lr_scheduler_type='constant', per_device_train_batch_size=2, per_device_eval_batch_size=2)

class Layers(nn.Module):                                            # no from_pretrained
    def __init__(self): super().__init__(); self.e = nn.Embedding(30, 8); self.layers = nn.ModuleList(nn.Linear(8, 8) for _ in range(3)); self.o = nn.Linear(8, 3)
    def forward(self, input_ids, labels=None):
        x = self.e(input_ids)
        for l in self.layers: x = x+l(x).tanh()
        x = self.o(x)
        return dict(logits=x) if labels is None else dict(loss=nn.functional.cross_entropy(x.flatten(0, 1), labels.flatten()), logits=x)
data = [dict(input_ids=torch.arange(i, i+6) % 30, labels=torch.where(torch.arange(6) <= i % 5, torch.arange(6) % 3, -100)) for i in range(24)]
def weights(m): return torch.cat([p.full_tensor().flatten() if hasattr(p, 'full_tensor') else p.detach().flatten() for p in m.parameters()])
def train(name, resume=None, max_steps=4, acc=acc, **kw):
    torch.manual_seed(0)
    t = Trainer(Layers(), TrainingArguments(str(out/name), max_steps=max_steps, save_steps=2, gradient_accumulation_steps=acc, **base | kw), train_dataset=data)
    with contextlib.redirect_stdout(None): t.train(resume_from_checkpoint=resume)
    return t

# copies: gradients exchanged after each batch or once an update give the same weights
plain = train('plain', acc=acc*2); found['plain'] = weights(plain.model)
found['each'] = weights(train('each', acc=acc*2, accelerator_config=dict(gradient_accumulation_kwargs=dict(sync_each_batch=True))).model)
# one process does what the others then find done
if two:
    with plain.args.main_process_first(desc='a file'):
        if rank == 0: time.sleep(.5); (out/'made.txt').write_text('done')
        found['first'] = (out/'made.txt').exists()
    os.environ['LOCAL_RANK'] = '0'; os.environ['LOCAL_WORLD_SIZE'] = '1'          # as on two machines with one process each
    here, out = out, out/f'node{rank}'
    train('nodes', save_on_each_node=True); found['nodes'] = sorted(p.name for p in (out/'nodes').iterdir())
    out = here; os.environ['LOCAL_RANK'] = str(rank); os.environ['LOCAL_WORLD_SIZE'] = '2'
# shards: of a module that has no from_pretrained, stopped and gone on with; texts written by a sharded model
fsdp = dict(fsdp=True) if two else {}
found['sharded'] = weights(train('sharded', **fsdp, **(dict(parallelism_config=dict(dp_shard_size=2)) if two else {})).model)
train('again', max_steps=2, **fsdp); found['again'] = weights(train('again', resume=True, **fsdp).model)
torch.manual_seed(0)
m = BartForConditionalGeneration(BartConfig(vocab_size=30, d_model=16, encoder_layers=2, decoder_layers=2, encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=16, decoder_ffn_dim=16,
    max_position_embeddings=40, dropout=0., pad_token_id=1, bos_token_id=0, eos_token_id=2, decoder_start_token_id=2, forced_eos_token_id=None, init_std=.6))
class Tok:
    pad_token_id, eos_token_id, padding_side = 1, 2, 'right'
    def pad(self, rows, **kw):
        n = max(len(r['input_ids']) for r in rows)
        return dict(input_ids=torch.tensor([r['input_ids']+[1]*(n-len(r['input_ids'])) for r in rows]), attention_mask=torch.tensor([[1]*len(r['input_ids'])+[0]*(n-len(r['input_ids'])) for r in rows]))
g = torch.Generator().manual_seed(0)
pairs = [dict(input_ids=torch.randint(3, 30, (3+i % 5,), generator=g).tolist(), labels=torch.randint(3, 30, (4,), generator=g).tolist()) for i in range(7)]
a = Seq2SeqTrainingArguments(str(out/'texts'), max_steps=2, save_strategy='no', predict_with_generate=True, generation_max_length=14, gradient_accumulation_steps=acc, remove_unused_columns=False, **base | dict(learning_rate=1e-3), **fsdp)
def collate(rows):
    x = Tok().pad([dict(input_ids=r['input_ids']) for r in rows]); return {**x, 'labels': torch.tensor([r['labels'] for r in rows])}
t = Seq2SeqTrainer(m, a, collate, pairs, pairs)
with contextlib.redirect_stdout(None): t.train(); p = t.predict(pairs); t.train()
from nbformers.trainer.sharding import unsharded
n = 3+4*rank
with torch.no_grad(), unsharded(m): found['alone'] = m.generate(torch.tensor([[5, 6, 7]]), max_new_tokens=n, min_new_tokens=n)   # of another length in each process
found['texts'] = torch.tensor(p.predictions); found['loss'] = p.metrics['test_loss']
torch.save(found, out/f'{"two" if two else "one"}{rank}.pt')
'''

def test_several_processes(tmp_path, offline_env, torchrun):
    "Two gloo processes beside one: sync_each_batch, main_process_first, save_on_each_node; sharded: a plain module resumed, texts of different lengths written."
    (tmp_path/'run.py').write_text(SEVERAL)
    for name, launch in (('one', []), ('two', torchrun)):
        (tmp_path/name).mkdir()
        p = subprocess.run([sys.executable, *launch, 'run.py', str(tmp_path/name)], env=offline_env(OMP_NUM_THREADS='1'), text=True, capture_output=True, cwd=tmp_path, timeout=900)
        assert p.returncode == 0, p.stderr[-4000:]
    one, two, other = (torch.load(tmp_path/f'{n[:3]}'/f'{n}.pt', weights_only=True) for n in ('one0', 'two0', 'two1'))
    for k in ('plain', 'each', 'sharded', 'again'): assert (one[k]-two[k]).abs().max() < 1e-6, k
    assert torch.equal(two['sharded'], two['again'])
    assert two['first'] and other['first']                          # the second process came later
    assert two['nodes'] == other['nodes'] == ['checkpoint-2', 'checkpoint-4']
    assert one['texts'].shape == two['texts'].shape and (one['texts'] == two['texts']).all() and abs(one['loss']-two['loss']) < 1e-5
    assert two['alone'].shape[1] + 4 == other['alone'].shape[1] and two['alone'].tolist() == other['alone'][:, :two['alone'].shape[1]].tolist()
