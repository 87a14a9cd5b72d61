"Solutions of the exercises in nbs/08_trainer/24_sharding.ipynb, and its configurations beside the reference's."
import json, os, random
from types import SimpleNamespace as NS
import pytest
from tests.seeds import SEED
from nbformers.trainer.arguments import TrainingArguments
from nbformers.trainer.sharding import deepspeed_plugin, deepspeed_settings, fsdp_settings
from . import judged

def test_devices_for_seven_billion():
    fits = lambda w, cut: 7*(16/w if cut else 16) <= 24
    assert next(w for w in range(1, 100) if fits(w, True)) == 5 and not any(fits(w, False) for w in range(1, 1000))
    devices = lambda billions, device: -(-billions*16//device)
    judged('trainer.sharding', 1, devices, lambda billions, device: devices(billions, device)+1, lambda billions, device: -(-billions*4//device))

def test_bfloat16_by_rows():
    parts = dict(weights=2, gradients=2, adam=12)
    rows = [(), ('adam',), ('adam', 'gradients'), tuple(parts)]
    assert [sum(b/8 if k in cut else b for k, b in parts.items()) for cut in rows] == [16, 5.5, 3.75, 2]
    judged('trainer.sharding', 2, [16, 5.5, 3.75, 2], [16, 8, 4, 2], [16, 5.5, 3.75, 16])

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

def drawn(rng):
    "Some of DeepSpeed's keys, some of them auto, some as the arguments say, a few not; and arguments to go with them."
    some = lambda d, p=.6: {k: v for k, v in d.items() if rng.random() < p}
    kw = some(dict(learning_rate=rng.choice((1e-3, 3e-4)), warmup_steps=rng.choice((.1, 20, 0)), gradient_accumulation_steps=rng.choice((2, 4)), weight_decay=.01, adam_beta2=.95, adam_epsilon=1e-6, max_grad_norm=.5,
        per_device_train_batch_size=rng.choice((1, 3)), save_on_each_node=True))
    if (half := rng.choice((None, 'bf16', 'fp16', 'bf16_full_eval'))): kw[half] = True
    a = TrainingArguments('x', use_cpu=True, **kw)
    b, k = a.per_device_train_batch_size, a.gradient_accumulation_steps
    v = lambda right: rng.choice(('auto', 'auto', 'auto', right, right, right, None if rng.random() < .3 else right, 77 if rng.random() < .12 else right))
    c = some(dict(train_batch_size=v(b*k), train_micro_batch_size_per_gpu=v(b), gradient_accumulation_steps=v(k), gradient_clipping=v(a.max_grad_norm), steps_per_print=9,
        fp16=some(dict(enabled=v(a.fp16), loss_scale=0)), bf16=some(dict(enabled=v(a.bf16 or a.bf16_full_eval))), checkpoint=dict(x=1),
        zero_optimization=some(dict(stage=rng.choice((1, 2, 3)), reduce_bucket_size=v(5), stage3_prefetch_bucket_size=v(6), stage3_param_persistence_threshold=v(7), overlap_comm=True), .8),
        optimizer=dict(type='AdamW', params=some(dict(lr=v(a.learning_rate), betas=v([a.adam_beta1, a.adam_beta2]), eps=v(a.adam_epsilon), weight_decay=v(a.weight_decay)))),
        scheduler=dict(type='WarmupDecayLR', params=some(dict(warmup_min_lr=v(3), warmup_max_lr=v(a.learning_rate), warmup_num_steps=v(max(1, a.get_warmup_steps(95))), total_num_steps=v(95))))), .75)
    return c, kw

def test_deepspeed_as_the_reference_fills_it():
    "Drawn configurations: filled in alike, or refused by both. NBFORMERS_DRAWS=2000 for the long way."
    ds, A = pytest.importorskip('transformers.integrations.deepspeed'), pytest.importorskip('accelerate.utils.deepspeed')
    class Reference(A.HfDeepSpeedConfig): "The reference's class on the base it has where DeepSpeed is installed."
    for k, f in vars(ds.HfTrainerDeepSpeedConfig).items():
        if not k.startswith('__'): setattr(Reference, k, f)
    rng, seen = random.Random(SEED), [0, 0]
    text = NS(text_config=NS(hidden_size=12)), NS(text_config=NS(hidden_sizes=[3, 11, 7])), NS(hidden_sizes=[4, 9]), NS(hidden_size=100), NS(d_model=5)
    for _ in range(int(os.environ.get('NBFORMERS_DRAWS', 200))):
        c, kw = drawn(rng); model = NS(config=rng.choice(text)); before = json.dumps(c)
        a, steps = TrainingArguments('x', use_cpu=True, **kw), 95
        ref = Reference(c); ref._dtype, ref.mismatches = None, []
        try: ref.trainer_config_process(a); ref.trainer_config_finalize(a, model, steps); want = ref.config
        except ValueError as e: want = 'disagree' if 'mismatch' in str(e) else 'no width'
        a.deepspeed = c
        try: got = deepspeed_settings(a, model, steps)
        except ValueError as e: got = 'disagree' if 'disagree' in str(e) else 'no width'
        assert got == want or {got, want} == {'disagree', 'no width'} if isinstance(got, str) and isinstance(want, str) else got == want, (c, kw, got, want)
        assert json.dumps(c) == before                                                   # what was given is left alone
        seen[isinstance(got, str)] += 1
    assert min(seen) > sum(seen)/20, seen
    a = TrainingArguments('x', use_cpu=True, deepspeed=dict(zero_optimization=dict(stage=2), train_micro_batch_size_per_gpu='auto', gradient_accumulation_steps='auto'), per_device_train_batch_size=3, gradient_accumulation_steps=2)
    plugin = deepspeed_plugin(a, None, 95)
    assert (plugin.zero_stage, plugin.gradient_accumulation_steps, plugin.hf_ds_config.config['train_micro_batch_size_per_gpu']) == (2, 2, 3)

def test_batches_that_are_shared_out(monkeypatch):
    monkeypatch.setenv('WORLD_SIZE', '4')
    a = TrainingArguments('x', use_cpu=True, per_device_train_batch_size=32, accelerator_config=dict(split_batches=True))
    assert (a.train_batch_size, a.eval_batch_size) == (8, 2)
    assert TrainingArguments('x', use_cpu=True, per_device_train_batch_size=32).train_batch_size == 32
    with pytest.raises(ValueError, match='shared out evenly'): TrainingArguments('x', per_device_train_batch_size=30, accelerator_config='{"split_batches": true}')
