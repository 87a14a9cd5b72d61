"Solutions of the exercises in nbs/08_trainer/05b_commandline.ipynb, and the setters of 05_arguments beside the reference's."
import inspect, json
from dataclasses import dataclass
from pathlib import Path
import pytest
from nbformers.trainer.arguments import TrainingArguments
from nbformers.trainer.commandline import HfArgumentParser

@dataclass
class Layers: layers: list[int]

def test_a_list_of_numbers(capsys):
    parser = HfArgumentParser(Layers)
    assert parser.parse_args_into_dataclasses('--layers 1 2 5'.split())[0].layers == [1, 2, 5]
    with pytest.raises(SystemExit): parser.parse_args_into_dataclasses([])
    assert 'required: --layers' in capsys.readouterr().err

def read_arguments(words):
    parser = HfArgumentParser((Layers, TrainingArguments))
    if len(words) == 1 and words[0].endswith('.json'): return parser.parse_json_file(words[0])
    return parser.parse_args_into_dataclasses(words)

def test_flags_or_a_file(tmp_path):
    f = tmp_path/'a.json'; f.write_text(json.dumps(dict(layers=[3], seed=5)))
    for words in ([str(f)], '--layers 3 --seed 5'.split()):
        mine, a = read_arguments(words)
        assert mine.layers == [3] and a.seed == 5

CALLS = dict(training=dict(learning_rate=1e-4, batch_size=32, max_steps=7), evaluate=dict(strategy='steps', steps=100), testing=dict(batch_size=3, loss_only=True), save=dict(strategy='steps', steps=100, total_limit=2),
    logging=dict(strategy='steps', steps=10, first_step=True), push_to_hub=dict(model_id='me/x', strategy='checkpoint'), optimizer=dict(name='adamw_torch', beta1=.8), lr_scheduler=dict(name='cosine', warmup_steps=.05),
    dataloader=dict(train_batch_size=16, num_workers=2, sampler_seed=3))

@pytest.mark.parametrize('group', CALLS)
def test_setters_are_the_reference_s(group):
    tf = pytest.importorskip('transformers')
    a, b = (getattr(c('x', use_cpu=True), f'set_{group}')(**CALLS[group]) for c in (TrainingArguments, tf.TrainingArguments))
    want, got = inspect.signature(getattr(tf.TrainingArguments, f'set_{group}')).parameters, inspect.signature(getattr(TrainingArguments, f'set_{group}')).parameters
    assert set(got) == set(want)
    plain = lambda v: getattr(v, 'value', v)
    for k, p in want.items(): assert plain(got[k].default) == plain(p.default) or (k, p.default) in [('delay', None)], (k, got[k].default, p.default)
    skip = {'accelerator_config', 'debug', 'report_to', 'disable_tqdm', 'eval_delay', 'dataloader_pin_memory', 'gradient_checkpointing', 'activation_checkpointing'}
    a, b = a.to_dict(), b.to_dict()
    assert {k: v for k, v in a.items() if k not in skip} == {k: v for k, v in b.items() if k not in skip}
    assert bool(a['gradient_checkpointing']) == bool(b['gradient_checkpointing'])
