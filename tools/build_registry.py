"""Write `nbformers/_registry.py` (public name -> module), `nbformers/__init__.pyi` (so that editors complete), the stubs of
`tools/stubs.py` and the parts' `__init__.py`, from the exported modules' syntax trees: nothing is imported, so one broken chapter cannot stop it.

    python tools/build_registry.py            # write; a name that two modules export is an error
    python tools/build_registry.py --check    # write nothing, fail when something is out of date
    python tools/build_registry.py --lenient  # write, only warn about names exported twice (the first module keeps them)"""
import ast, pprint, sys
from pathlib import Path
import stubs

ROOT = Path(__file__).resolve().parents[1]
LIB = ROOT/'nbformers'

# Names that older code uses -> what they are here. A row whose target does not exist (yet) is left out.
ALIASES = {
    'PretrainedConfig': 'PreTrainedConfig',
    'AddedToken': 'tokenizers:AddedToken',
    'TokenizersBackend': 'PreTrainedTokenizerFast',
    'SpecialTokensMixin': 'SpecialTokens',
    'AutoModelWithLMHead': 'AutoModelForCausalLM',
    'AutoModelForVision2Seq': 'AutoModelForImageTextToText',
    'logging': 'nbformers.config.utils:logging',
    'AdamW': 'torch.optim:AdamW',
    'find_executable_batch_size': 'accelerate.utils:find_executable_batch_size',
    'cached_file': 'nbformers.config.hub:find_file',
}
# `is_torch_available` and its kind, of which `config.utils` answers any.
AVAILABLE = '''torch tf flax vision tokenizers datasets accelerate peft safetensors sentencepiece protobuf scipy sklearn pandas matplotlib psutil jinja ipython rich
    wandb tensorboard mlflow comet optuna ray_tune bitsandbytes deepspeed flash_attn_2 timm torchvision torchaudio torchao librosa soundfile av cv2 nltk faiss tiktoken
    sacremoses onnx apex speech'''.split()
# Tables of the Auto classes whose names say a role otherwise, and roles that no table is made for.
TABLES = dict(seq2seq_lm='SEQ_TO_SEQ_CAUSAL_LM', speech_seq2seq='SPEECH_SEQ_2_SEQ')
NO_TABLE = {'config', 'model', 'tokenizer', 'processor', 'feature_extractor', 'image_processor', 'video_processor', 'double_heads'}
# Not in `from nbformers import *`: it would hide the standard library's module.
NOT_STARRED = {'logging'}
# Import paths of older code that have no module of their own here; each is a view of all public names.
OLD_MODULES = '''logging utils utils.logging utils.generic utils.hub utils.import_utils configuration_utils modeling_utils modeling_outputs
    modeling_attn_mask_utils tokenization_utils tokenization_utils_base tokenization_utils_fast activations cache_utils data
    data.data_collator generation.utils generation.configuration_utils generation.logits_process generation.stopping_criteria
    generation.streamers hf_argparser image_utils image_processing_utils feature_extraction_utils processing_utils integrations
    optimization pytorch_utils trainer_callback trainer_pt_utils trainer_utils trainer_seq2seq training_args training_args_seq2seq
    models.auto models.auto.auto_factory models.auto.configuration_auto models.auto.modeling_auto models.auto.tokenization_auto
    pipelines.audio_utils pipelines.audio_classification pipelines.image_feature_extraction pipelines.depth_estimation
    pipelines.zero_shot_image_classification pipelines.zero_shot_object_detection'''.split()
# Modules whose names are found in them and nowhere else: `pad` and `resize` say enough behind `image_transforms`, and too little at the top.
LIBRARIES = {'image_transforms', 'image_utils', 'audio_utils'}
# Module-level names of many chapters that are no public names.
PRIVATE = {'ARCH', 'TASKS', 'activations'}

def exported(tree):
    "A module's `__all__`, as written in it."
    for n in tree.body:
        if isinstance(n, ast.Assign) and getattr(n.targets[0], 'id', '') == '__all__': return ast.literal_eval(n.value)
    return []

def imported(tree, module):
    "name -> 'module:name' for what a module imports from this package, and for the classes it defines."
    here = {n.name: f'{LIB.name}.{module}:{n.name}' for n in tree.body if isinstance(n, (ast.ClassDef, ast.FunctionDef))}
    for n in ast.walk(tree):
        if not isinstance(n, ast.ImportFrom): continue
        source = n.module or ''
        if n.level:
            base = [LIB.name, *module.split('.')][:-n.level]
            source = '.'.join([*base, *filter(None, [n.module])])
        if source.split('.')[0] == LIB.name: here.update({a.asname or a.name: f'{source}:{a.name}' for a in n.names})
    return here

class Unreadable(Exception): "An `arch(...)` call that a syntax tree cannot tell."

def records(tree, module):
    "The `arch('llama', config=LlamaConfig, ...)` calls at a module's top level -> {model_type: {role: 'module:Class' or literal}}; classes named after the configuration come by themselves."
    where, found = imported(tree, module), {}
    here = {n.name for n in tree.body if isinstance(n, ast.ClassDef)}
    def value(n, key):
        if isinstance(n, ast.Name):
            if n.id not in where: raise Unreadable(f'{module}: arch(... {key}={n.id}) names nothing that this module defines or imports')
            return where[n.id]
        if isinstance(n, (ast.Tuple, ast.List)): return tuple(value(o, key) for o in n.elts)
        if isinstance(n, ast.Dict): return {ast.literal_eval(k): value(v, key) for k, v in zip(n.keys, n.values)}
        try: return ast.literal_eval(n)
        except ValueError: raise Unreadable(f'{module}:{n.lineno}: arch(... {key}=) must be a class, a literal, or a tuple or dict of them')
    for n in tree.body:
        call = n.value if isinstance(n, (ast.Assign, ast.Expr)) else None
        if isinstance(call, ast.Call) and getattr(call.func, 'id', '') == 'arch':
            told = {k.arg: value(k.value, k.arg) for k in call.keywords}
            brand = told['config'].split(':')[1].removesuffix('Config')
            named = {role: f'{LIB.name}.{module}:{brand+suffix}' for suffix, role in tasks().items() if brand+suffix in here}
            found[ast.literal_eval(call.args[0])] = {k: v for k, v in (named | told).items() if v is not None}
    return found

def tasks():
    "What the name of a class says it is for: `TASKS` of models.base."
    tree = ast.parse((LIB/'models/base.py').read_text(encoding='utf-8'))
    return next(ast.literal_eval(n.value) for n in tree.body if isinstance(n, ast.Assign) and getattr(n.targets[0], 'id', '') == 'TASKS')

def scan():
    "Walk the package: names, architectures, modules, and what is wrong (a name that two modules export, …)."
    names, archs, modules, wrong = {}, {}, [], []
    for f in sorted(LIB.rglob('*.py')):
        if f.name == '__init__.py' or f.name.startswith('_') or 'starter' in f.parts: continue
        module = '.'.join(f.relative_to(LIB).with_suffix('').parts)
        try:
            tree = ast.parse(f.read_text(encoding='utf-8'), str(f))
            found = records(tree, module)
        except (SyntaxError, Unreadable) as e:
            wrong.append(f'{module} is left out: {e}')
            continue
        modules.append(module)
        for n in () if module in LIBRARIES else exported(tree):
            if n in PRIVATE or n.startswith('_'): continue
            if n in names: wrong.append(f'{n} is exported twice, by {names[n]} and {module}')
            else: names[n] = module
        for k, v in found.items():
            if k in archs: wrong.append(f'architecture {k} is registered again in {module}')
            else: archs[k] = v
    return names, archs, modules, wrong

def alias_table(names, archs, modules):
    "old name -> 'module:name', for the rows whose target is there."
    table = {}
    for old, new in ALIASES.items():
        if ':' not in new: new = f'{LIB.name}.{names[new]}:{new}' if new in names else None
        elif new.startswith(f'{LIB.name}.') and not _defines(new): new = None
        if new and old not in names: table[old] = new
    generic = table.get('PreTrainedTokenizerFast') or (f"{LIB.name}.{names['PreTrainedTokenizerFast']}:PreTrainedTokenizerFast" if 'PreTrainedTokenizerFast' in names else None)
    kinds = {t for a in archs.values() for t in _listed(a.get('tokenizer')) if ':' not in t} | {n for n in names if n.endswith('Tokenizer')}
    for k in kinds - {'AutoTokenizer'}:  # BertTokenizerFast is BertTokenizer; a tokenizer that is all in its files is the general class
        own = f'{LIB.name}.{names[k]}:{k}' if k in names else table.get(k, generic)
        for old in (k, k + 'Fast'):
            if own and k and old not in names and old not in table: table[old] = own
    table.update(by_rule(archs))
    return dict(sorted(table.items()))

def by_rule(archs):
    "Names that no module writes down, since a rule in it answers for them: `BertPreTrainedModel`, `MODEL_FOR_CAUSAL_LM_MAPPING`, `is_torch_available`."
    brands = {a['config'].rpartition(':')[2].removesuffix('Config') for a in archs.values() if 'model' in a}
    tables = {'CONFIG', 'MODEL', *(f'MODEL_FOR_{TABLES.get(r, r.upper())}' for a in archs.values() for r in a if r not in NO_TABLE)}
    found = {f'{b}PreTrainedModel': f'{LIB.name}.auto' for b in brands} | {f'{t}_MAPPING{n}': f'{LIB.name}.auto' for t in tables for n in ('', '_NAMES')}
    found |= {f'is_{p}_available': f'{LIB.name}.config.utils' for p in AVAILABLE}
    return {n: f'{m}:{n}' for n, m in found.items()}

def _listed(x): return [x] if isinstance(x, str) else [o for o in x or () if isinstance(o, str)]

def _defines(target):
    module, _, attr = target.partition(':')
    f = ROOT/(module.replace('.', '/') + '.py')
    if not f.exists(): return False
    return any(attr in {getattr(n, 'name', None), *(getattr(t, 'id', None) for t in getattr(n, 'targets', ()))} for n in ast.parse(f.read_text(encoding='utf-8')).body)

def registry(names, archs, modules):
    aliases = alias_table(names, archs, modules)
    star = sorted((set(names) | set(aliases)) - NOT_STARRED)
    packages = {f.parent.name for f in LIB.glob('*/__init__.py')}
    fmt = lambda x: pprint.pformat(x, width=120, compact=True, sort_dicts=True)
    return f'''"Where every public name lives. Generated by tools/build_registry.py from the modules; not edited by hand."

# public name -> module of this package
names = {fmt(names)}

# other spelling -> 'module:name'
aliases = {fmt(aliases)}

# model type -> its classes by role; what the Auto classes read, so that they import a model only when it is used
architectures = {fmt(archs)}

modules = {fmt(sorted(modules))}
parts = {fmt(sorted(packages | {m.split('.')[0] for m in modules}))}
old_modules = {fmt(sorted(set(OLD_MODULES) - set(modules)))}
star = {fmt(star)}
'''

def stub(names, archs, modules):
    "Type stub of the package's top level: editors and type checkers follow these imports, Python never does."
    lines = [f'from .{m} import {n} as {n}' for n, m in sorted(names.items(), key=lambda o: (o[1], o[0]))]
    rules = by_rule(archs)
    for old, new in alias_table(names, archs, modules).items():
        module, _, attr = new.partition(':')
        if old in rules: continue
        lines.append(f"from {module.removeprefix(LIB.name) if module.startswith(LIB.name + '.') else module} import {attr} as {old}")
    for n in sorted(rules):
        if n.endswith('Model'): lines.append(f'class {n}(PreTrainedModel): ...')
        elif n.endswith('_available'): lines.append(f'def {n}() -> bool: ...')
        else: lines.append(f'{n}: ' + ('dict[str, str]' if n.endswith('_NAMES') else 'ConfigMapping' if n == 'CONFIG_MAPPING' else 'AutoMapping'))
    return '# Generated by tools/build_registry.py; not edited by hand.\n__version__: str\n' + '\n'.join(lines) + '\n'

PART = '''"Generated by tools/build_registry.py: the names of this part, imported when they are first used."
from .. import _part
__getattr__, __dir__, __all__ = _part(__name__)
'''

def build():
    "File -> its text, and the complaints."
    names, archs, modules, wrong = scan()
    names = dict(sorted(names.items()))
    clash = sorted(set(names) & {f.parent.name for f in LIB.glob('*/__init__.py')})
    files = {LIB/'_registry.py': registry(names, archs, modules), LIB/'__init__.pyi': stub(names, archs, modules)}
    files.update({f: PART for f in LIB.glob('*/__init__.py')})
    files.update(stubs.build(modules, wrong))
    files[LIB/'py.typed'] = ''
    return files, wrong + [f'{c} is a public name and a part of the package' for c in clash]

def main(check=False, lenient=False):
    files, complaints = build()
    for c in complaints: print('registry:', c, file=sys.stderr)
    stale = [f for f, text in files.items() if not f.exists() or f.read_text(encoding='utf-8') != text]
    if check and stale: sys.exit(f"out of date: {', '.join(str(f.relative_to(ROOT)) for f in stale)}; run make export")
    for f in () if check else stale:
        tmp = f.with_name(f'.{f.name}.new')
        tmp.write_text(files[f], encoding='utf-8')
        tmp.replace(f)
    for f in () if check or complaints else set(LIB.rglob('*.pyi')) - set(files): f.unlink()
    if complaints and not lenient: sys.exit('each public name belongs to one module (rename one, or start it with _)')

if __name__ == '__main__':
    if bad := set(sys.argv[1:]) - {'--check', '--lenient'}: sys.exit(f'unknown: {bad}\n{__doc__}')
    main('--check' in sys.argv, '--lenient' in sys.argv)
