"""What the scripts that train the starter models share: low-rank differences to MiniLM, the texts, and the folder that is stored."""
import json, os, sys
from pathlib import Path
import torch
from torch import nn
from torch.nn.utils import parametrize
from safetensors.torch import save_file

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from nbformers.config.hub import MINILM, _assembled, atomic_folder, starter_folder  # noqa: E402

class LowRank(nn.Module):
    "w + b@a, with b zero at the start."
    def __init__(self, w, r):
        super().__init__()
        self.a, self.b = nn.Parameter(torch.randn(r, w.shape[1])/w.shape[1]**.5), nn.Parameter(torch.zeros(w.shape[0], r))
    def forward(self, w): return w + self.b @ self.a

def add_low_rank(model, r):
    "Freeze the encoder; give each of its linear layers a low-rank difference to learn. Returns them by the weight's name on disk."
    model.bert.requires_grad_(False)
    out = {}
    for n, m in list(model.bert.named_modules()):
        if isinstance(m, nn.Linear):
            parametrize.register_parametrization(m, 'weight', LowRank(m.weight, r))
            out[f'{n}.weight'] = m.parametrizations.weight[0]
    return out

def difference(low, head):
    "What is stored: the low-rank parts in float16, and the head's tensors by name."
    delta = {}
    for n, m in low.items(): delta[f'{n}.lora_a'], delta[f'{n}.lora_b'] = m.a.detach().half(), m.b.detach().half()
    return delta | {n: v.detach().clone() for n, v in head.items()}

def write_starter(folder, name, delta, config, card, without=('pooler',)):
    "The folder in the repository, card and all; returns the folder that loads, put together from it and the base (`without` those of the base's parts that the task has no use for)."
    config = {k: v for k, v in config.items() if k not in ('name_or_path', '_name_or_path')}
    with atomic_folder(folder) as f:
        save_file(delta, str(f/'delta.safetensors'), metadata={'format': 'pt'})
        (f/'starter.json').write_text(json.dumps(dict(base=MINILM, delta='delta.safetensors', **({'without': without} if without else {})), indent=1)+'\n')
        (f/'config.json').write_text(json.dumps(config, indent=1, default=str)+'\n')
        (f/'README.md').write_text(card)
    return starter_folder(f'starter/{name}') if Path(folder) == ROOT/'nbformers/starter'/name else _assembled(Path(folder), name)

def megabytes(folder): return os.path.getsize(Path(folder)/'delta.safetensors')/1e6
def learned(delta): return sum(v.numel() for v in delta.values())
