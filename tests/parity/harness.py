"""Compare one class with the reference on tiny random checkpoints: loading, every output field, loss, gradients, cached
decoding and the saved file. `compare` returns the largest error of each field, relative to that field's scale."""
import copy, dataclasses, functools, importlib.util, inspect, os, random, re, tempfile, warnings
from pathlib import Path
import torch
from .cases import options_of, CASES
from .senses import compare_senses, main_input

os.environ.setdefault('HF_HUB_OFFLINE', '1')
TOLERANCE = 1e-4
T = 12   # tokens a row
D = 9    # tokens a row of a decoder that reads an encoder

# the reference -------------------------------------------------------------------------------------------------------
def reference_module(model_type):
    from transformers.models.auto.configuration_auto import model_type_to_module_name
    name, folder = model_type.replace('-', '_'), model_type_to_module_name(model_type)
    path = f'transformers.models.{folder}.modeling_'   # data2vec-text lives in data2vec/modeling_data2vec_text.py, gemma3_text in gemma3/modeling_gemma3.py
    return importlib.import_module(path + (name if importlib.util.find_spec(path + name) else folder))

def head_names(model_type):
    "Every public model class that the reference has for this type."
    from transformers import PreTrainedModel
    m, skip = reference_module(model_type), CASES[model_type]['skip']
    return [n for n in m.__all__ if isinstance(getattr(m, n), type) and issubclass(getattr(m, n), PreTrainedModel)
            and not n.endswith('PreTrainedModel') and not (skip and re.fullmatch(skip, n))]

SEED = os.environ.get('PARITY_SEED') or os.environ.get('NBFORMERS_SEED', '')   # another seed draws other combinations of the listed values, and other weights

def draw(model_type, cls_name):
    "At least three configurations in which every listed value occurs."
    options = options_of(model_type, cls_name)
    lists = {k: v for k, v in options.items() if isinstance(v, list)}
    fixed = {k: v for k, v in options.items() if not isinstance(v, list)}
    n = max([4, *map(len, lists.values())])
    order = {}
    for k, vs in lists.items():
        vs = list(vs); random.Random(f'{cls_name}.{k}{SEED}').shuffle(vs)
        order[k] = vs
    configs = []
    for i in range(n):
        c = dict(fixed)
        c |= {k: vs[i % len(vs)] for k, vs in order.items() if k[0] != '_'}
        for k, vs in order.items():
            if k[0] == '_': c |= vs[i % len(vs)]
        if c.get('problem_type') == 'multi_label_classification' and c.get('num_labels') == 1: c['problem_type'] = None
        if 'QuestionAnswering' in cls_name: c['num_labels'] = 2
        if 'TokenClassification' in cls_name and c['num_labels'] == 1: c['num_labels'] = 4   # one label: the loss is constant
        configs.append(copy.deepcopy(c))
    return configs

@torch.no_grad()
def add_noise(model, seed):
    "Every parameter random: norms near one, biases away from zero, matrices of a scale that keeps attention uneven."
    g = torch.Generator().manual_seed(seed)
    for name, p in model.named_parameters():
        r = torch.randn(p.shape, generator=g)
        if name in (getattr(model, '_keys_to_ignore_on_save', None) or ()): continue   # sine waves that no file holds
        if p.ndim > 3 and p.shape[-1] > 1: p.copy_(1.3*r/p[0].numel()**.5)   # a convolution
        elif p.ndim < 2: p.copy_((1 + .2*r) if name.endswith('weight') else .2*r)
        else: p.copy_(r if 'embed' in name or 'wte' in name or 'wpe' in name else 1.3*r/min(p.shape[:2] if p.shape[-1] == 1 and p.ndim > 2 else p.shape)**.5)
    for name, b in model.named_buffers():
        if name.endswith('running_mean'): b.copy_(.3*torch.randn(b.shape, generator=g))
        if name.endswith('running_var'): b.copy_(1 + .3*torch.rand(b.shape, generator=g))
        if name.endswith('e_score_correction_bias'): b.copy_(.1*torch.randn(b.shape, generator=g))   # a router's correction is saved though not trained
        if name.endswith('running_mean'): b.copy_(.3*torch.randn(b.shape, generator=g))   # what batch norms have seen
        if name.endswith('running_var'): b.copy_(.5 + torch.rand(b.shape, generator=g))
    return model

REFERENCE = {}   # class name -> (model type, the reference's class), for every class met so far

@functools.cache
def takes(cls_name):
    "Names that the reference's `forward` takes."
    return inspect.signature(REFERENCE[cls_name][1].forward).parameters

# left-padded, the reference of these counts a text's columns, padding included, and takes no positions; ours does
COLUMNS = '((M|PL)?Bart|Whisper|TrOCR|Pegasus|Blenderbot(Small)?|Mvp|Marian|RoFormer)ForCausalLM'

def positions(cls_name):
    "Whether positions can be given, to the reference's class or to ours."
    return 'position_ids' in takes(cls_name) or not re.fullmatch(COLUMNS, cls_name) and 'position_ids' in inspect.signature(our_class(cls_name).forward).parameters

def stretched(config):
    "Whether angles depend on the length of the text: the reference goes by the longest row of a batch, we by each row's own."
    p = config.get('rope_parameters') or {}
    return any(isinstance(q, dict) and q.get('rope_type') in ('dynamic', 'longrope') for q in (p, *p.values()))

def count_from(ref, first):
    "RoBERTa's first token has position `pad+1`, in training and in `forward`; 5.23's `generate` says 0."
    plain = ref._prepare_position_ids_for_generation
    ref._prepare_position_ids_for_generation = lambda *args: plain(*args) + first

def is_seq2seq(cls_name): return 'decoder_input_ids' in takes(cls_name)

def make_reference(model_type, cls_name, config, seed=0):
    m = reference_module(model_type)
    cls = getattr(m, cls_name)
    REFERENCE[cls_name] = model_type, cls
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        model = cls._from_config(cls.config_class(**copy.deepcopy(config)), attn_implementation='eager')
    add_noise(model, seed).tie_weights()
    for m in model.modules():
        if getattr(m, 'rope_type', '') == 'dynamic': m.register_forward_pre_hook(forget)
    if CASES[model_type]['mend']: CASES[model_type]['mend'](model)
    return model.eval()

def forget(m, args):
    "The reference's dynamic rope remembers the longest text it has seen; each call is compared on its own."
    m.inv_freq, m.max_seq_len_cached = m.original_inv_freq.clone(), m.original_max_seq_len

# inputs --------------------------------------------------------------------------------------------------------------
def make_inputs(cls_name, config, seed=0, side='right'):
    "Token ids `(3,T)` (or `(3,2,T)` with choices) with padding on one side, an attention mask, and what the class needs besides."
    own = CASES[REFERENCE[cls_name][0]]['inputs'] or usual_inputs
    return own(cls_name, config, seed, side)

def usual_inputs(cls_name, config, seed=0, side='right'):
    g = torch.Generator().manual_seed(seed)
    pad, vocab = config.get('pad_token_id'), config['vocab_size']
    shape = (3, 2, T) if 'MultipleChoice' in cls_name or 'DoubleHeads' in cls_name else (3, T)
    ids = torch.randint(3, vocab, shape, generator=g)
    if pad is not None: ids[ids == pad] = 4 if pad == 3 else 3   # a real token that looks like padding ends a text too early
    mask = torch.ones(shape, dtype=torch.long)
    if side and side != 'none':
        for row, n in enumerate((0, 2, 5)):
            cut = slice(T-n, T) if side == 'right' else slice(0, n)
            if n: mask[row, ..., cut] = 0
        ids = ids.masked_fill(mask == 0, pad)
    inputs = dict(input_ids=ids, attention_mask=mask)
    if config.get('type_vocab_size', 0) > 1 and 'token_type_ids' in takes(cls_name): inputs['token_type_ids'] = torch.randint(0, config['type_vocab_size'], shape, generator=g)
    if config.get('add_cross_attention'):
        width = config.get('hidden_size') or config.get('n_embd') or config.get('d_model') or config['d_model']
        inputs['encoder_hidden_states'] = torch.randn(3, 7, width, generator=g)
        inputs['encoder_attention_mask'] = (torch.rand(3, 7, generator=g) > .3).long().index_fill(1, torch.tensor([0]), 1)
    if 'DoubleHeads' in cls_name: inputs['mc_token_ids'] = torch.randint(5, T-5, shape[:2], generator=g)
    return seq2seq_inputs(inputs, cls_name, config, g, side) if is_seq2seq(cls_name) else inputs

def seq2seq_inputs(inputs, cls_name, config, g, side):
    "What the decoder reads, of another length than what the encoder reads; heads that read the end of a text get one."
    if 'Classification' in cls_name or 'QuestionAnswering' in cls_name:   # these make the decoder's tokens from the encoder's
        ids, mask, eos = inputs['input_ids'], inputs['attention_mask'], config.get('eos_token_id', 2)
        ids = ids.masked_fill(ids == eos, 3)
        for row in range(len(ids)): ids[row, mask[row].nonzero()[-1]] = eos
        return inputs | dict(input_ids=ids)
    ids = torch.randint(3, config.get('decoder_vocab_size', config['vocab_size']), (3, D), generator=g)
    ids[:, 0] = config.get('decoder_start_token_id', 2)
    mask = torch.ones(3, D, dtype=torch.long)
    if side == 'right':
        mask[1, D-3:] = 0
        ids = ids.masked_fill(mask == 0, config['pad_token_id'])
    return inputs | dict(decoder_input_ids=ids, decoder_attention_mask=mask)

def make_labels(cls_name, config, inputs, seed=0):
    own = CASES[REFERENCE[cls_name][0]]['labels'] or usual_labels
    return own(cls_name, config, inputs, seed)

def usual_labels(cls_name, config, inputs, seed=0):
    g = torch.Generator().manual_seed(seed+1)
    ids, n = inputs['decoder_input_ids' if 'decoder_input_ids' in inputs else 'input_ids'], config.get('num_labels', 2)
    rand = lambda hi, shape: torch.randint(0, hi, shape, generator=g)
    mask = inputs.get('decoder_attention_mask', inputs.get('attention_mask', torch.ones_like(ids)))
    if re.search('(?<!X)(?<!XG)(?<!Smol)LM(?!odel)', cls_name) or 'Double' in cls_name: mask = mask * torch.nn.functional.pad(mask, (1, 0), value=1)[..., :-1]   # the first real token is predicted by padding
    tokens = lambda hi: rand(hi, ids.shape).masked_fill((torch.rand(ids.shape, generator=g) < .3) | (mask == 0), -100)
    if 'DoubleHeads' in cls_name: return dict(labels=tokens(config['vocab_size']), mc_labels=rand(2, (3,)))
    if 'MultipleChoice' in cls_name or 'NextSentence' in cls_name: return dict(labels=rand(2, (3,)))
    if 'PreTraining' in cls_name: return dict(labels=tokens(config['vocab_size']), next_sentence_label=rand(2, (3,)))
    if 'SequenceClassification' in cls_name:
        if n == 1: return dict(labels=torch.randn(3, generator=g))
        if config.get('problem_type') == 'multi_label_classification': return dict(labels=rand(2, (3, n)).float())
        return dict(labels=rand(n, (3,)))
    if 'TokenClassification' in cls_name: return dict(labels=tokens(n))
    if 'QuestionAnswering' in cls_name and mask.bool().all(): return dict(   # the softmax over positions includes padded ones
        start_positions=rand(T, (3,)), end_positions=torch.tensor([1, T+3, 2]))
    if re.search('(?<!X)(?<!XG)(?<!Smol)LM(?!odel)', cls_name) or 'ConditionalGeneration' in cls_name: return dict(labels=tokens(config.get('decoder_vocab_size', config['vocab_size'])))
    return {}

def own_mask(inputs): return inputs.get('decoder_attention_mask', inputs.get('attention_mask'))

# measuring -----------------------------------------------------------------------------------------------------------
def flat(name, value):
    "Tensors in an output field, with their names."
    if isinstance(value, torch.Tensor): yield name, value
    elif isinstance(value, (tuple, list)):
        for i, v in enumerate(value): yield from flat(f'{name}.{i}', v)
    elif isinstance(value, dict):   # the parts of a loss
        for k, v in value.items(): yield from flat(f'{name}.{k}', v)

def visible(name, t, mask):
    "Only what belongs to tokens that are there: a padded query's output means nothing and backends differ on it."
    if isinstance(mask, dict): mask = mask.get('attention_mask') if name.startswith('encoder_') else own_mask(mask)
    if mask is None: return t
    keep = mask.bool().reshape(-1, mask.shape[-1])
    if 'router' in name and t.shape[0] == keep.numel(): return t[keep.flatten()]
    if name == 'pooler_output': return t[keep[:, 0]]
    if t.ndim == 4 and 'attentions' in name and t.shape[0] == keep.shape[0] and t.shape[2] == keep.shape[1]: return t.transpose(1, 2)[keep]
    if 'attentions' not in name and t.ndim >= 2 and t.shape[:keep.ndim] == keep.shape: return t[keep]
    if t.shape[:mask.ndim] == mask.shape and 'attentions' not in name: return t[mask.bool()]
    return t

def error(ours, theirs):
    "Largest difference as a part of the largest value."
    assert ours.shape == theirs.shape, f'shape {tuple(ours.shape)}, the reference gives {tuple(theirs.shape)}'
    assert ours.dtype == theirs.dtype, f'dtype {ours.dtype}, the reference gives {theirs.dtype}'
    if not ours.numel(): return 0.
    a, b = ours.detach().float(), theirs.detach().float()
    assert torch.isfinite(a).all() or not torch.isfinite(b).all(), 'not finite'
    return float((a-b).abs().max() / b.abs().max().clamp(min=1e-3))

class Errors(dict):
    "Largest error by field; a field that goes past the tolerance raises at once."
    def note(self, what, e):
        key = what.split('.')[0]
        self[key] = max(self.get(key, 0.), e)
        assert e <= TOLERANCE, f'{what}: relative error {e:.2e} is over {TOLERANCE:.0e}'
    def outputs(self, what, ours, theirs, mask=None, texts=None):
        a, b = dict(ours.items()), dict(theirs.items())
        tensors = lambda d: {k for k, v in d.items() if isinstance(v, torch.Tensor) or isinstance(v, (tuple, list)) and v}   # the reference has empty tuples
        assert tensors(a) == tensors(b), f'{what}: fields {sorted(tensors(a))}, the reference gives {sorted(tensors(b))}'
        declared = [f.name for f in dataclasses.fields(theirs) if f.name in tensors(b)]   # its backbones fill some fields late, against the order of its own class
        assert [k for k in a if k in tensors(a)] == declared, f'{what}: field order {list(a)}, declared is {declared}'
        for k, v in b.items():
            if dataclasses.is_dataclass(v): self.outputs(f'{what} {k}', a[k], v, mask if mask is not None else texts if 'text' in k else None)   # one tower's output
        for k in tensors(b):
            x, y = dict(flat(k, a[k])), dict(flat(k, b[k]))
            assert x.keys() == y.keys(), f'{what}: {k} has {len(x)} tensors, the reference {len(y)}'
            for n in y:
                try: self.note(n, error(visible(n, x[n], mask), visible(n, y[n], mask)))
                except AssertionError as ex: raise AssertionError(f'{what}: {n}: {ex}') from None

# the comparison ------------------------------------------------------------------------------------------------------
def cut(inputs, lo, hi, total_mask=True):
    "The inputs for tokens `lo:hi` of a sequence whose earlier tokens are in the cache."
    out, dec = dict(inputs), 'decoder_' if 'decoder_input_ids' in inputs else ''
    shape = out[dec+'input_ids'].shape
    for k, v in inputs.items():
        if k.startswith(dec) and getattr(v, 'shape', None) == shape and not k.endswith('attention_mask'): out[k] = v[..., lo:hi]
    if dec+'attention_mask' in out: out[dec+'attention_mask'] = out[dec+'attention_mask'][..., :hi]
    out.pop('mc_token_ids', None)
    return out

def source(inputs):
    "What an encoder reads, by its name: tokens, pixels, samples, the picture of a sound."
    name = next(n for n in ('input_ids', 'pixel_values', 'input_values', 'input_features') if n in inputs)
    return {name: inputs[name]}

def read(model, inputs):
    "The inputs with the encoder's states in place of what it read."
    rest = {k: v for k, v in inputs.items() if k not in source(inputs)}
    return rest | dict(encoder_outputs=model.get_encoder()(**source(inputs), **({'attention_mask': inputs['attention_mask']} if 'attention_mask' in inputs else {})))

def chunked(model, inputs, cuts, **kw):
    "Run a sequence piece by piece through the cache; the outputs of every piece."
    past, outs = None, []
    if 'decoder_input_ids' in inputs: inputs = read(model, inputs)
    for lo, hi in zip(cuts, cuts[1:]):
        o = model(**cut(inputs, lo, hi), past_key_values=past, use_cache=True, **kw)
        past = o.past_key_values
        outs.append(o)
    return outs

def decode(model, inputs, n, cached=True):
    "Greedy decoding written out: `n` tokens after left-padded prompts, with or without a cache."
    if 'decoder_input_ids' in inputs: return decode_seq2seq(model, read(model, inputs), n, cached)
    ids, mask = inputs['input_ids'], inputs['attention_mask']
    extra = {k: v for k, v in inputs.items() if k.startswith('encoder_')}
    past, new = None, ids
    for _ in range(n):
        pos = (mask.cumsum(-1)-1).clamp(min=0)
        at = lambda pos: dict(position_ids=pos) if positions(type(model).__name__) else {}
        if cached: o = model(input_ids=new, attention_mask=mask, **at(pos[:, -new.shape[1]:]), past_key_values=past, use_cache=True, **extra); past = o.past_key_values
        else: o = model(input_ids=ids, attention_mask=mask, **at(pos), use_cache=False, **extra)
        new = o.logits[:, -1].argmax(-1, keepdim=True)
        ids, mask = torch.cat((ids, new), -1), torch.cat((mask, torch.ones_like(new)), -1)
    return ids[:, -n:]

def decode_seq2seq(model, inputs, n, cached):
    ids, past, keep = inputs['decoder_input_ids'][:, :1], None, {k: inputs[k] for k in ('encoder_outputs', 'attention_mask') if k in inputs}
    new = ids
    for _ in range(n):
        if cached: o = model(**keep, decoder_input_ids=new, past_key_values=past, use_cache=True); past = o.past_key_values
        else: o = model(**keep, decoder_input_ids=ids, use_cache=False)
        new = o.logits[:, -1].argmax(-1, keepdim=True)
        ids = torch.cat((ids, new), -1)
    return ids

def gradients(model, out, mask, seed=0):
    model.zero_grad()
    loss = out.get('loss')
    if loss is not None and out.get('mc_loss') is not None: loss = loss + out['mc_loss']
    if loss is None:
        x = next(v for vs in out.values() for _, v in flat('', vs) if v.is_floating_point())
        x = visible('output', x, mask)
        loss = (x * torch.randn(x.shape, generator=torch.Generator().manual_seed(seed))).sum()
    loss.backward()
    return {n: p.grad for n, p in model.named_parameters(remove_duplicate=False) if p.grad is not None}

def folder():
    "A place for checkpoints: in memory where there is such a place, since every saved file waits until the disk has it."
    return tempfile.TemporaryDirectory(dir='/dev/shm' if os.access('/dev/shm', os.W_OK) else None)

def our_class(cls_name):
    import nbformers
    return getattr(nbformers, cls_name)

def disk(folder):
    from safetensors.torch import load_file
    return {k: v for f in sorted(Path(folder).glob('*.safetensors')) for k, v in load_file(f).items()}

def compare(model_type, cls_name, config, seed=0, cls=None):
    "All comparisons for one class and one configuration; returns `Errors`."
    cls = cls or our_class(cls_name)
    with folder() as d: return _compare(Errors(), Path(d), cls, model_type, cls_name, config, seed)

def _compare(errs, d, cls, model_type, cls_name, config, seed):
    ref = make_reference(model_type, cls_name, config, seed)
    ref.save_pretrained(d/'theirs')
    ours = load(errs, cls, ref, d/'theirs', d/'ours', cls_name)
    both = 'input_ids' in takes(cls_name) and ('vision_config' in config or 'modality_type_vocab_size' in config)   # a pair of towers, or one stream of words and patches
    if main_input(takes(cls_name)) and ('input_ids' not in takes(cls_name) or both) and not is_seq2seq(cls_name):
        compare_senses(errs, ours, ref, model_type, cls_name, config, takes(cls_name), gradients, note_gradients)
        return errs
    causal = 'past_key_values' in takes(cls_name) and (config.get('is_decoder', False) or not config.get('type_vocab_size'))
    cached = causal
    with torch.no_grad():
        forward(errs, ours, ref, cls_name, config, causal)
        inputs = make_inputs(cls_name, config)
        cached = cached and ('decoder_input_ids' in inputs if is_seq2seq(cls_name) else 'past_key_values' in ref(**inputs, use_cache=True))
        routed = config.get('output_router_logits') and cls_name.endswith('CausalLM')
        if routed: ours.config.output_router_logits = ref.config.output_router_logits = False   # the reference's balance loss takes no mask that is longer than the text
        if cached and 'DoubleHeads' not in cls_name: caches(errs, ours, ref, cls_name, config)
        if ref.can_generate() and 'DoubleHeads' not in cls_name: greedy(errs, ours, ref, cls_name, config)
        if routed: ours.config.output_router_logits = ref.config.output_router_logits = True
    training(errs, ours, ref, cls_name, config)
    return errs

def load(errs, cls, ref, theirs_dir, ours_dir, cls_name):
    "Reading the reference's file, and the reference reading ours: same names, same tensors."
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        ours, info = cls.from_pretrained(theirs_dir, output_loading_info=True)
    assert not any(info[k] for k in ('missing_keys', 'unexpected_keys', 'mismatched_keys')), info
    mine, want = {n: p for n, p in ours.named_parameters(remove_duplicate=False)}, {n: p for n, p in ref.named_parameters(remove_duplicate=False)}
    assert mine.keys() == want.keys(), f'names differ: {sorted(mine.keys() ^ want.keys())}'
    assert all(torch.equal(mine[n], want[n]) for n in want), 'a tensor changed while loading'
    ours.save_pretrained(ours_dir)
    a, b = disk(ours_dir), disk(theirs_dir)
    if right := CASES[REFERENCE[cls_name][0]]['disk']: b = {right(cls_name, n): t for n, t in b.items()}
    assert a.keys() == b.keys(), f'names on disk differ: {sorted(a.keys() ^ b.keys())}'
    assert all(torch.equal(a[n], b[n]) for n in b), 'a tensor changed while saving'
    reread(ref, theirs_dir, ours_dir)
    return ours.eval()

READ = set()   # classes of the reference that have read a file of ours

def reread(ref, theirs_dir, ours_dir):
    "The reference reads our file. Names and tensors are the same already, so where it also understands the same by both config files it has read ours once it has read one."
    config = lambda d: type(ref.config).from_pretrained(d).to_dict() | dict(_name_or_path='')
    if type(ref) in READ and config(ours_dir) == config(theirs_dir): return
    back, info = type(ref).from_pretrained(ours_dir, output_loading_info=True)
    assert not any(info[k] for k in ('missing_keys', 'unexpected_keys', 'mismatched_keys')), info
    assert all(torch.equal(p, q) for p, q in zip(back.parameters(), ref.parameters())), 'the reference reads something else from our file'
    READ.add(type(ref))

def forward(errs, ours, ref, cls_name, config, causal):
    "Both padding sides and none, by id and by embedding, with every optional output, on both backends."
    collect = dict(output_hidden_states=True, output_attentions=True)
    for side in ('right', 'left', 'none'):
        inputs = make_inputs(cls_name, config, 1, side)
        mask = inputs
        want = ref(**inputs, **make_labels(cls_name, config, inputs), **collect)
        if side == 'left':
            for backend in ('eager', 'sdpa'):
                ours.set_attn_implementation(backend)
                errs.outputs(f'{side} {backend}', ours(**inputs, **make_labels(cls_name, config, inputs), **collect), want, mask)
            errs.outputs(f'{side} plain', *(m(**inputs, **make_labels(cls_name, config, inputs)) for m in (ours, ref)), mask)
            if 'labels' in (labels := make_labels(cls_name, config, inputs)) and 'decoder_input_ids' in inputs:
                less = {k: v for k, v in inputs.items() if 'decoder' not in k}
                errs.outputs('from labels', ours(**less, **labels), ref(**less, **labels), dict(inputs, decoder_attention_mask=None))
            as_tuple, ref_tuple = ours(**inputs, return_dict=False), ref(**inputs, return_dict=False)
            assert len(as_tuple) == len(ref_tuple) and isinstance(as_tuple, tuple), f'return_dict=False: {len(as_tuple)} values, the reference {len(ref_tuple)}'
        else: errs.outputs(side, ours(**inputs, **make_labels(cls_name, config, inputs), **collect), want, mask)
    inputs = make_inputs(cls_name, config, 2, 'none')
    inputs = {k: v for k, v in inputs.items() if k not in ('attention_mask', 'decoder_attention_mask')}
    errs.outputs('no mask', ours(**inputs), ref(**inputs))
    if 'inputs_embeds' in takes(cls_name) and config.get('use_learned_position_embeddings', True) and 'SequenceClassification' not in cls_name and 'DoubleHeads' not in cls_name and (not is_seq2seq(cls_name) or 'decoder_input_ids' in inputs):
        rest = {k: v for k, v in inputs.items() if k != 'input_ids'}
        emb = ref.get_input_embeddings()(inputs['input_ids'])
        errs.outputs('embeds', ours(inputs_embeds=emb, **rest), ref(inputs_embeds=emb, **rest))
    if is_seq2seq(cls_name): return decoder_inputs(errs, ours, ref, cls_name, config, inputs)
    if CASES[REFERENCE[cls_name][0]]['packs'] and causal and positions(cls_name) and 'DoubleHeads' not in cls_name and 'type_vocab_size' not in config and 'SequenceClassification' not in cls_name and 'QuestionAnswering' not in cls_name and 'TokenClass' not in cls_name:
        packed = torch.cat((torch.arange(5), torch.arange(T-5))).expand(3, T)
        errs.outputs('packed', ours(position_ids=packed, use_cache=False, **inputs), ref(position_ids=packed, use_cache=False, **inputs))
    if 'position_ids' in takes(cls_name) and cls_name != 'DistilBertForMultipleChoice':   # the reference forgets to flatten them there
        pos = torch.arange(T).flip(0).expand(inputs['input_ids'].shape)
        if 'DoubleHeads' in cls_name: pos = pos.flatten(0, 1)
        errs.outputs('positions', ours(position_ids=pos, **inputs), ref(position_ids=pos, **inputs))
    if 'logits_to_keep' in takes(cls_name) and 'Classification' not in cls_name:   # BioGPT's classifier takes it and reads past the end
        for k in (1, 3, torch.tensor([0, 4])): errs.outputs('keep', ours(**inputs, logits_to_keep=k), ref(**inputs, logits_to_keep=k))
        labels = make_labels(cls_name, config, inputs)
        items = ref(**inputs, **labels, num_items_in_batch=17)
        if not torch.equal(items.loss, ref(**inputs, **labels).loss): errs.outputs('items', ours(**inputs, **labels, num_items_in_batch=17), items)   # BART's decoders swallow it

def decoder_inputs(errs, ours, ref, cls_name, config, inputs):
    "The encoder read beforehand, in each model's own way, handed over as an output and as a tuple; the decoder's input as vectors."
    padded = make_inputs(cls_name, config, 2, 'right')
    mask = padded.get('attention_mask')
    masked = {} if mask is None else dict(attention_mask=mask)
    if 'decoder_input_ids' not in inputs: inputs = {k: v for k, v in padded.items() if 'mask' not in k}   # heads that find the text's end by its padding
    rest = {k: v for k, v in inputs.items() if k not in source(inputs) or 'decoder_input_ids' not in inputs}   # heads that read the source twice still need it
    a, b = (m.get_encoder()(**source(inputs), **masked) for m in (ours, ref))
    errs.outputs('encoder', a, b, dict(attention_mask=mask))
    want = ref(encoder_outputs=b, **masked, **rest)
    errs.outputs('encoder output', ours(encoder_outputs=a, **masked, **rest), want, dict(attention_mask=mask))
    less = type(want)({k: v for k, v in want.items() if k != 'encoder_router_logits'})   # a tuple of states brings none
    errs.outputs('encoder tuple', ours(encoder_outputs=(a[0],), **masked, **rest), less, dict(attention_mask=mask))
    if 'decoder_inputs_embeds' in takes(cls_name) and 'decoder_input_ids' in rest and not cls_name.startswith('Speech2Text') and config.get('decoder', {}).get('use_learned_position_embeddings', True):   # whose reference counts positions by ids it does not have then, like TrOCR's with sine waves
        emb = ref.get_decoder().get_input_embeddings()(rest.pop('decoder_input_ids'))
        errs.outputs('decoder embeds', *(m(encoder_outputs=e, **masked, decoder_inputs_embeds=emb, **rest) for m, e in ((ours, a), (ref, b))), dict(attention_mask=mask))

def caches(errs, ours, ref, cls_name, config):
    "A prompt in two chunks and then token by token, padded on the left; every piece is compared."
    kw = {} if 'SequenceClassification' in cls_name else dict(output_hidden_states=True, output_attentions=True)
    for side in ('left', 'none'):
        inputs = make_inputs(cls_name, config, 3, side)
        if side == 'none': inputs.pop('attention_mask', None)
        cuts = (0, 4, 7, 8, 9) if is_seq2seq(cls_name) else (0, 6, 10, 11, 12)
        mask = inputs.get('attention_mask')
        seen = lambda lo, hi: mask if mask is None else dict(attention_mask=mask, decoder_attention_mask=None) if is_seq2seq(cls_name) else mask[:, lo:hi]
        for i, (a, b) in enumerate(zip(chunked(ours, inputs, cuts, **kw), chunked(ref, inputs, cuts, **kw))):
            errs.outputs(f'cache piece {i} {side}', a, b, seen(*cuts[i:i+2]))

def greedy(errs, ours, ref, cls_name, config):
    "The same tokens as the reference, with a cache and without, from the loop above and from `generate`."
    inputs = make_inputs(cls_name, config, 4, 'none' if stretched(config) else 'left')
    inputs.pop('token_type_ids', None)
    for cached in (True, False) if 'past_key_values' in takes(cls_name) else (False,):
        want = decode(ref, inputs, 8, cached)
        got = decode(ours, inputs, 8, cached)
        assert torch.equal(want, got), f'greedy tokens differ (cached={cached}):\n{got.tolist()}\n{want.tolist()}'
    if config.get('add_cross_attention'): return   # the reference's own `generate` fails on these
    if is_seq2seq(cls_name): inputs = {k: v for k, v in inputs.items() if 'decoder' not in k}
    if re.fullmatch(COLUMNS, cls_name): inputs = make_inputs(cls_name, config, 4, 'none')
    if first := getattr(ours.base_model, 'first_position', 0): count_from(ref, first)
    kw = dict(max_new_tokens=8, min_new_tokens=8, do_sample=False, pad_token_id=config['pad_token_id'])
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        want, got = ref.generate(**inputs, **kw), ours.generate(**inputs, **kw)
    assert torch.equal(want, got), f'generate differs:\n{got[:, -8:].tolist()}\n{want[:, -8:].tolist()}'

def training(errs, ours, ref, cls_name, config):
    "Gradients of the loss, parameter by parameter."
    inputs = make_inputs(cls_name, config, 5, 'right')
    labels = make_labels(cls_name, config, inputs)
    want, got = (gradients(m, m(**inputs, **labels), own_mask(inputs) if 'decoder_input_ids' in inputs or not is_seq2seq(cls_name) else None) for m in (ref, ours))
    note_gradients(errs, want, got)

def note_gradients(errs, want, got):
    "Every parameter's gradient beside the reference's."
    assert want.keys() == got.keys(), f'gradients reach other parameters: {sorted(want.keys() ^ got.keys())}'
    scale = max(float(g.abs().max()) for g in want.values())
    for n in want:
        e = float((got[n]-want[n]).abs().max()) / max(float(want[n].abs().max()), 1e-2*scale)
        errs.note('gradient', e) if e <= TOLERANCE else errs.note(f'gradient of {n}', e)
