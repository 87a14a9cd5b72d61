"""Make the golden files. They are made by Transformers 4.57.6 in an environment of its own:

    python -m venv .golden && .golden/bin/pip install torch==2.13.0 transformers==4.57.6 safetensors
    .golden/bin/python -m tests.golden.make [model_type ...]

Each file holds, for each class and configuration, the configuration as the reference writes it, the names and shapes in its
checkpoint, the inputs' answers. Weights are not stored: both sides draw them from their names (`specs.noise`)."""
import importlib, json, sys, tempfile, warnings
from pathlib import Path
import torch
from safetensors.torch import load_file, save_file
from .specs import CAUSAL, SPECS, answers, noise, questions

HERE = Path(__file__).parent

def make(model_type):
    import transformers
    assert transformers.__version__ == '4.57.6', f'these files are made by transformers 4.57.6, not {transformers.__version__}'
    s, tensors, meta = SPECS[model_type], {}, {}
    m = importlib.import_module(f"transformers.models.deprecated.{s['module']}.modeling_{s['module']}")
    for i, (key, cls_name, config, inputs, labels) in enumerate(questions(model_type)):
        cls = getattr(m, cls_name)
        with tempfile.TemporaryDirectory() as d:
            model = cls(cls.config_class(**config))
            model.save_pretrained(d)
            disk = load_file(f'{d}/model.safetensors')
            names = {n: list(t.shape) for n, t in disk.items() if t.is_floating_point()}
            save_file(disk | {n: noise(n, shape, i) for n, shape in names.items()}, f'{d}/model.safetensors', metadata=dict(format='pt'))
            model = cls.from_pretrained(d, attn_implementation='eager').eval()
            meta[key] = json.dumps(dict(config=json.loads(Path(f'{d}/config.json').read_text()), names=names, seed=i))
        tensors |= {f'{key}/{n}': t for n, t in answers(model, inputs, labels, 6*cls_name.endswith(CAUSAL), names).items()}
        tensors |= {f'{key}/buffer/{n}': t for n, t in disk.items() if not t.is_floating_point()}
    save_file(tensors, HERE/f'{model_type}.safetensors', metadata=meta)
    print(model_type, len(meta), 'questions,', (HERE/f'{model_type}.safetensors').stat().st_size//1024, 'KB')

if __name__ == '__main__':
    for t in sys.argv[1:] or SPECS: make(t)
