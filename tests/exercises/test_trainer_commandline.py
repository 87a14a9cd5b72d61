"Solutions of the exercises in nbs/08_trainer/05b_commandline.ipynb and 34_toolbox.ipynb; the setters of 05_arguments, the parser and the small parts beside the reference's."
import inspect, json, math
from enum import Enum
from typing import List, Literal, Optional, Union
from dataclasses import dataclass, field
from pathlib import Path
import pytest
from tests.seeds import SEED
from nbformers.trainer.arguments import TrainingArguments
from nbformers.trainer.commandline import HfArgumentParser
from . import judged

@dataclass
class Layers: layers: list[int]

def test_a_list_of_numbers(capsys):
    parser = HfArgumentParser(Layers)
    assert parser.parse_args_into_dataclasses('--layers 1 2 5'.split())[0].layers == [1, 2, 5]
    with pytest.raises(SystemExit): parser.parse_args_into_dataclasses([])
    assert 'required: --layers' in capsys.readouterr().err
    def read_layers(words): return HfArgumentParser(Layers).parse_args_into_dataclasses(words)[0].layers
    judged('trainer.commandline', 1, read_layers, lambda words: [1, 2, 5], lambda words: read_layers(words or ['--layers', '1']))

def read_arguments(words):
    parser = HfArgumentParser((Layers, TrainingArguments))
    if len(words) == 1 and words[0].endswith('.json'): return parser.parse_json_file(words[0])
    return parser.parse_args_into_dataclasses(words)

def test_flags_or_a_file(tmp_path):
    f = tmp_path/'a.json'; f.write_text(json.dumps(dict(layers=[3], seed=5)))
    for words in ([str(f)], '--layers 3 --seed 5'.split()):
        mine, a = read_arguments(words)
        assert mine.layers == [3] and a.seed == 5
    def file_only_by_name(words):
        if words[0].endswith('.json'): return Layers([3, 4]), TrainingArguments()
        return read_arguments(words)
    judged('trainer.commandline', 2, read_arguments, file_only_by_name)

CALLS = dict(training=dict(learning_rate=1e-4, batch_size=32, max_steps=7), evaluate=dict(strategy='steps', steps=100), testing=dict(batch_size=3, loss_only=True), save=dict(strategy='steps', steps=100, total_limit=2),
    logging=dict(strategy='steps', steps=10, first_step=True), push_to_hub=dict(model_id='me/x', strategy='checkpoint'), optimizer=dict(name='adamw_torch', beta1=.8), lr_scheduler=dict(name='cosine', warmup_steps=.05),
    dataloader=dict(train_batch_size=16, num_workers=2, sampler_seed=3))

@pytest.mark.parametrize('group', CALLS)
def test_setters_are_the_reference_s(group):
    tf = pytest.importorskip('transformers')
    a, b = (getattr(c('x', use_cpu=True), f'set_{group}')(**CALLS[group]) for c in (TrainingArguments, tf.TrainingArguments))
    want, got = inspect.signature(getattr(tf.TrainingArguments, f'set_{group}')).parameters, inspect.signature(getattr(TrainingArguments, f'set_{group}')).parameters
    assert list(got) == list(want)
    plain = lambda v: getattr(v, 'value', v)
    for k, p in want.items(): assert plain(got[k].default) == plain(p.default) or (k, p.default) in [('delay', None)], (k, got[k].default, p.default)
    skip = {'accelerator_config', 'debug', 'report_to', 'disable_tqdm', 'eval_delay', 'dataloader_pin_memory', 'gradient_checkpointing', 'activation_checkpointing'}
    a, b = a.to_dict(), b.to_dict()
    assert {k: v for k, v in a.items() if k not in skip} == {k: v for k, v in b.items() if k not in skip}
    assert bool(a['gradient_checkpointing']) == bool(b['gradient_checkpointing'])

class Kind(Enum): small = 'small'; large = 'large'

def fields(lib):
    "The same dataclass twice: types are resolved in place."
    from importlib import import_module
    HfArg = import_module(lib.__name__+'.hf_argparser').HfArg
    @dataclass
    class Args:
        name: str
        n: int = 3
        rate: Optional[float] = None
        flag: bool = False
        on: bool = True
        bare: bool = HfArg(default=False, help='say 100%% of it')
        maybe: Optional[bool] = None
        words: list[str] = field(default_factory=lambda: ['a'])
        ids: Optional[List[int]] = None
        kind: Kind = 'small'
        pick: Literal['x', 'y', 3] = 'x'
        either: Union[int, str] = 5
        short: int = HfArg(default=2, aliases=['-s', '--brief'], help='a short one')
        few: int = field(default=1, metadata=dict(choices=[1, 2, 4]))
        made: int = field(default=0, init=False)
    Args._argument_group_name = 'mine'
    return Args

LINES = ['--name a', '--name a --n 5 --rate 1e-3 --flag --no_on', '--name a --flag False --on no --maybe yes --words b c --ids 1 2', '--name a --kind large --pick 3 --either 7', '--name a -s 4', '--name a --brief 5 --no-on',
    '--name a --kind huge', '--name a --pick z', '--n 4', '--name a --few 3', '--name a --few 4 --flag true --extra 9', '--name a --flag maybe', '--name a --made 3', '--name a --nam b', '--name=a --rate none', '--extra 2 --name a rest --odd 1']

def test_parser_is_the_reference_s(tmp_path, capsys):
    "Command lines, dictionaries and files of many shapes: the same values, or an error on both sides."
    tf = pytest.importorskip('transformers')
    nb = __import__('nbformers')
    def read(lib, how):
        p = lib.HfArgumentParser(fields(lib)); p.add_argument('--extra', type=int, default=1)
        try: mine, more, *rest = how(p)
        except (SystemExit, ValueError): return 'error'
        return {k: getattr(v, 'value', v) for k, v in vars(mine).items()}, vars(more), rest
    for line in LINES:
        for kw in ({}, dict(return_remaining_strings=True)):
            a, b = (read(lib, lambda p: p.parse_args_into_dataclasses(line.split(), **kw)) for lib in (nb, tf))
            if line.endswith('none'): assert b == 'error' and a[0]['rate'] is None       # ours knows how to say nothing
            else: assert a == b, (line, kw, a, b)
    (tmp_path/'x.args').write_text('--name f --n 8'); (tmp_path/'y.args').write_text('--n 9 --flag')
    for kw in (dict(args_filename=tmp_path/'x.args'), dict(args_filename=str(tmp_path/'x.args'), args_file_flag='--more')):
        words = ['--rate', '2'] + (['--more', str(tmp_path/'y.args')] if len(kw) > 1 else [])
        a, b = (read(lib, lambda p: p.parse_args_into_dataclasses(words, **kw)) for lib in (nb, tf))
        assert a == b and a[0]['n'] == (9 if len(kw) > 1 else 8)
    (tmp_path/'x.yaml').write_text('name: q\nn: 4\nids: [1, 2]\n'); (tmp_path/'x.json').write_text('{"name": "q", "odd": 1}')
    one = lambda lib, how: vars(how(lib.HfArgumentParser(fields(lib)))[0])
    for how in (lambda p: p.parse_yaml_file(tmp_path/'x.yaml'), lambda p: p.parse_json_file(tmp_path/'x.json', allow_extra_keys=True), lambda p: p.parse_dict(dict(name='z', flag=True)), lambda p: p.parse_dict(args=dict(name='z', odd=2), allow_extra_keys=True)):
        assert one(nb, how) == one(tf, how)
    space = lambda lib: {k: getattr(v, 'value', v) for k, v in vars(lib.HfArgumentParser((fields(lib),)).parse_args(['--name', 'a', '--n', '7'])).items()}
    assert space(nb) == space(tf)
    texts = [lib.HfArgumentParser(fields(lib), prog='p').format_help() for lib in (nb, tf)]
    for t in texts: assert 'mine:' in t and 'a short one (default: 2)' in t and '100% of it' in t
    assert vars(nb.HfArgumentParser().parse_args([])) == {}

def floor(epsilon, v):
    "The entropy of a smoothed label: nothing can be better than saying just that."
    q = [1-epsilon+epsilon/v] + [epsilon/v]*(v-1)
    return -sum(x*math.log(x) for x in q if x)

def test_floor_of_a_smoothed_loss():
    import torch
    from nbformers.trainer.toolbox import LabelSmoother
    for eps, v in ((.1, 3), (.3, 3), (.2, 50)):
        best = torch.tensor([[1-eps+eps/v] + [eps/v]*(v-1)]).double().log()
        assert LabelSmoother(eps)((best,), torch.tensor([0])).item() == pytest.approx(floor(eps, v), abs=1e-9)
    assert floor(0., 3) == 0
    judged('trainer.toolbox', 1, floor, lambda epsilon, v: 0., lambda epsilon, v: floor(epsilon/2, v))

def test_norms_that_are_no_layer_norms():
    import torch
    from nbformers import LlamaConfig, LlamaModel
    from nbformers.trainer.toolbox import get_parameter_names
    with torch.device('meta'): m = LlamaModel(LlamaConfig(vocab_size=9, hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=2))
    by_class = get_parameter_names(m, [torch.nn.LayerNorm])
    assert sum('norm' in n for n in by_class) == 3 and not any('norm' in n for n in get_parameter_names(m, [torch.nn.LayerNorm], ['norm']))
    assert not any('norm' in n for n in get_parameter_names(m, [torch.nn.LayerNorm, type(m.norm)]))
    norms = [n for n in by_class if 'norm' in n]
    judged('trainer.toolbox', 2, (norms, ['norm']), (norms, ['layernorm']), (norms, ['.']), (norms[:2], ['norm']))

def test_parts_are_the_reference_s():
    "Names, enumerations, smoothed losses and nests, beside the reference's, on drawn shapes."
    tf, torch = pytest.importorskip('transformers'), pytest.importorskip('torch')
    from transformers import trainer_pt_utils as R, trainer_utils as U
    from transformers.training_args import OptimizerNames
    from nbformers.trainer import toolbox as P
    for ours, theirs in ((P.SchedulerType, U.SchedulerType), (P.OptimizerNames, OptimizerNames)): assert {k: m.value for k, m in ours.__members__.items()} == {k: m.value for k, m in theirs.__members__.items()}
    with torch.device('meta'): m = tf.T5Model(tf.T5Config(num_layers=1, d_model=8, d_kv=4, d_ff=8, vocab_size=9)); b = tf.BertModel(tf.BertConfig(num_hidden_layers=1))
    for x, kw in ((m, ([torch.nn.Linear],)), (b, ([torch.nn.LayerNorm],)), (b, ([torch.nn.LayerNorm, torch.nn.Embedding], ['bias', 'pooler', r'layer\.0'])), (m, ([], ['layer_norm']))):
        assert P.get_parameter_names(x, *kw) == R.get_parameter_names(x, *kw) and P.get_model_param_count(x) == R.get_model_param_count(x)
    g = torch.Generator().manual_seed(SEED)
    draw = lambda lo, hi: int(torch.randint(lo, hi+1, (1,), generator=g))
    for dtype in (torch.float32, torch.float64, torch.bfloat16):
        for shift in (False, True):
            b, t, v = draw(1, 4), draw(2, 6), draw(2, 9)
            logits = torch.randn(b, t, v, generator=g, dtype=torch.float64).to(dtype); labels = torch.randint(v, (b, t), generator=g); labels[0, 0] = -100
            for n in (None, 7, torch.tensor(5)):
                x, y = (S(.1*draw(0, 9))(dict(logits=logits), labels.clone(), shift_labels=shift, num_items_in_batch=n) for S in (lambda e: P.LabelSmoother(.3), lambda e: R.LabelSmoother(.3)))
                assert torch.allclose(x.double(), y.double(), rtol=2e-2 if dtype == torch.bfloat16 else 1e-5, equal_nan=True), (dtype, shift, x, y)
    nest = lambda b, t: dict(a=torch.randn(b, t, 3, generator=g), b=(torch.randn(b, generator=g), [torch.randn(b, t, generator=g).bfloat16()]))
    x, y = nest(draw(1, 3), draw(1, 5)), nest(draw(1, 3), draw(1, 5))
    flat = lambda n: [n['a'], n['b'][0], n['b'][1][0]]
    for fn, args in ((lambda l: l.nested_concat(x, y), ()), (lambda l: l.nested_truncate(y, 1), ()), (lambda l: l.nested_concat(l.nested_numpify(x), l.nested_numpify(y), padding_index=7), ())):
        for p, q in zip(flat(fn(P)), flat(fn(R))): assert p.shape == q.shape and str(p.dtype) == str(q.dtype) and (p == q).all()
    assert [P.find_batch_size(n) for n in (x, [], (None, x))] == [R.find_batch_size(n) for n in (x, [], (None, x))]
