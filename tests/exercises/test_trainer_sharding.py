"Solutions of the exercises in nbs/08_trainer/24_sharding.ipynb, and its configurations beside the reference's."
import json
import pytest
from nbformers.trainer.arguments import TrainingArguments
from nbformers.trainer.sharding import deepspeed_settings, fsdp_settings

def test_devices_for_seven_billion():
    fits = lambda w, cut: 7*(16/w if cut else 16) <= 24
    assert next(w for w in range(1, 100) if fits(w, True)) == 5 and not any(fits(w, False) for w in range(1, 1000))

def test_bfloat16_by_rows():
    parts = dict(weights=2, gradients=2, adam=12)
    rows = [(), ('adam',), ('adam', 'gradients'), tuple(parts)]
    assert [sum(b/8 if k in cut else b for k, b in parts.items()) for cut in rows] == [16, 5.5, 3.75, 2]

@pytest.mark.parametrize('kw', [dict(fsdp=True), dict(fsdp=True, fsdp_config=dict(fsdp_cpu_offload=True, reshard_after_forward=False)), dict(fsdp='shard_grad_op auto_wrap offload'),
    dict(fsdp=True, fsdp_config=dict(auto_wrap_policy='SIZE_BASED_WRAP', min_num_params=1000)), dict(fsdp=True, fsdp_config=dict(activation_checkpointing='true', cpu_ram_efficient_loading='true'))], ids=str)
def test_fsdp_as_the_reference_says_it(kw, tmp_path, monkeypatch):
    tf = pytest.importorskip('transformers')
    monkeypatch.setenv('FSDP_CPU_RAM_EFFICIENT_LOADING', 'false')
    kw = json.loads(json.dumps(kw))
    a = TrainingArguments('x', use_cpu=True, **json.loads(json.dumps(kw)))
    want, got = tf.TrainingArguments('x', use_cpu=True, **kw).fsdp_plugin_args, fsdp_settings(a)
    assert {k: got.get(k, False) for k in want} == want and all(got[k] in (False, want.get(k)) for k in got), (got, want)
    (f := tmp_path/'c.json').write_text(json.dumps(a.fsdp_config or {}))
    assert fsdp_settings(TrainingArguments('x', fsdp=a.fsdp, fsdp_config=str(f))) == got

def test_deepspeed_as_the_reference_fills_it():
    ds = pytest.importorskip('transformers.integrations.deepspeed')
    c = dict(train_batch_size='auto', train_micro_batch_size_per_gpu='auto', gradient_accumulation_steps='auto', gradient_clipping='auto', fp16=dict(enabled='auto'), bf16=dict(enabled='auto'),
        zero_optimization=dict(stage=3, reduce_bucket_size='auto', stage3_prefetch_bucket_size='auto', stage3_param_persistence_threshold='auto', overlap_comm=True),
        optimizer=dict(type='AdamW', params=dict(lr='auto', betas='auto', eps='auto', weight_decay='auto')), scheduler=dict(type='WarmupDecayLR', params=dict(warmup_min_lr='auto', warmup_max_lr='auto', warmup_num_steps='auto', total_num_steps='auto')))
    a = TrainingArguments('x', use_cpu=True, deepspeed=c, learning_rate=3e-4, warmup_steps=.1, gradient_accumulation_steps=4, weight_decay=.01, bf16=True)
    from types import SimpleNamespace as NS
    model, ref = NS(config=NS(hidden_size=100)), ds.HfTrainerDeepSpeedConfig.__new__(ds.HfTrainerDeepSpeedConfig)
    ref.config, ref.mismatches, ref._dtype = json.loads(json.dumps(c)), [], None
    ref.is_zero3, ref.is_true = lambda: True, lambda k: False
    def find(path):
        *ps, k = path.split('.'); at = ref.config
        for p in ps: at = at.get(p)
        return at, k
    ref.find_config_node, ref.get_value = find, lambda path, default=None: find(path)[0].get(find(path)[1], default)
    ref.is_auto = lambda path: ref.get_value(path) == 'auto'
    ref.trainer_config_process(a); ref.trainer_config_finalize(a, model, 95)
    assert deepspeed_settings(a, model, 95) == ref.config
    assert c['optimizer']['params']['lr'] == 'auto'                                      # what was given is left alone
    with pytest.raises(NotImplementedError, match='fsdp=True'):
        from nbformers.trainer.sharding import plugins
        monkey = pytest.MonkeyPatch(); monkey.setenv('WORLD_SIZE', '2')
        try: plugins(a, None)
        finally: monkey.undo()

def test_batches_that_are_shared_out(monkeypatch):
    monkeypatch.setenv('WORLD_SIZE', '4')
    a = TrainingArguments('x', use_cpu=True, per_device_train_batch_size=32, accelerator_config=dict(split_batches=True))
    assert (a.train_batch_size, a.eval_batch_size) == (8, 2)
    assert TrainingArguments('x', use_cpu=True, per_device_train_batch_size=32).train_batch_size == 32
    with pytest.raises(ValueError, match='shared out evenly'): TrainingArguments('x', per_device_train_batch_size=30, accelerator_config='{"split_batches": true}')
