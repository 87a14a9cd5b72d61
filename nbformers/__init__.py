"""Transformers as a book you can run. Importing this loads nothing else: a public name is looked up in the generated
`_registry.py` when it is first used, and only then is its chapter's module imported."""
import sys
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import ModuleType
from . import _registry

__version__ = "0.1.0"
__all__ = _registry.star

def _resolve(name):
    "The object behind a public name, or `None` where there is none."
    if name in _registry.names: return getattr(import_module(f'{__name__}.{_registry.names[name]}'), name)
    if name in _registry.aliases:
        module, _, attr = _registry.aliases[name].partition(':')
        return getattr(import_module(module), attr)
    if name in _registry.parts or name in _registry.old_modules: return import_module(f'{__name__}.{name}')
    if name.startswith(('TF', 'Flax')): return _other_framework(name)

def _lost(name, where=__name__):
    "What to say about a name that is not there."
    from .config.utils import closest
    near = closest(name, [*_registry.names, *_registry.aliases])
    return f"{where} has no name {name!r}" + (f"; near it: {', '.join(near)}" if near else '')

def __getattr__(name):
    found = None if name.startswith('_') else _resolve(name)
    if found is None:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}' if name.startswith('_') else _lost(name))
    globals()[name] = found
    return found

def __dir__(): return sorted({*globals(), *_registry.star, *_registry.aliases, *_registry.parts})

def _part(package):
    "`__getattr__`, `__dir__` and `__all__` for a part such as `nbformers.generation`, which holds its modules' names."
    part = package.partition('.')[2]
    own = [n for n, m in _registry.names.items() if m.startswith(part + '.')]
    own += [n for n, m in _registry.aliases.items() if m.startswith(package + '.')]
    def get(name):
        if name in own: return _resolve(name)
        if f'{part}.{name}' in _registry.modules: return import_module(f'{package}.{name}')
        raise AttributeError(_lost(name, package))
    return get, lambda: sorted({*vars(sys.modules[package]), *own}), own

class _Refusing(type):
    "The type of `TFAutoModel` and its kind: any use says that this is PyTorch only, and the way to do it."
    def _refuse(cls, *args, **kwargs):
        from .config.utils import no_tensorflow
        no_tensorflow(cls.__name__)
    __call__ = _refuse
    def __getattr__(cls, name):
        if name.startswith('__'): raise AttributeError(name)
        cls._refuse()

def _other_framework(name):
    plain = name[2:] if name.startswith('TF') else name[4:]
    if plain.startswith('Auto') or plain in _registry.names or plain in _registry.aliases:
        return _Refusing(name, (), {'__module__': __name__})

class _OldNames:
    """Import paths of older code that have no module here (`nbformers.utils`, `nbformers.modeling_outputs`, …): each is
    a view of the public names. Placed last on `sys.meta_path`, so a real module always wins."""
    @staticmethod
    def find_spec(fullname, path=None, target=None):
        root, _, name = fullname.partition('.')
        if root != __name__: return
        if name in _registry.old_modules: return ModuleSpec(fullname, _OldNames, is_package=True)
        part, _, last = name.rpartition('.')                        # `from nbformers import Nmae` ends here
        if last[:1] != '_' and (not part and last not in _registry.parts or part in _registry.parts):
            raise ModuleNotFoundError(_lost(last, fullname.rpartition('.')[0]), name=__name__)
    @staticmethod
    def create_module(spec): return ModuleType(spec.name, f'Old import path: the public names of `{__name__}`.')
    @staticmethod
    def exec_module(module):
        name = module.__name__.partition('.')[2]
        if name in _registry.aliases or name in _registry.names: sys.modules[module.__name__] = _resolve(name)  # `nbformers.logging` is an object
        else: module.__getattr__, module.__dir__ = _view(module.__name__), __dir__

def _view(where):
    def get(name):
        found = None if name.startswith('_') else _resolve(name)
        if found is None: raise AttributeError(_lost(name, where))
        return found
    return get

sys.meta_path.append(_OldNames)
