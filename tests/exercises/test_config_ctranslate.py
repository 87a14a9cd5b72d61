"Solution to the exercise of `nbs/01_config/09_ctranslate.ipynb`."
import struct
from pathlib import Path
import numpy as np
from . import judged

def text(name): b = name.encode() + b'\0'; return struct.pack('<H', len(b)) + b

def tensor(name, x): return text(name) + struct.pack(f'<B{x.ndim}I', x.ndim, *x.shape) + struct.pack('<BI', 0, x.nbytes) + x.tobytes()

def write_linear(path, layer, version=6):
    "1: version, layout, revision, the number of tensors, the tensors, and no aliases."
    tensors = {f'linear/{n}': p.detach().numpy().astype(np.float32) for n, p in layer.named_parameters()}
    head = struct.pack('<I', version) + text('LinearSpec') + struct.pack('<II', 1, len(tensors))
    Path(path).write_bytes(head + b''.join(tensor(n, x) for n, x in tensors.items()) + struct.pack('<I', 0))

def transposed(path, layer):
    import torch
    other = torch.nn.Linear(layer.out_features, layer.in_features)
    other.weight.data, other.bias.data = layer.weight.data.T.contiguous(), layer.bias.data
    write_linear(path, other)

def test_written(): judged('config.ctranslate', 1, write_linear, transposed, lambda path, layer: write_linear(path, layer, 5))
