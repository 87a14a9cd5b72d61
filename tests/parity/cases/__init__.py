"""Which architectures are compared with the reference, and with which configurations.

One line an architecture: a dictionary of tiny sizes, and for every key worth varying the values to draw from.
The harness draws at least three configurations from a seed so that each listed value is used at least once;
heads are found by asking the reference which classes it has for the type, so one that is missing here fails."""
import importlib, pkgutil, re

CASES = {}

def case(model_type, *parts, heads=None, skip='', inputs=None, labels=None, mend=None, packs=True, kinds=None, disk=None, **options):
    """Add one architecture. `parts` are dictionaries of `key: value` (fixed) or `key: [values]` (drawn); a later one wins.

    `heads` maps a pattern on class names to more keys for those alone; `skip` is a pattern of reference classes left out.
    `inputs(cls_name, config, seed, side)` and `labels(cls_name, config, inputs, seed)` make what unusual architectures read and learn from.
    Models that see or hear: see `senses.py`; `kinds(takes, config)` names the kinds of call, and `inputs` gets such a name as its last argument.
    `disk(cls_name, name)`: the right name of a tensor on disk, where the reference writes a wrong one.
    `packs=False`: the reference lets packed documents see each other, which is no example to follow.
    `mend(reference)` repairs a fault of the reference that is known and said beside it.
    A key that starts with `_` holds whole dictionaries to draw from, for keys that only make sense together."""
    merged = {}
    for p in (*parts, options): merged |= p
    CASES[model_type] = dict(options=merged, heads=heads or {}, skip=skip, inputs=inputs, labels=labels, mend=mend, packs=packs, kinds=kinds, disk=disk)

def options_of(model_type, cls_name):
    "The keys and values to draw from for this class."
    c = CASES[model_type]
    out = dict(c['options'])
    for pattern, more in c['heads'].items():
        if re.fullmatch(pattern, cls_name): out |= more
    return out

# sizes ---------------------------------------------------------------------------------------------------------------
COMMON = dict(vocab_size=99, num_labels=[3, 5, 1], problem_type=[None, None, 'multi_label_classification'], bos_token_id=1, eos_token_id=2, use_cache=True)
ENCODER = COMMON | dict(hidden_size=32, num_hidden_layers=3, num_attention_heads=4, intermediate_size=37, max_position_embeddings=40,
    type_vocab_size=3, hidden_act=['gelu', 'relu', 'gelu_new'], layer_norm_eps=[1e-12, 1e-5], tie_word_embeddings=[True, False], pad_token_id=0,
    classifier_dropout=[None, .2], chunk_size_feed_forward=[0, 1, 4])
DECODER_ENCODER = dict(chunk_size_feed_forward=[0, 1], _role=[dict(is_decoder=True), dict(is_decoder=True, add_cross_attention=True)])
MAYBE_DECODER = dict(chunk_size_feed_forward=[0, 1], _role=[{}, dict(is_decoder=True), dict(is_decoder=True, add_cross_attention=True)])
LLAMA = COMMON | dict(hidden_size=32, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=[2, 4, 1], intermediate_size=48, pad_token_id=0,
    max_position_embeddings=64, hidden_act=['silu', 'gelu_pytorch_tanh'], rms_norm_eps=[1e-6, 1e-5], tie_word_embeddings=[False, True], head_dim=[8, 16])
# rope: `max_position_embeddings` below the sequence length makes dynamic and longrope switch in the middle
ROPE = dict(_rope=[
    dict(rope_parameters=dict(rope_type='default', rope_theta=500.)),
    dict(rope_parameters=dict(rope_type='linear', rope_theta=10000., factor=3.)),
    dict(rope_parameters=dict(rope_type='dynamic', rope_theta=10000., factor=2.), max_position_embeddings=8),
    dict(rope_parameters=dict(rope_type='yarn', rope_theta=10000., factor=4., original_max_position_embeddings=16)),
    dict(rope_parameters=dict(rope_type='llama3', rope_theta=500000., factor=8., low_freq_factor=1., high_freq_factor=4., original_max_position_embeddings=32)),
    dict(rope_parameters=dict(rope_type='longrope', rope_theta=10000., factor=4., original_max_position_embeddings=8, short_factor=[1.1]*4, long_factor=[2., 2.5, 3., 4.]), head_dim=8),
])
SOME_ROPE = dict(_rope=ROPE['_rope'][:4])
WINDOWS = dict(_window=[dict(use_sliding_window=False), dict(use_sliding_window=True, sliding_window=4, max_window_layers=1),
    dict(use_sliding_window=True, sliding_window=3, layer_types=['sliding_attention', 'full_attention', 'sliding_attention'])])

# architectures: one file of `case(...)` lines a kind ---------------------------------------------------------------------
for m in sorted(m.name for m in pkgutil.iter_modules(__path__)): importlib.import_module(f'{__name__}.{m}')
