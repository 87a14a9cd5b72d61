"""What is asked of the architectures that Transformers 5 dropped. `make.py` runs these in Transformers 4.57.6 and stores the
answers beside this file; `tests/golden/test_golden.py` asks this package the same. Needs torch only, so that both sides can import it."""
import math, torch, zlib

SPECS = {}

def spec(model_type, module, classes, *draws, inputs=None, **fixed):
    """One architecture: the folder of its reference, its classes, and at least three configurations.

    `classes` maps a class name to the labels it takes (names of makers in `LABELS`, or functions of `(config, inputs, g)`).
    `inputs(cls_name, config, g)` replaces the usual token ids and mask."""
    assert len(draws) >= 3, f'{model_type}: three configurations at least'
    SPECS[model_type] = dict(module=module, classes=classes, configs=[fixed | d for d in draws], inputs=inputs or token_inputs)

B, T = 2, 8

def generator(*what): return torch.Generator().manual_seed(zlib.crc32('/'.join(map(str, what)).encode()))

def noise(name, shape, seed):
    "A parameter's value, from its name alone: norms near one, biases away from zero."
    r = torch.randn(shape, generator=generator(name, seed))
    if name.endswith('running_var'): return 1 + .2*r.abs()
    if len(shape) == 4: return 1.3*r/math.prod(shape[1:])**.5
    if len(shape) < 2: return (1 + .2*r) if name.endswith('weight') else .2*r
    if len(shape) == 3 and shape[-1] == 1: shape = shape[:2]     # a convolution of width one is a matrix
    return r if 'embed' in name or 'emb.' in name else 1.3*r/min(shape)**.5

def token_inputs(cls_name, config, g):
    "Ids, a mask with padding on the right of one row, and segments where there are some."
    shape = (B, 2, T) if 'MultipleChoice' in cls_name else (B, T)
    ids, mask = torch.randint(3, config['vocab_size'], shape, generator=g), torch.ones(shape, dtype=torch.long)
    mask[1, ..., T-3:] = 0
    return dict(input_ids=ids.masked_fill(mask == 0, config.get('pad_token_id', 0)), attention_mask=mask)

def real(inputs, g, hi):
    "Labels on real tokens, some left out."
    ids, mask = inputs['input_ids'], inputs['attention_mask']
    return torch.randint(0, hi, ids.shape, generator=g).masked_fill((mask == 0) | (torch.rand(ids.shape, generator=g) < .3), -100)

LABELS = dict(
    none=lambda c, x, g: {},
    tokens=lambda c, x, g: dict(labels=real(x, g, c['num_labels'])),
    words=lambda c, x, g: dict(labels=real(x, g, c['vocab_size'])),
    one=lambda c, x, g: dict(labels=torch.randint(0, c['num_labels'], (B,), generator=g)),
    choice=lambda c, x, g: dict(labels=torch.randint(0, 2, (B,), generator=g)),
    span=lambda c, x, g: dict(start_positions=torch.randint(0, 4, (B,), generator=g), end_positions=torch.randint(2, 5, (B,), generator=g)),
)

def questions(model_type):
    "(key, class name, configuration, inputs, labels) for everything that is asked."
    s = SPECS[model_type]
    for cls, kind in s['classes'].items():
        for i, config in enumerate(s['configs']):
            g = generator(model_type, cls, i)
            if 'QuestionAnswering' in cls: config = config | dict(num_labels=2)
            x = s['inputs'](cls, config, g)
            yield f'{cls}/{i}', cls, config, x, (LABELS[kind] if isinstance(kind, str) else kind)(config, x, g)

def flat(name, value):
    "Tensors in an output field, with their names."
    if isinstance(value, torch.Tensor): yield name, value
    elif isinstance(value, (tuple, list)):
        for i, v in enumerate(value): yield from flat(f'{name}.{i}', v)

def answers(model, inputs, labels, decode=0, names=None):
    "What a model says: output fields, two numbers of each gradient, and tokens decoded greedily without a cache."
    takes = set(__import__('inspect').signature(model.forward).parameters)
    opt = {k: True for k in ('output_hidden_states', 'output_attentions') if k in takes}
    out = model(**inputs, **labels, **opt)
    if isinstance(out, torch.Tensor): out = dict(loss=out)   # RetriBERT
    found = {f'out/{n}': t.detach() for k, v in out.items() if k != 'past_key_values' for n, t in flat(k, v)}
    if out.get('loss') is not None:
        out['loss'].backward()
        for n, p in model.named_parameters(remove_duplicate=False):
            if p.grad is not None and (names is None or n in names): found[f'grad/{n}'] = torch.stack((p.grad.sum(), p.grad.abs().sum()))
    if decode:
        ids = inputs['input_ids'][:1]
        for _ in range(decode): ids = torch.cat((ids, model(input_ids=ids).logits[:, -1].detach().argmax(-1, keepdim=True)), 1)
        found['greedy'] = ids
    return {k: v.contiguous().clone() for k, v in found.items()}

# architectures -------------------------------------------------------------------------------------------------------
SIZES = dict(vocab_size=40, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=20, max_position_embeddings=24, num_labels=3)
CAUSAL = ('ForCausalLM','JapaneseForConditionalGeneration')   # class-name endings that are decoded

spec('retribert', 'retribert', {'RetriBertModel': lambda c, x, g: {}},
     dict(share_encoders=True), dict(share_encoders=False, projection_dim=12), dict(hidden_act='relu', layer_norm_eps=1e-5),
     inputs=lambda cls, c, g: dict(zip(('input_ids_query', 'attention_mask_query', 'input_ids_doc', 'attention_mask_doc'),
                                       [*token_inputs(cls, c, g).values(), *token_inputs(cls, c, g).values()])),
     **SIZES, position_embedding_type='absolute', projection_dim=8)
spec('ernie_m', 'ernie_m', dict(ErnieMModel='none', ErnieMForSequenceClassification='one', ErnieMForTokenClassification='tokens', ErnieMForQuestionAnswering='span',
                                ErnieMForMultipleChoice='choice', ErnieMForInformationExtraction=lambda c, x, g: dict(start_positions=torch.rand(B, T, generator=g).round(), end_positions=torch.rand(B, T, generator=g).round())),
     dict(hidden_act='gelu'), dict(hidden_act='relu', pad_token_id=0), dict(layer_norm_eps=1e-3, classifier_dropout=.3), **SIZES, pad_token_id=1)
spec('open-llama', 'open_llama', dict(OpenLlamaModel='none', OpenLlamaForCausalLM='words', OpenLlamaForSequenceClassification='one'),
     dict(), dict(use_stable_embedding=False, shared_input_output_embedding=False, tie_word_embeddings=False), dict(hidden_act='gelu', rope_scaling=dict(type='linear', factor=2.)),
     dict(rope_scaling=dict(type='dynamic', factor=2.), max_position_embeddings=6), **SIZES, pad_token_id=0, bos_token_id=1, eos_token_id=2)

def episode(cls_name, config, g):
    "Two steps but for the last number, as in training; 4.57.6 answers with a tuple unless asked."
    t = 2*config['transition_dim']-1
    return dict(trajectories=torch.randint(0, config['vocab_size']+1, (B, t), generator=g), attention_mask=torch.ones(B, t).index_fill(1, torch.tensor([t-1]), 0.), return_dict=True)
spec('trajectory_transformer', 'trajectory_transformer', dict(TrajectoryTransformerModel=lambda c, x, g: dict(targets=torch.randint(0, c['vocab_size']+1, x['trajectories'].shape, generator=g))),
     dict(), dict(action_weight=1), dict(action_weight=2, reward_weight=3, value_weight=4, n_head=4), dict(action_weight=1, transition_dim=6, use_cache=False),
     inputs=episode, vocab_size=10, n_embd=16, n_layer=2, n_head=2, observation_dim=3, action_dim=2, transition_dim=7, block_size=20)

def prefixed(cls_name, config, g):
    "A prefix that is read both ways, padding on either side, and a spout where there is one (the reference then wants a type for it too)."
    x = token_inputs(cls_name, config, g)
    if config.get('router_bias'): x = {k: v.flip(1) for k, v in x.items()}
    x['token_type_ids'] = torch.zeros(B, T, dtype=torch.long)
    x['token_type_ids'][0, :5] = x['token_type_ids'][1, 3:5] = 1
    if not config['d_spout'] or config.get('router_bias'): return x
    return x | dict(spout=torch.randn(B, config['d_spout'], generator=g), token_type_ids=torch.nn.functional.pad(x['token_type_ids'], (1, 0)))
spec('gptsan-japanese', 'gptsan_japanese', dict(GPTSanJapaneseModel='none', GPTSanJapaneseForConditionalGeneration='words'),
     dict(num_ext_layers=1, expert_capacity=2), dict(router_bias=True, router_dtype='float64', expert_capacity=3), dict(layer_norm_epsilon=1e-2, num_experts=1, num_heads=4),
     dict(num_switch_layers=0, num_ext_layers=2, max_position_embeddings=6, d_spout=0), dict(num_ext_layers=2, max_position_embeddings=5, use_cache=False, d_ext=9),
     inputs=prefixed, vocab_size=40, max_position_embeddings=24, d_model=16, d_ff=20, d_ext=12, d_spout=6, num_switch_layers=2, num_heads=2, num_experts=4,
     pad_token_id=0, eos_token_id=1, separator_token_id=2)

def pictures(cls_name, config, g):
    "Pictures that are no squares."
    return dict(pixel_values=torch.randn(B, config['num_channels'], 29, 38, generator=g))
spec('van', 'van', dict(VanModel='none', VanForImageClassification=lambda c, x, g: LABELS['one'](c, x, g) if c['num_labels'] > 1 else dict(labels=torch.randn(B, generator=g))),
     dict(), dict(patch_sizes=[7, 5, 3], strides=[4, 1, 2], hidden_act='relu', layer_norm_eps=1e-2, num_channels=1), dict(mlp_ratios=[3, 1, 2], depths=[2, 1, 1], layer_scale_init_value=1., num_labels=1),
     dict(patch_sizes=[3], strides=[2], hidden_sizes=[7], depths=[2], mlp_ratios=[2], drop_path_rate=.2, dropout_rate=.3), inputs=pictures,
     num_channels=3, patch_sizes=[7, 3, 3], strides=[4, 2, 2], hidden_sizes=[6, 8, 10], depths=[1, 2, 1], mlp_ratios=[2, 2, 1], num_labels=3)
