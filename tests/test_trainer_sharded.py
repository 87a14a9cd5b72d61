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
