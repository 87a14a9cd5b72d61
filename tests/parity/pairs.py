"""What models of pairs are compared on: a batch of pictures and as many texts, each text with its end token and padding behind it.
`case(..., **PAIR)` gives a case these inputs; its configurations are drawn whole, both towers at once."""
import torch
from .senses import B, picture_inputs, picture_kinds

PAIR = {}   # filled below

def texts(c, g, rows=B, t=12):
    "Ids and a mask; texts end where the text tower looks for an end, or carry the largest id there."
    vocab, eos = c['vocab_size'], c.get('eos_token_id', 2)
    end = vocab-1 if eos in (2, None) else eos
    ids = torch.randint(3, vocab-1, (rows, t), generator=g)
    ids[ids == end] = 3
    mask = torch.ones_like(ids)
    for row in range(rows):
        n = (0, 2, 5)[row % 3]
        ids[row, t-1-n] = end
        ids[row, t-n:], mask[row, t-n:] = c.get('pad_token_id', 0), 0
    return dict(input_ids=ids, attention_mask=mask)

def inputs(first, config, seed=0, kind='own'):
    "For a text tower (its class's name comes first), a picture tower, or both."
    g = torch.Generator().manual_seed(seed)
    if isinstance(first, str):
        x = texts(config, g)
        if kind == 'left': x = {k: torch.stack([row.roll(int((m == 0).sum())) for row, m in zip(v, x['attention_mask'])]) for k, v in x.items()}
        if kind == 'none': x['attention_mask'] = torch.ones_like(x['attention_mask'])
        return x
    seen = picture_inputs(first, config.get('vision_config', config), seed, kind)
    if 'input_ids' not in first: return seen
    x = texts(config['text_config'], g) | seen
    if 'token_type_ids' in first and config['text_config'].get('type_vocab_size'): x['token_type_ids'] = torch.randint(0, config['text_config']['type_vocab_size'], x['input_ids'].shape, generator=g)
    if 'return_loss' in first and kind != 'uneven': x['return_loss'] = True
    return x

PAIR |= dict(inputs=inputs)
