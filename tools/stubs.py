"""Type stubs for the modules that scripts meet: methods that a chapter patches onto a class stand in the class, every parameter
has a type (`Any` where the source names none), and the calls whose answer depends on their arguments have an overload for each:
`pipeline(task)`, `AutoModelFor….from_pretrained`, `generate`. Read off syntax trees; `tools/build_registry.py` writes them."""
import ast, copy
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LIB = ROOT/'nbformers'

# Modules that get a stub beside those whose classes are patched.
FACES = '''auto auto_processors config.configuration config.outputs config.utils models.base models.loading tokenizer.base tokenizer.files tokenizer.loading
    tokenizer.encoding processors.frame processors.image_processor processors.features pipelines.base pipelines.factory generation.config generation.loop
    generation.steps generation.streamers generation.stopping generation.prompt trainer.arguments trainer.callbacks trainer.collators trainer.learner
    trainer.trainer trainer.seq2seq trainer.schedules trainer.gather trainer.tasks trainer.optimizers generation.filters generation.rules attention.cache attention.mask'''.split()
# What a pipeline answers for one input; for a list of inputs it is a list of these, for an iterator an iterator.
LABELS, WRITTEN, BOXES = 'list[_Label]', 'list[dict[str, Any]]', 'list[_Box]'
ANSWERS = {
    'TextClassificationPipeline': LABELS, 'FeatureExtractionPipeline': 'list[Any]', 'FillMaskPipeline': 'list[_Filled]', 'TextGenerationPipeline': WRITTEN,
    'TokenClassificationPipeline': WRITTEN, 'QuestionAnsweringPipeline': '_Answer', 'ZeroShotClassificationPipeline': '_Sorted', 'TableQuestionAnsweringPipeline': 'dict[str, Any]',
    'ImageClassificationPipeline': LABELS, 'ZeroShotImageClassificationPipeline': LABELS, 'ZeroShotObjectDetectionPipeline': BOXES, 'ObjectDetectionPipeline': BOXES,
    'ImageToTextPipeline': WRITTEN, 'ImageFeatureExtractionPipeline': 'list[Any]', 'ImageSegmentationPipeline': WRITTEN, 'VideoClassificationPipeline': LABELS,
    'DepthEstimationPipeline': 'dict[str, Any]', 'AutomaticSpeechRecognitionPipeline': '_Speech', 'AudioClassificationPipeline': LABELS,
    'Text2TextGenerationPipeline': WRITTEN, 'SummarizationPipeline': WRITTEN, 'TranslationPipeline': WRITTEN,
}
SHAPES = '''
class _Label(TypedDict):
    label: str
    score: float
class _Box(_Label):
    box: dict[str, int]
class _Filled(TypedDict):
    score: float
    token: int
    token_str: str
    sequence: str
class _Answer(TypedDict):
    score: float
    start: int
    end: int
    answer: str
class _Sorted(TypedDict):
    sequence: str
    labels: list[str]
    scores: list[float]
class _Speech(TypedDict):
    text: str
    chunks: NotRequired[list[dict[str, Any]]]
'''
BARE = {'object': 'Any', 'dict': 'dict[Any, Any]', 'list': 'list[Any]', 'tuple': 'tuple[Any, ...]', 'set': 'set[Any]', 'frozenset': 'frozenset[Any]', 'type': 'type[Any]', 'callable': 'Callable[..., Any]',
        'Callable': 'Callable[..., Any]', 'Iterator': 'Iterator[Any]', 'Iterable': 'Iterable[Any]', 'Sequence': 'Sequence[Any]', 'Mapping': 'Mapping[Any, Any]', 'Generator': 'Generator[Any, Any, Any]', 'deque': 'deque[Any]', 'OrderedDict': 'OrderedDict[Any, Any]', 'defaultdict': 'defaultdict[Any, Any]'}
TYPING = 'from typing import Any, Callable, ClassVar, Generator, Iterable, Iterator, Literal, Mapping, Sequence, TypedDict, overload'
NEWER = 'from typing_extensions import NotRequired, Self'   # of Python 3.11; checkers know them for 3.10 too
KEEP = {'property', 'classmethod', 'staticmethod', 'abstractmethod', 'cached_property', 'contextmanager', 'overload'}

# Signatures that a syntax tree cannot tell: 'module:Class.method' or 'module:function' -> lines of the stub.
NAME = 'str | os.PathLike[str]'
def _pretrained(cls): return f'@classmethod\ndef from_pretrained(cls, pretrained_model_name_or_path: {NAME}, *model_args: Any, config: Any = ..., dtype: Any = ..., device_map: Any = ..., attn_implementation: str | None = ..., revision: str | None = ..., token: str | bool | None = ..., cache_dir: {NAME} | None = ..., local_files_only: bool = ..., quantization_config: Any = ..., num_labels: int = ..., id2label: Mapping[int, str] = ..., label2id: Mapping[str, int] = ..., **kwargs: Any) -> {cls}: ...'
GENERATE = ', '.join(f'{n}: Any = ...' for n in 'generation_config logits_processor stopping_criteria prefix_allowed_tokens_fn synced_gpus assistant_model streamer'.split())
# Their types are left open: a tokenizer's answer is unpacked into the same call, and a checker holds its tensors against every name.
FLAGS = (''.join(f'{n}: Any = ..., ' for n in 'max_new_tokens min_new_tokens max_length do_sample num_beams temperature top_k top_p num_return_sequences repetition_penalty stop_strings tokenizer logprobs'.split()))
def _generate(first):
    return ('@overload\n' f'def generate({first}inputs: Any = ..., {GENERATE}, *, return_dict_in_generate: Literal[True], {FLAGS}**kwargs: Any) -> ModelOutput: ...\n'
            '@overload\n' f'def generate({first}inputs: Any = ..., {GENERATE}, *, {FLAGS}**kwargs: Any) -> Tensor: ...')
TEXTS = 'str | Sequence[str] | Sequence[Sequence[str]] | None'
EXTRA = {
    'models.base:PreTrainedModel.from_pretrained': (_pretrained('Self'), 'import os'),
    'models.base:PreTrainedModel.from_config': ('@classmethod\ndef from_config(cls, config: Any, **kwargs: Any) -> Self: ...', ''),
    'models.base:PreTrainedModel.generate': (_generate('self, '), 'from ..config.outputs import ModelOutput\nfrom torch import Tensor'),
    'generation.loop:generate': (_generate('model: Any, '), 'from ..config.outputs import ModelOutput\nfrom torch import Tensor'),
    'auto:_AutoModel.from_pretrained': (_pretrained('PreTrainedModel'), 'import os\nfrom .models.base import PreTrainedModel as PreTrainedModel'),
    'auto:_AutoModel.from_config': ('@classmethod\ndef from_config(cls, config: Any, trust_remote_code: Any = ..., **kwargs: Any) -> PreTrainedModel: ...', ''),
    'auto:AutoTokenizer.from_pretrained': (f'@classmethod\ndef from_pretrained(cls, pretrained_model_name_or_path: {NAME}, *inputs: Any, use_fast: bool = ..., revision: str | None = ..., token: str | bool | None = ..., cache_dir: {NAME} | None = ..., local_files_only: bool = ..., **kwargs: Any) -> PreTrainedTokenizer: ...', 'from .tokenizer.files import PreTrainedTokenizer as PreTrainedTokenizer'),
    'auto_processors:AutoImageProcessor.from_pretrained': (f'@classmethod\ndef from_pretrained(cls, pretrained_model_name_or_path: {NAME}, **kwargs: Any) -> BaseImageProcessor: ...', 'import os\nfrom .processors.image_processor import BaseImageProcessor as BaseImageProcessor'),
    'auto_processors:AutoFeatureExtractor.from_pretrained': (f'@classmethod\ndef from_pretrained(cls, pretrained_model_name_or_path: {NAME}, **kwargs: Any) -> SequenceFeatureExtractor: ...', 'from .processors.features import SequenceFeatureExtractor as SequenceFeatureExtractor'),
    'tokenizer.base:PreTrainedTokenizerBase.__call__': (''.join(f'@overload\ndef __call__(self, text: {TEXTS} = ..., text_pair: {TEXTS} = ..., text_target: {TEXTS} = ..., text_pair_target: {TEXTS} = ..., *, {asked}, padding: bool | str = ..., truncation: bool | str | None = ..., max_length: int | None = ..., stride: int = ..., is_split_into_words: bool = ..., add_special_tokens: bool = ..., return_attention_mask: bool | None = ..., return_offsets_mapping: bool = ..., **kwargs: Any) -> {kind}: ...\n'
        for asked, kind in (("return_tensors: Literal['pt', 'np']", 'TensorEncoding'), ('return_tensors: None = ...', 'BatchEncoding'))), 'from .encoding import TensorEncoding as TensorEncoding'),
    'tokenizer.decoding:Decoding.decode': ('def decode(self, token_ids: Any, skip_special_tokens: bool = ..., clean_up_tokenization_spaces: bool | None = ..., **kwargs: Any) -> str: ...', ''),
    'tokenizer.decoding:Decoding.batch_decode': ('def batch_decode(self, sequences: Any, skip_special_tokens: bool = ..., clean_up_tokenization_spaces: bool | None = ..., **kwargs: Any) -> list[str]: ...', ''),
    'tokenizer.chat:Chat.apply_chat_template': (''.join(f'@overload\ndef apply_chat_template(self, conversation: Any, tools: list[Any] | None = ..., documents: list[Any] | None = ..., chat_template: str | None = ..., add_generation_prompt: bool = ..., continue_final_message: bool = ..., *, {asked}, padding: bool | str = ..., truncation: bool = ..., max_length: int | None = ..., **kwargs: Any) -> {kind}: ...\n'
        for asked, kind in (('tokenize: Literal[False], return_tensors: str | None = ...', 'str'), ("return_tensors: Literal['pt', 'np'], tokenize: Literal[True] = ...", 'ChatTensors'), ('tokenize: Literal[True] = ..., return_tensors: None = ...', 'ChatEncoding'))), ''),
    'config.outputs:ModelOutput.__getattr__': ('def __getattr__(self, name: str) -> Any: ...', ''),
}

# Classes that only checkers know: what a tokenizer answers where tensors were asked for.
MORE = {
    'tokenizer.encoding': ('from torch import Tensor', 'class TensorEncoding(BatchEncoding):\n    input_ids: Tensor\n    attention_mask: Tensor\n    token_type_ids: Tensor\n    labels: Tensor\n    def __getitem__(self, k: Any) -> Tensor: ...\n    def to(self, device: Any = ..., **kwargs: Any) -> Self: ...\n'),
    'tokenizer.chat': ('from torch import Tensor', 'class ChatTensors(ChatEncoding):\n    input_ids: Tensor\n    attention_mask: Tensor\n    shape: Any\n    def __getitem__(self, k: Any) -> Tensor: ...\n    def to(self, device: Any = ..., **kwargs: Any) -> Self: ...\n'),
}

def source(module):
    f = LIB/(module.replace('.', '/') + '.py')
    return f.read_text(encoding='utf-8') if f.exists() else ''

def parse(module): return ast.parse(source(module))

def homes(): return {c.split(':')[0] for c in tasks().values()}

def where(tree, module):
    "name -> module that defines it, for what a module imports from this package."
    out = {}
    for n in ast.walk(tree):
        if not isinstance(n, ast.ImportFrom): continue
        base = ['nbformers', *module.split('.')][:-n.level] if n.level else []
        source = '.'.join([*base, *filter(None, [n.module])])
        if source.startswith('nbformers.'): out.update({a.asname or a.name: source.removeprefix('nbformers.') for a in n.names})
    return out

def target(f, kind):
    "The class names that a patched function goes to, and whether it is a property or a classmethod."
    for d in f.decorator_list:
        call = d if isinstance(d, ast.Call) else None
        name = getattr(call.func if call else d, 'id', '')
        if name != 'patch': continue
        flags = {k.arg: k.value.value for k in call.keywords if isinstance(k.value, ast.Constant)} if call else {}
        note = f.args.args[0].annotation if f.args.args else None
        names = [n.id for n in ast.walk(note) if isinstance(n, ast.Name)] if note else []
        return names, 'property' if flags.get('as_prop') else 'classmethod' if flags.get('cls_method') else ''
    return [], ''

def scan(modules):
    "(trees, {(module, class): [(function, kind, from module)]}): what is patched, and where the class is."
    faces = {*FACES, *homes()}
    trees = {m: parse(m) for m in modules if m in faces or '@patch' in source(m)}
    patches = {}
    for m, tree in trees.items():
        here, there = {n.name for n in tree.body if isinstance(n, ast.ClassDef)}, where(tree, m)
        for f in tree.body:
            if not isinstance(f, ast.FunctionDef): continue
            names, kind = target(f, '')
            for c in names:
                home = m if c in here else there.get(c)
                if home: patches.setdefault((home, c), []).append((f, kind, m))
    return trees, patches

class Bare(ast.NodeTransformer):
    "`dict` alone is `dict[Any, Any]`; a string is read; what is no type (a call, a number) is `Any`."
    def visit_Subscript(self, n):
        if getattr(n.value, 'id', '') not in BARE: n.value = self.visit(n.value)
        if getattr(n.value, 'id', getattr(n.value, 'attr', '')) != 'Literal': n.slice = self.visit(n.slice)
        return n
    def visit_Name(self, n): return ast.parse(BARE[n.id], mode='eval').body if n.id in BARE else n
    def visit_Attribute(self, n): return n
    def visit_Constant(self, n):
        if not isinstance(n.value, str): return n
        try: return self.visit(ast.parse(n.value, mode='eval').body)
        except SyntaxError: return ast.Name('Any')

def typed(note, default=None):
    "An annotation as text."
    if note is None: return 'Any'
    note = Bare().visit(copy.deepcopy(note))
    if not isinstance(note, (ast.Name, ast.Attribute, ast.Subscript, ast.BinOp, ast.Constant)): return 'Any'
    text = ast.unparse(note)
    return f'{text} | None' if isinstance(default, ast.Constant) and default.value is None and text != 'Any' and 'None' not in text else text

def signature(f, method):
    "Parameters with a type each."
    a, out = f.args, []
    plain = [*a.posonlyargs, *a.args]
    defaults = [None]*(len(plain) - len(a.defaults)) + list(a.defaults)
    for i, (p, d) in enumerate(zip(plain, defaults)):
        if method and i == 0: out.append(p.arg); continue
        out.append(f'{p.arg}: {typed(p.annotation, d)}' + (' = ...' if d is not None else ''))
        if a.posonlyargs and i == len(a.posonlyargs) - 1: out.append('/')
    if a.vararg: out.append(f'*{a.vararg.arg}: {typed(a.vararg.annotation)}')
    elif a.kwonlyargs: out.append('*')
    out += [f'{p.arg}: {typed(p.annotation, d)}' + (' = ...' if d is not None else '') for p, d in zip(a.kwonlyargs, a.kw_defaults)]
    if a.kwarg: out.append(f'**{a.kwarg.arg}: {typed(a.kwarg.annotation)}')
    return ', '.join(out)

def own(f):
    "The nodes of a function's body, without those of functions inside it."
    todo = list(f.body)
    while todo:
        n = todo.pop()
        yield n
        if not isinstance(n, (ast.FunctionDef, ast.Lambda, ast.ClassDef)): todo += ast.iter_child_nodes(n)

def answer(f):
    "What a function gives back."
    if f.returns is not None: return typed(f.returns)
    if f.name in ('__init__', '__setattr__', '__setitem__', '__delitem__'): return 'None'
    if f.name.startswith('from_') and f.args.args and f.args.args[0].arg == 'cls': return 'Self'
    if f.name in ('__str__', '__repr__'): return 'str'
    if f.name in ('__len__', '__hash__'): return 'int'
    if f.name in ('__contains__', '__eq__', '__bool__'): return 'bool'
    nodes = list(own(f))
    if any(isinstance(n, (ast.Yield, ast.YieldFrom)) for n in nodes): return 'Iterator[Any]'
    given = [n.value for n in nodes if isinstance(n, ast.Return) and n.value is not None]
    if not given: return 'Any' if any(isinstance(n, ast.Raise) for n in f.body) else 'None'
    first = f.args.args[0].arg if f.args.args else ''
    return 'Self' if all(isinstance(v, ast.Name) and v.id == first == 'self' for v in given) else 'Any'

def function(f, pad='', kind='', method=False, auto=False):
    marks = [ast.unparse(d) for d in f.decorator_list if (getattr(d, 'id', '') in KEEP or isinstance(d, ast.Attribute) and d.attr in ('setter', 'getter', 'deleter'))]
    if kind: marks.insert(0, kind)
    static = 'staticmethod' in marks
    note = 'Any' if auto and f.returns is None and f.name.startswith('from_') else answer(f)   # an Auto class answers with another
    if 'contextmanager' in marks and not note.startswith(('Iterator', 'Generator')): note = 'Iterator[Any]'
    return ''.join(f'{pad}@{m}\n' for m in marks) + f'{pad}def {f.name}({signature(f, method and not static)}) -> {note}: ...\n'

def attributes(c, methods):
    "What `self.x = …` in a class's methods sets, with a type where a parameter tells it."
    found = {}
    for f in methods:
        notes = {p.arg: typed(p.annotation, d) for p, d in zip(f.args.args, [None]*(len(f.args.args) - len(f.args.defaults)) + list(f.args.defaults))}
        for n in own(f):
            if not isinstance(n, (ast.Assign, ast.AugAssign, ast.AnnAssign)): continue
            for t in n.targets if isinstance(n, ast.Assign) else [n.target]:
                pairs = zip(t.elts, n.value.elts) if isinstance(t, ast.Tuple) and isinstance(n.value, ast.Tuple) and len(t.elts) == len(n.value.elts) else [(o, None) for o in t.elts] if isinstance(t, ast.Tuple) else [(t, n.value)]
                for o, v in pairs:
                    if isinstance(o, ast.Attribute) and getattr(o.value, 'id', '') == 'self': found.setdefault(o.attr, set()).add(notes.get(v.id, 'Any') if isinstance(v, ast.Name) else 'Any')
    return {k: next(iter(v)) if len(v) == 1 else 'Any' for k, v in found.items()}

def fields(c, module):
    "The annotated names of a class's bases in this package."
    tree = parse(module)
    there, out = where(tree, module), set()
    for b in (b.id for b in c.bases if isinstance(b, ast.Name)):
        home = there.get(b, module)
        for n in (parse(home) if home != module else tree).body:
            if isinstance(n, ast.ClassDef) and n.name == b: out |= {m.target.id for m in n.body if isinstance(m, ast.AnnAssign)} | fields(n, home)
    return out

def literal(v):
    "The type of a value at a class's or module's top."
    if isinstance(v, ast.Constant) and v.value is not None: return type(v.value).__name__
    return 'Any'

def named(loop, tree):
    "What the variables of `for … in …: setattr(…)` are: a list of {variable: text or function's name}."
    it = loop.iter.func.value if isinstance(loop.iter, ast.Call) and getattr(loop.iter.func, 'attr', '') == 'items' else loop.iter
    if isinstance(it, ast.Name): it = next((n.value for n in tree.body if isinstance(n, ast.Assign) and getattr(n.targets[0], 'id', '') == it.id), it)
    if isinstance(it, ast.Call) and getattr(it.func, 'id', '') == 'dict': values = [k.arg for k in it.keywords]
    elif isinstance(it, ast.Dict): values = [getattr(k, 'value', None) for k in it.keys]
    elif isinstance(it, (ast.Tuple, ast.List)): values = [o.value if isinstance(o, ast.Constant) else getattr(o, 'id', None) for o in it.elts]
    elif isinstance(it, ast.Call) and getattr(it.func, 'attr', '') == 'split' and isinstance(it.func.value, ast.Constant): values = it.func.value.value.split()
    else: values = []
    first = loop.target.elts[0] if isinstance(loop.target, ast.Tuple) else loop.target
    return first.id, [v for v in values if isinstance(v, str)]

def called_so(n, var, value):
    "The attribute's name in `setattr(cls, n, …)`, where the loop's variable is `value`."
    if isinstance(n, ast.Name): return value
    if isinstance(n, ast.JoinedStr): return ''.join(o.value if isinstance(o, ast.Constant) else value for o in n.values)
    return value[1:] if isinstance(n, ast.Subscript) else value

def late(tree):
    "{class: {name: function, name of a sibling, or None}}: `Class.name = …` and `setattr(Class, name, …)` at a module's top."
    out, functions = {}, {n.name: n for n in tree.body if isinstance(n, ast.FunctionDef)}
    def put(cls, name, v):
        found = functions.get(v.id) if isinstance(v, ast.Name) else None
        out.setdefault(cls, {})[name] = found or (v.attr if isinstance(v, ast.Attribute) and getattr(v.value, 'id', '') == cls else None)
    for n in tree.body:
        if isinstance(n, ast.Assign):
            for t in n.targets:
                pairs = zip(t.elts, n.value.elts) if isinstance(t, ast.Tuple) and isinstance(n.value, ast.Tuple) else [(t, n.value)]
                for o, v in pairs:
                    if isinstance(o, ast.Attribute) and isinstance(o.value, ast.Name): put(o.value.id, o.attr, v)
        if isinstance(n, ast.For):
            for call in (b.value for b in n.body if isinstance(b, ast.Expr) and isinstance(b.value, ast.Call) and getattr(b.value.func, 'id', '') == 'setattr'):
                var, values = named(n, tree)
                for v in values: put(call.args[0].id, called_so(call.args[1], var, v), ast.Name(v) if isinstance(call.args[2], ast.Name) and call.args[2].id == var else ast.Constant(0))
    return out

def klass(c, module, patched, pad='', more=()):
    bases = ', '.join(ast.unparse(b) for b in c.bases)
    bases = ', '.join(BARE.get(b.strip(), b.strip()) for b in bases.split(', ')) if bases else ''
    data = [ast.unparse(d) for d in c.decorator_list if 'dataclass' in ast.unparse(d)]
    lines, told = [], set()
    methods = [n for n in c.body if isinstance(n, ast.FunctionDef) and not (data and n.name == '__init__' and n.args.vararg and n.args.kwarg)]  # a dataclass's fields say more
    extra = {k.partition('.')[2]: v[0] for k, v in ((k.removeprefix(f'{module}:'), v) for k, v in EXTRA.items() if k.startswith(f'{module}:{c.name}.'))}
    if c.name in ANSWERS: extra['__call__'] = called(ANSWERS[c.name], c.name)
    for n in c.body:
        if isinstance(n, ast.AnnAssign):
            told.add(n.target.id)
            lines.append(f'{pad}    {n.target.id}: {typed(n.annotation, n.value)}' + (' = ...' if n.value is not None else '') + '\n')
        elif isinstance(n, ast.Assign):
            for t in (o for t in n.targets for o in (t.elts if isinstance(t, ast.Tuple) else [t])):
                if not isinstance(t, ast.Name) or t.id in told: continue
                told.add(t.id)
                alias = isinstance(n.value, ast.Name) and n.value.id in {f.name for f in methods}
                lines.append(f'{pad}    {t.id} = {n.value.id}\n' if alias else f'{pad}    {t.id}: {literal(n.value) if t.id != "__slots__" else "Any"}\n' if not data else f'{pad}    {t.id}: ClassVar[{literal(n.value)}]\n')
    names = [f.name for f in methods] + [f.name for f, *_ in patched]
    told |= {*names, *extra}
    every = methods + [f for f, *_ in patched]
    inherited = fields(c, module) if data else ()
    for k, v in attributes(c, every).items():
        if data: lines += [] if k in told or k in inherited else [f'{pad}    {k}: ClassVar[{v}]\n']
        elif k not in told: lines.append(f'{pad}    {k}: {v}\n')
    again = {f.name for f, *_ in patched}
    for f in methods:
        if f.name not in extra and f.name not in again: lines.append(function(f, pad + '    ', method=True, auto=c.name.lstrip('_').startswith('Auto')))
    done = set()
    for f, kind, _ in reversed(patched):
        if f.name in extra or f.name in done: continue
        done.add(f.name)
        lines.append(function(f, pad + '    ', kind, method=True))
    for name, what in dict(more).items():
        if name in told: continue
        if isinstance(what, ast.FunctionDef): f = copy.deepcopy(what); f.name = name; lines.append(function(f, pad + '    ', method=True))
        else: lines.append(f"{pad}    {name}{f' = {what}' if what in told else ': ClassVar[Any]' if data else ': Any'}\n")
    for text in extra.values(): lines.append(''.join(f'{pad}    {l}\n' for l in text.splitlines()))
    return ''.join(f'{pad}@{d}\n' for d in data) + f"{pad}class {c.name}{f'({bases})' if bases else ''}:\n" + (''.join(lines) or f'{pad}    ...\n')

def called(one, name):
    "`__call__` of a pipeline: one input, a list, an iterator."
    plain = {'FeatureExtractionPipeline': 'Any', 'ImageFeatureExtractionPipeline': 'Any'}.get(name)
    if plain: return 'def __call__(self, inputs: Any = ..., *args: Any, **params: Any) -> Any: ...'
    each = {'TextClassificationPipeline': '_Label', 'Text2TextGenerationPipeline': 'dict[str, Any]', 'SummarizationPipeline': 'dict[str, Any]', 'TranslationPipeline': 'dict[str, Any]'}.get(name, one)
    if name in ('QuestionAnsweringPipeline', 'TableQuestionAnsweringPipeline', 'ZeroShotClassificationPipeline'):
        lists = {'QuestionAnsweringPipeline': 'question: str, context: str', 'TableQuestionAnsweringPipeline': 'table: Any, query: str', 'ZeroShotClassificationPipeline': 'sequences: str, candidate_labels: Any = ...'}[name]
        first = lists.split(':')[0]
        return f'@overload\ndef __call__(self, {lists}, **params: Any) -> {one}: ...\n@overload\ndef __call__(self, {first}: Any = ..., *args: Any, **params: Any) -> Any: ...'
    if name == 'TextGenerationPipeline':
        return ('@overload\ndef __call__(self, text_inputs: str | list[dict[str, Any]], **params: Any) -> list[dict[str, Any]]: ...\n'
                '@overload\ndef __call__(self, text_inputs: list[str] | list[list[dict[str, Any]]], **params: Any) -> list[list[dict[str, Any]]]: ...\n'
                '@overload\ndef __call__(self, text_inputs: Any = ..., **params: Any) -> Any: ...')
    rows = lambda kind, answer, extra='': f'@overload\ndef __call__(self, inputs: {kind}, {extra}**params: Any) -> {answer}: ...\n'
    spoken = f'@overload\ndef __call__(self, inputs: Any = ..., **params: Any) -> Any: ...'
    if name.startswith(('Image', 'Video', 'Audio', 'Automatic', 'Object', 'Depth')):   # a file's name, a picture, a sound, a film
        return rows('list[Any]', f'list[{each}]') + rows('Iterator[Any]', f'Iterator[{each}]') + rows('object = ...', one).rstrip()
    asked = rows('str', 'list[_Label]', '*, top_k: int | None, ') + rows('list[str]', 'list[list[_Label]]', '*, top_k: int | None, ') if name == 'TextClassificationPipeline' else ''
    many = '' if name == 'FillMaskPipeline' else rows('list[str]', f'list[{each}]')
    return asked + rows('str', one) + many + rows('Iterator[Any]', f'Iterator[{each}]') + spoken

def tasks():
    "{task or alias: 'module:Class'}, from the pipelines' own table."
    found, aliases = {}, {}
    for n in parse('pipelines.factory').body:
        t = n.targets[0] if isinstance(n, ast.Assign) else n.target if isinstance(n, ast.AugAssign) else None
        if getattr(t, 'id', '') == 'TASKS': found.update({k.value: v.args[0].value for k, v in zip(n.value.keys, n.value.values)})
        if getattr(t, 'id', '') == 'ALIASES': aliases = ast.literal_eval(n.value)
    return found | {a: found[t] for a, t in aliases.items()}

def pipelines(f):
    "`pipeline`, an overload for each class that tasks have."
    rest = signature(f, False).split(', ', 1)[1]
    groups = {}
    for task, cls in tasks().items(): groups.setdefault(cls, []).append(task)
    out, imports = [], []
    for cls, names in groups.items():
        module, name = cls.split(':')
        imports.append(f'from ..{module} import {name}')
        out.append(f"@overload\ndef pipeline(task: Literal[{', '.join(map(repr, sorted(names)))}], {rest}) -> {name}: ...")
    return '\n'.join([*out, f'@overload\ndef pipeline(task: str | None = ..., {rest}) -> Pipeline: ...']) + '\n', [*imports, 'from .base import Pipeline']

def imports(tree, module, home):
    "A module's own imports, as lines; `module`'s relative ones told from `home`."
    out = []
    for n in tree.body:
        if isinstance(n, ast.Import): out += [f'import {a.name}' + (f' as {a.asname}' if a.asname else '') for a in n.names]
        elif isinstance(n, ast.ImportFrom) and n.module != '__future__':
            for a in n.names:
                if a.name == 'patch': continue
                source = n.module or ''
                if n.level: source = '.' + '.'.join([*['nbformers', *module.split('.')][:-n.level], *filter(None, [n.module])]).removeprefix('nbformers').removeprefix('.')
                if n.level: source = '.'*(home.count('.') + 1) + source[1:]
                if source == '.'*(home.count('.') + 1) + home: continue
                out.append(f'from {source} import {a.name} as {a.asname or a.name}')
    return out

def stub(module, trees, patches):
    tree = trees[module]
    patched = {c: v for (m, c), v in patches.items() if m == module}
    body, more, later = [], [], late(tree)
    for n in tree.body:
        if isinstance(n, ast.ClassDef): body.append(klass(n, module, patched.get(n.name, []), more=later.get(n.name, {})))
        elif isinstance(n, ast.FunctionDef):
            if target(n, '')[0]: continue
            if module == 'pipelines.factory' and n.name == 'pipeline':
                text, lines = pipelines(n)
                body.append(text); more += lines
            elif (e := EXTRA.get(f'{module}:{n.name}')): body.append(e[0] + '\n')
            else: body.append(function(n))
        elif isinstance(n, ast.AnnAssign): body.append(f'{n.target.id}: {typed(n.annotation)}\n')
        elif isinstance(n, ast.Assign):
            for t in (o for t in n.targets for o in (t.elts if isinstance(t, ast.Tuple) else [t])):
                if not isinstance(t, ast.Name): continue
                if t.id == '__all__': body.insert(0, ast.unparse(n) + '\n')
                else: body.append(f'{t.id} = {n.value.id}\n' if isinstance(n.value, ast.Name) else f'{t.id}: {literal(n.value)}\n')
    for k, (_, line) in EXTRA.items():
        if k.startswith(module + ':') and line: more += line.splitlines()
    if module in MORE: more += MORE[module][0].splitlines(); body.append(MORE[module][1])
    text = '\n'.join(body)
    lines = imports(tree, module, module)
    for v in patched.values():
        for m in {m for *_, m in v} - {module}: lines += imports(trees[m], m, module)
    shapes = SHAPES if any(f'{n}' in text for n in ('_Label', '_Box', '_Filled', '_Answer', '_Sorted', '_Speech')) and 'Pipeline' in text else ''
    wanted = {w.id for w in ast.walk(ast.parse(text)) if isinstance(w, ast.Name)} | {w.value.id for w in ast.walk(ast.parse(text)) if isinstance(w, ast.Attribute) and isinstance(w.value, ast.Name)}
    mine = {n.name for n in tree.body if isinstance(n, (ast.ClassDef, ast.FunctionDef))}
    def needed(l):
        name = l.rsplit(' as ', 1)[-1] if ' as ' in l else l.split(' import ')[-1] if ' import ' in l else l.split()[1].split('.')[0]
        return name in wanted and name not in mine
    kept = list(dict.fromkeys(l for l in [*lines, *more] if needed(l)))
    std = [n for n in ('deque', 'OrderedDict', 'defaultdict') if n in wanted and not any(l.endswith(n) for l in kept)]
    if std: kept.append(f"from collections import {', '.join(std)}")
    if '@contextmanager' in text: kept.append('from contextlib import contextmanager')
    have = {l.rsplit(' as ', 1)[-1].split(' import ')[-1] for l in kept}
    asked = wanted | {w.id for w in ast.walk(ast.parse(shapes)) if isinstance(w, ast.Name)}
    kept += [f"{source} import {', '.join(use)}" for line in (TYPING, NEWER) for source, _, names in [line.partition(' import ')]
             if (use := [w for w in names.split(', ') if w in asked and w not in have and w not in mine])]
    return '# Generated by tools/stubs.py; not edited by hand.\n' + '\n'.join(kept) + '\n' + shapes + text

def build(modules, wrong):
    "{file: text} of the stubs; a chapter that cannot be read adds a complaint to `wrong`."
    try: trees, patches = scan(modules)
    except SyntaxError as e: wrong.append(f'no stubs: {e}'); return {}
    chosen = {*FACES, *homes(), *(m for m, _ in patches if not m.rpartition('.')[2].startswith('widgets'))}
    for m in chosen & set(modules) - set(trees): trees[m] = parse(m)
    files = {}
    for m in sorted(chosen & set(trees)):
        try: files[LIB/(m.replace('.', '/') + '.pyi')] = stub(m, trees, patches)
        except SyntaxError as e: wrong.append(f'the stub of {m} is no Python: {e}')
    return files
