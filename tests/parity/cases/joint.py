"""One stream of words and patches."""
from unittest.mock import patch
import torch
from . import case
from ..senses import B, sides

T = 9   # tokens a row

def kinds(takes, config): return ['own', 'uneven', 'wide', 'ready']

def inputs(takes, config, seed=0, kind='own'):
    "Texts of different lengths and as many pictures: of the table's size without a mask, of three shapes, larger than the table, or as vectors somebody else made, and words as vectors."
    g = torch.Generator().manual_seed(seed)
    (h, w), (p, q) = sides(config['image_size']), sides(config['patch_size'])
    mask = (torch.arange(T) < torch.tensor([T, T-2, T-5])[:, None]).long()
    x = dict(input_ids=torch.randint(3, config['vocab_size'], (B, T), generator=g)*mask, attention_mask=mask, token_type_ids=torch.randint(0, config['type_vocab_size'], (B, T), generator=g))
    n = max(config.get('num_images', -1), 0)   # pictures a text, where there is more than one
    many = (lambda t: torch.stack([t.roll(i, 0) for i in range(n)], 1)) if n else (lambda t: t)
    if kind == 'ready':
        x['inputs_embeds'] = torch.randn(B, T, config['hidden_size'], generator=g)
        del x['input_ids'], x['token_type_ids']
        seen = (torch.arange(7) < torch.tensor([7, 4, 6])[:, None]).long()
        return x | dict(image_embeds=many(torch.randn(B, 7, config['hidden_size'], generator=g)), pixel_mask=many(seen[:, None]) if n else seen)
    shapes = dict(own=[(h, w)]*B, uneven=[(h, w), (2*p, w+q), (h+p, q)], wide=[(h+2*p, w+3*q)]*B)[kind]
    H, W = (max(s) for s in zip(*shapes))
    real = torch.stack([(torch.arange(H)[:, None] < a).long()*(torch.arange(W) < b).long() for a, b in shapes])
    x['pixel_values'] = many(torch.randn(B, config['num_channels'], H, W, generator=g)*real[:, None])
    return x | (dict(pixel_mask=many(real)) if kind == 'uneven' else {})

def labels(cls_name, config, inputs, seed=0):
    g, n = torch.Generator().manual_seed(seed+1), config.get('num_labels', 2)
    if 'QuestionAnswering' in cls_name: return dict(labels=torch.rand(B, n, generator=g))
    if 'Images' in cls_name: return dict(labels=torch.randint(0, n, (B,), generator=g))
    if 'MaskedLM' in cls_name or 'Token' in cls_name: return dict(labels=torch.randint(0, config['vocab_size'] if 'LM' in cls_name else n, (B, T), generator=g).masked_fill(torch.rand(B, T, generator=g) < .3, -100))
    return {}

def in_order(model):
    "The reference shuffles patches where there are not too many; here they stay in reading order (tests/test_vilt.py compares the draws)."
    def ordered(see):
        def call(*args, **kw):
            with patch.object(torch, 'multinomial', lambda p, n, replacement=False: torch.arange(n)): return see(*args, **kw)
        return call
    for m in model.modules():
        if hasattr(m, 'visual_embed'): m.visual_embed = ordered(m.visual_embed)

SIZES = [dict(image_size=24, patch_size=8), dict(image_size=20, patch_size=4, num_channels=1), dict(image_size=18, patch_size=6, num_channels=4)]
case('vilt', heads={'ViltForImagesAndTextClassification': dict(num_images=[2, 3], modality_type_vocab_size=4, num_labels=[3, 5])}, kinds=kinds, inputs=inputs, labels=labels, mend=in_order,
     vocab_size=60, hidden_size=32, num_hidden_layers=[2, 3], num_attention_heads=[4, 2], intermediate_size=37, max_position_embeddings=16, type_vocab_size=[2, 3], modality_type_vocab_size=[2, 3], num_channels=3,
     hidden_act=['gelu', 'relu', 'gelu_new'], layer_norm_eps=[1e-12, 1e-3], qkv_bias=[True, False], num_labels=[3, 5, 1], pad_token_id=[None, 0], _sizes_of=SIZES)
