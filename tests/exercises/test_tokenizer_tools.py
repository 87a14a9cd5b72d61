"A solution to the exercise of 02_tokenizer/09_tools."
import json

from nbformers.tokenizer.tools import get_json_schema
from . import judged

KINDS = {'integer': int, 'number': (int, float), 'string': str, 'boolean': bool, 'array': list, 'object': dict}

def call(func, arguments):
    given, spec = json.loads(arguments), get_json_schema(func)['function']['parameters']
    if missing := set(spec.get('required', ())) - set(given): raise ValueError(f"missing {sorted(missing)}")
    for k, v in given.items():
        if k not in spec['properties']: raise ValueError(f"no argument {k!r}")
        field = spec['properties'][k]
        if not isinstance(v, KINDS[field['type']]) or isinstance(v, bool) and field['type'] != 'boolean': raise ValueError(f"{k} must be {field['type']}")
        if 'enum' in field and v not in field['enum']: raise ValueError(f"{k} must be one of {field['enum']}")
    return func(**given)

def trusting(func, arguments): return func(**json.loads(arguments))

def test_calls_are_checked(): judged('tokenizer.tools', 1, call, trusting)
