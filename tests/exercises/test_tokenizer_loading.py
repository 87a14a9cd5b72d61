"A solution to the exercise of 02_tokenizer/30_loading."
import json

from nbformers.tokenizer.loading import _gather
from . import judged

def report(name):
    found = _gather(name, {})
    said = {}
    for f in ('special_tokens_map.json', 'tokenizer_config.json'):
        for k, v in (json.loads(found[f].read_text()) if f in found else {}).items():
            if k.endswith('_token') and isinstance(v, (str, dict)): said.setdefault(k, []).append((f, v if isinstance(v, str) else v['content']))
    return sorted(found), said

def last_word(name):
    "A wrong answer: only what holds in the end."
    files, said = report(name)
    return files, {k: v[-1:] for k, v in said.items()}

def test_who_said_what(): judged('tokenizer.loading', 1, report, last_word)
