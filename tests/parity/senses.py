"""What models that see or hear are compared on. A sense is told by a class's first input; for each kind of call it gives the inputs, the
labels that go with them, and whether the call is worth labels and gradients. A new sense is one row in `SENSES`."""
import inspect, re
import torch
from .cases import CASES

def main_input(names):
    "The input that tells the sense: the first of the reference's arguments that is a sense's."
    return next((n for n in names if n in SENSES), None)

def rand(g, hi, shape): return torch.randint(0, hi, shape, generator=g)

# pictures ------------------------------------------------------------------------------------------------------------
B = 3   # pictures or films in a batch

def sides(size): return (size, size) if isinstance(size, int) else tuple(size)

def grid(config, size):
    "Patches along each side."
    return tuple(s // p for s, p in zip(sides(size), sides(config['patch_size'])))

def picture_kinds(takes, config):
    "Own size; another one, where positions are interpolated or there are none; hidden patches; a mask over tokens."
    kinds = ['own']
    if 'interpolate_pos_encoding' in takes or config.get('_sizes'): kinds += ['larger', 'uneven']
    if 'bool_masked_pos' in takes: kinds.append('masked')
    return kinds

def picture_inputs(takes, config, seed=0, kind='own'):
    g = torch.Generator().manual_seed(seed)
    h, w = sides(config.get('image_size', 32))
    p = config.get('patch_size', 8) if 'interpolate_pos_encoding' in takes else 8
    p, q = sides(p)
    if kind == 'larger': h, w = h+2*p, w+2*q
    if kind == 'uneven': h, w = h+3*p, w+q
    frames = (config['num_frames'],) if 'num_frames' in config else ()
    x = dict(pixel_values=torch.randn(B, *frames, config.get('num_channels', 3), h, w, generator=g))
    if kind in ('larger', 'uneven') and 'interpolate_pos_encoding' in takes: x['interpolate_pos_encoding'] = True
    if kind == 'masked': x['bool_masked_pos'] = hidden_patches(config, g)
    if 'noise' in takes: n, m = grid(config, (h, w)); x['noise'] = torch.rand(B, n*m, generator=g)   # which patches an autoencoder sees
    return x

def hidden_patches(config, g):
    "The same number of patches hidden in each row, as the video autoencoder needs it."
    n, m = grid(config, config['image_size'])
    t = config['num_frames'] // config['tubelet_size'] if 'tubelet_size' in config else 1
    order = torch.rand(B, n*m*t, generator=g).argsort(1)
    return order < max(1, int(.6*n*m*t))

def picture_labels(cls_name, config, inputs, seed=0):
    g, n = torch.Generator().manual_seed(seed+1), config.get('num_labels', 2)
    if re.search('ForSemanticSegmentation', cls_name): return dict(labels=rand(g, n, (B, *inputs['pixel_values'].shape[-2:])).masked_fill(torch.rand(B, *inputs['pixel_values'].shape[-2:], generator=g) < .1, 255))
    if re.search('For(Image|Video)Classification', cls_name):
        if n == 1: return dict(labels=torch.randn(B, generator=g))
        if config.get('problem_type') == 'multi_label_classification': return dict(labels=rand(g, 2, (B, n)).float())
        return dict(labels=rand(g, n, (B,)))
    return {}

# sounds --------------------------------------------------------------------------------------------------------------
N = 700   # samples in the longest sound of a batch

def sound_states(config, n=N):
    "States that convolutions make of `n` samples."
    for k, s in zip(config['conv_kernel'], config['conv_stride']): n = (n-k)//s + 1
    return n

def sound_kinds(takes, config):
    "Samples without a mask, with one, and with hidden states."
    return ['bare', 'uneven', *(['hidden'] if 'mask_time_indices' in takes else [])]

def sound_inputs(takes, config, seed=0, kind='bare'):
    g = torch.Generator().manual_seed(seed)
    x = dict(input_values=torch.randn(B, N + 13*seed, generator=g))
    if kind != 'bare': x['attention_mask'] = (torch.arange(N + 13*seed) < torch.tensor([N + 13*seed, N-101, N-303])[:, None]).long()
    if kind == 'hidden':
        hidden = torch.rand(B, sound_states(config, N + 13*seed), generator=g) < .3
        hidden[:, :3] = True   # wrong answers are other hidden states
        x['mask_time_indices'] = hidden
        if 'sampled_negative_indices' in takes:
            at = [(r.nonzero().flatten() + i*hidden.shape[1]) for i, r in enumerate(hidden)]
            x['sampled_negative_indices'] = torch.stack([a[rand(g, len(a), (hidden.shape[1], 6))] for a in at])
    return x

def sound_labels(cls_name, config, inputs, seed=0):
    g, n = torch.Generator().manual_seed(seed+1), config.get('num_labels', 2)
    if cls_name.endswith('ForCTC'):
        y = 1 + rand(g, config['vocab_size']-1, (B, 7))
        y[1, 5:], y[2, 3:] = -100, config.get('pad_token_id', 0)
        return dict(labels=y)
    if 'FrameClassification' in cls_name: return dict(labels=torch.nn.functional.one_hot(rand(g, n, (B, sound_states(config, inputs['input_values'].shape[1]) if 'input_values' in inputs else inputs['input_features'].shape[1])), n))
    return dict(labels=rand(g, n, (B,)))

# senses: first input -> kinds(takes, config), inputs(takes, config, seed, kind), labels(cls_name, config, inputs, seed) -------------
SENSES = {'pixel_values': (picture_kinds, picture_inputs, picture_labels), 'input_values': (sound_kinds, sound_inputs, sound_labels), 'input_features': (sound_kinds, sound_inputs, sound_labels)}

def compare_senses(errs, ours, ref, model_type, cls_name, config, names, gradients, note_gradients):
    "Every kind of call with every optional output, on both backends, as a tuple, with labels; then gradients."
    kinds, make, label = SENSES[main_input(names)]
    case = CASES[model_type]
    make, label = case['inputs'] or make, case['labels'] or label
    takes = inspect.signature(type(ref).forward).parameters
    collect = dict(output_hidden_states=True, output_attentions=True)
    if case['kinds']: kinds = case['kinds']
    left = [*(['masked'] if not any(n.endswith('mask_token') for n, _ in ref.named_parameters()) and 'tubelet_size' not in config else []), *(['uneven'] if 'MaskedImageModeling' in cls_name else [])]   # what a class cannot do: no vector for hidden patches; pictures painted as squares
    for i, kind in enumerate(k for k in kinds(takes, config) if k not in left):
        x = make(takes, config, i, kind)
        y = label(cls_name, config, x, i) if 'labels' in takes else {}
        with torch.no_grad():
            want = ref(**x, **y, **collect)
            for backend in ('eager', 'sdpa') if any(hasattr(m, 'attend') for m in ours.modules()) else ('sdpa',):
                ours.set_attn_implementation(backend)
                errs.outputs(f'{kind} {backend}', ours(**x, **y, **collect), want, texts=x.get('attention_mask'))
            errs.outputs(f'{kind} plain', ours(**x), ref(**x), texts=x.get('attention_mask'))
            a, b = ours(**x, return_dict=False), ref(**x, return_dict=False)
            assert isinstance(a, tuple) and len(a) == len(b), f'return_dict=False: {len(a)} values, the reference {len(b)}'
        note_gradients(errs, *(gradients(m, m(**x, **y), None) for m in (ref, ours)))
