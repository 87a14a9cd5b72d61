"DeepSpeed's real engine in the Trainer's hands, beside a plain run: every stage, two processes and one, on a CPU."
import os, subprocess, sys
from pathlib import Path
import pytest, torch

APART = Path(__file__).parents[1]/'build'/'deepspeed'                  # `make deepspeed`
pytestmark = pytest.mark.skipif(not (APART/'deepspeed').is_dir(), reason='make deepspeed: the package is not here')

HEAD = '''
import contextlib, json, os, sys, warnings, torch
torch.set_num_threads(1); warnings.simplefilter('ignore')
out, cases = sys.argv[1], json.loads(sys.argv[2])
import deepspeed; deepspeed.ops.__compatible_ops__['deepspeed_shm_comm'] = False    # nothing to compile
from nbformers import LlamaConfig, LlamaForCausalLM, Trainer, TrainingArguments
world, g = int(os.environ.get('WORLD_SIZE', 1)), torch.Generator().manual_seed(0)
data = [dict(input_ids=(ids := torch.randint(1, 41, (n % 7+3,), generator=g)), labels=torch.where(torch.tensor(n in (4, 5, 6, 7)), -100, ids)) for n in range(24)]
def pad(rows):
    n, f = max(len(r['input_ids']) for r in rows), torch.nn.functional.pad
    return {k: torch.stack([f(r[k], (0, n-len(r[k])), value=v) for r in rows]) for k, v in dict(input_ids=0, labels=-100).items()}
def make(tied=True):
    torch.manual_seed(0)
    return LlamaForCausalLM(LlamaConfig(vocab_size=41, hidden_size=12, intermediate_size=30, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=1, attention_bias=True, tie_word_embeddings=tied, pad_token_id=0))
def train(folder, resume=None, steps=6, model=None, **kw):
    a = TrainingArguments(folder, max_steps=steps, save_steps=3, logging_steps=1, learning_rate=1e-2, weight_decay=.1, per_device_train_batch_size=2, per_device_eval_batch_size=2, gradient_accumulation_steps=4//world,
        **dict(lr_scheduler_type='linear', max_grad_norm=.5) | kw, train_sampling_strategy='sequential', disable_tqdm=True, use_cpu=True, remove_unused_columns=False)
    t = Trainer(model or make(), a, train_dataset=data, eval_dataset=data[8:17], data_collator=pad)
    with contextlib.redirect_stdout(None): t.train(resume_from_checkpoint=resume)
    return t
def seen(t, folder):
    with contextlib.redirect_stdout(None): e = t.evaluate(); p = t.predict(data[8:17]); t.save_model(folder+'/final'); t.accelerator.wait_for_everyone()
    w = LlamaForCausalLM.from_pretrained(folder+'/final', dtype=torch.float32).state_dict()
    return dict(w=w, losses=torch.tensor([[l['loss'], l['grad_norm'], l['learning_rate']] for l in t.state.log_history if 'loss' in l], dtype=torch.float64), eval=torch.tensor(e['eval_loss']), p=torch.as_tensor(p.predictions))
'''
RUN = HEAD + '''
found = {}
for i, c in enumerate(cases):
    kw, name = (dict(deepspeed=c) if c else {}) | (dict(bf16=True) if c and 'bf16' in c else {}), f'{out}/{i}'
    found[i] = seen(train(name+'a', **kw), name+'a')
    if c: found[f'{i} again'] = seen(train(name+'b', resume=name+'a/checkpoint-3', **kw), name+'b')
if os.environ.get('RANK', '0') == '0': torch.save(found, out+'.pt')
'''
AUTO = dict(train_micro_batch_size_per_gpu='auto', gradient_clipping='auto')
ADAM = dict(optimizer=dict(type='AdamW', params=dict(lr='auto', betas='auto', eps='auto', weight_decay='auto', torch_adam=True)))

@pytest.fixture
def run(tmp_path, offline_env, torchrun):
    def go(script, cases, two=True):
        import json
        (tmp_path/'run.py').write_text(script)
        out = tmp_path/('two' if two else 'one')
        p = subprocess.run([sys.executable, *(torchrun if two else []), 'run.py', str(out), json.dumps(cases)], text=True, capture_output=True, cwd=tmp_path, timeout=900,
                           env=offline_env(OMP_NUM_THREADS='1', PYTHONPATH=os.pathsep.join([str(Path(__file__).parents[1]), str(APART)]), DS_ACCELERATOR='cpu'))
        assert p.returncode == 0, "\n".join([l for l in (p.stdout+p.stderr).splitlines() if "Error" in l or "File" in l and "nbformers" in l or "run.py" in l or "deepspeed/" in l or "torch/nn" in l][-40:])
        return torch.load(f'{out}.pt', weights_only=True) if Path(f'{out}.pt').exists() else p
    return go

def apart(a, b): return max((a['w'][k].float()-b['w'][k].float()).abs().max().item() for k in a['w'])

@pytest.mark.parametrize('two', [True, False], ids=['two', 'one'])
def test_stages_are_whole(run, two):
    cases = [{}, *(AUTO | dict(zero_optimization=dict(stage=s)) for s in (0, 1, 2, 3)), AUTO | dict(zero_optimization=dict(stage=2, offload_optimizer=dict(device='cpu')))]
    got = run(RUN, cases if two else cases[:1]+cases[3:], two)
    plain = got[0]
    for i in range(1, len(cases if two else cases[2:])):
        a, again = got[i], got[f'{i} again']
        assert set(a['w']) == set(plain['w']) and apart(plain, a) < 1e-5, (i, apart(plain, a))
        assert (a['losses']-plain['losses']).abs().max() < 1e-5, (i, a['losses'], plain['losses'])
        assert abs(a['eval']-plain['eval']) < 1e-5 and a['p'].shape == plain['p'].shape and (a['p']-plain['p']).abs().max() < 1e-4
        assert apart(a, again) == 0, i                                # a resumed run: the same bits

def test_sixteen_bits_and_an_optimizer_of_its_own(run):
    cases = [AUTO | dict(zero_optimization=dict(stage=s), bf16=dict(enabled='auto')) for s in (1, 3)]
    cases += [AUTO | ADAM | dict(zero_optimization=dict(stage=2), scheduler=dict(type='WarmupDecayLR', params=dict(warmup_min_lr='auto', warmup_max_lr='auto', warmup_num_steps='auto', total_num_steps='auto')))]
    got = run(RUN, cases)
    for i in range(3): assert apart(got[i], got[f'{i} again']) == 0, i
    assert apart(got[0], got[1]) < 2e-2                               # stages reduce in another order, and 16 bits show it
    assert got[2]['losses'][:, 2].unique().numel() > 3               # DeepSpeed's schedule moved the rate

OTHER = HEAD + '''
kw = dict(deepspeed=cases[0])
if world == 2: t = train(out+'a', **kw); found = seen(t, out+'a')
else: found = seen(train(out+'b', resume=out[:-3]+'twoa/checkpoint-3', **kw), out+'b')
if world == 1:                                                     # neither takes the other's memories in silence
    import pytest
    with pytest.raises(ValueError, match='Go on with deepspeed'): train(out+'c', resume=out[:-3]+'twoa/checkpoint-3')
    train(out+'d', steps=3)
    with pytest.raises(ValueError, match='without a stage'): train(out+'e', resume=out+'d/checkpoint-3', **kw)
if world == 2:                                                     # texts of different lengths, written by processes that share every layer
    from nbformers import GenerationConfig
    rank = int(os.environ['RANK']); ids = torch.tensor([[3, 4, 5]])
    whole = LlamaForCausalLM.from_pretrained(out+'a/final')
    for n in (2+3*rank, 6-rank):
        with torch.no_grad(): a, b = (m.eval().generate(ids+rank, max_new_tokens=n, do_sample=False, eos_token_id=None, pad_token_id=0) for m in (t.model, whole))
        assert torch.equal(a, b), (a, b)
if os.environ.get('RANK', '0') == '0': torch.save(found, out+'.pt')
'''

def test_another_number_of_processes_goes_on(run):
    "A checkpoint of two processes in stage 3, gone on with by one; and texts written while the layers are shared out."
    c = [AUTO | dict(zero_optimization=dict(stage=3, stage3_param_persistence_threshold=0))]
    two, one = run(OTHER, c), run(OTHER, c, False)
    assert apart(two, one) < 1e-5 and (two['losses'][3:]-one['losses'][3:]).abs().max() < 1e-5

def test_without_the_package(monkeypatch, tmp_path):
    from nbformers import Trainer, TrainingArguments
    monkeypatch.setitem(sys.modules, 'deepspeed', None)
    m = torch.nn.Linear(2, 2); m.forward = lambda x, labels=None: dict(loss=(torch.nn.functional.linear(x, m.weight)-labels).square().mean())
    rows = [dict(x=torch.ones(2), labels=torch.zeros(2))]*4
    t = Trainer(m, TrainingArguments(str(tmp_path), deepspeed=dict(zero_optimization=dict(stage=1)), use_cpu=True, remove_unused_columns=False), train_dataset=rows)
    with pytest.raises(ImportError, match=r'nbformers\[deepspeed\]'): t.train()
