"A solution to the exercise of 02_tokenizer/30_loading."
import json

from tokenizers import pre_tokenizers

from nbformers.tokenizer.families import GPT2Tokenizer
from nbformers.tokenizer.loading import _gather

def report(name):
    found = _gather(name, {})
    said = {}
    for f in ('special_tokens_map.json', 'tokenizer_config.json'):
        for k, v in (json.loads(found[f].read_text()) if f in found else {}).items():
            if k.endswith('_token') and isinstance(v, (str, dict)): said.setdefault(k, []).append((f, v if isinstance(v, str) else v['content']))
    return sorted(found), said

def test_who_said_what(tmp_path):
    tok = GPT2Tokenizer({c: i for i, c in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}, pad_token='<pad>')
    tok.save_pretrained(tmp_path)
    (tmp_path/'special_tokens_map.json').write_text('{"pad_token": {"content": "<old>"}}')
    files, said = report(tmp_path)
    assert files == ['special_tokens_map.json', 'tokenizer.json', 'tokenizer_config.json']
    assert said['pad_token'] == [('special_tokens_map.json', '<old>'), ('tokenizer_config.json', '<pad>')]
