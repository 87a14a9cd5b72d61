"""Files that somebody made to hurt: each is opened in a process of its own with 20 seconds and 4 GB, and ends in a plain answer or
in a ValueError of a few lines that names the file or the limit. Nothing is written outside the folder."""
import json

import pytest

RUN = '''
import json, os, resource, sys, time
resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
from nbformers import AutoTokenizer
folder, text = sys.argv[1], eval(sys.argv[2])
try:
    tok = AutoTokenizer.from_pretrained(folder)
    calls = [lambda: tok(text).input_ids, lambda: tok.encode(text), lambda: tok([text, 'a'], truncation=True, max_length=64).input_ids[0], lambda: tok.tokenize(text)]
    said = []
    for f in calls:
        try: said.append(len(f()))
        except ValueError as e: said.append(f'ValueError: {e}')
    said.append(tok.decode([0, 1, 10**6]))
    tok.save_pretrained(folder + '/out')
    print(json.dumps(said))
except (ValueError, OSError) as e: print(json.dumps([f'{type(e).__name__}: {e}']))
'''

def spec(model, **kw): return {'version': '1.0', 'truncation': None, 'padding': None, 'added_tokens': [], 'normalizer': None, 'pre_tokenizer': None, 'post_processor': None, 'decoder': None, 'model': model, **kw}
def bpe(vocab, merges=()): return {'type': 'BPE', 'vocab': vocab, 'merges': list(merges), 'unk_token': None}
def split(pattern): return {'type': 'Split', 'pattern': {'Regex': pattern}, 'behavior': 'Isolated', 'invert': False}
def replace(pattern, content): return {'type': 'Replace', 'pattern': pattern, 'content': content}
def frame(ids, **kw): return {'type': 'TemplateProcessing', 'single': [{'SpecialToken': {'id': 'X', 'type_id': 0}}, {'Sequence': {'id': 'A', 'type_id': 0}}], 'pair': [{'Sequence': {'id': 'A', 'type_id': 0}}, {'Sequence': {'id': 'B', 'type_id': 1}}],
                              'special_tokens': {'X': {'id': 'X', 'ids': ids, 'tokens': ['X']*len(ids)}}, **kw}
def added(i, content): return {'id': i, 'content': content, 'single_word': False, 'lstrip': False, 'rstrip': False, 'normalized': False, 'special': True}
ABC = {c: i for i, c in enumerate('abc')}

FILES = {  # name: (tokenizer.json, text as Python, what must be said; None: it works)
    'nested quantifiers': (spec(bpe(ABC), pre_tokenizer=split('(a+)+$')), "'a'*5000 + 'b'", 'retry-limit'),
    'nested alternatives': (spec(bpe(ABC), pre_tokenizer=split('(a*)*b|(a|aa)+$')), "'a'*100_000 + 'c'", 'retry-limit'),
    'nested quantifiers, cleaning': (spec(bpe(ABC), normalizer=replace({'Regex': '(a|a)*$'}, 'b')), "'a'*100_000 + 'c'", 'retry-limit'),
    'broken pattern': (spec(bpe(ABC), pre_tokenizer=split('(a')), "'a'", 'tokenizer.json'),
    'holes in the vocabulary': (spec(bpe({'a': 0, 'b': 7, 'c': 9_000_000})), "'abcab'", None),
    'an id of billions': (spec(bpe({'a': 0, 'b': 1, 'c': 4_000_000_000})), "'abcab'", 'has the id 4,000,000,000'),
    'one id for all': (spec(bpe({'a': 0, 'b': 0, 'c': 0})), "'abc'", None),
    'negative id': (spec(bpe({'a': -1})), "'a'", 'tokenizer.json'),
    'id past 32 bits': (spec(bpe({'a': 2**32})), "'a'", 'tokenizer.json'),
    'added token past the table': (spec(bpe(ABC), added_tokens=[added(4_000_000_000, '<x>')]), "'a<x>'", None),
    'frame past the table': (spec(bpe(ABC), post_processor=frame([999_999])), "'ab'", None),
    'frame without its token': (spec(bpe(ABC), post_processor=frame([1], special_tokens={})), "'ab'", 'gave up'),
    'endless frame': (spec(bpe(ABC), post_processor=frame([1]*1_000_000)), "'ab'", '1,000,000 special tokens'),
    'cyclic merges': (spec(bpe({'a': 0, 'b': 1, 'ab': 2, 'ba': 3, 'aba': 4, 'abab': 5}, ['a b', 'b a', 'ab a', 'a ba', 'ab ab', 'aba b'])), "'ab'*100_000", None),
    'merges of what is not there': (spec(bpe(ABC, ['a b'])), "'ab'", 'tokenizer.json'),
    'merge with itself': (spec(bpe({'a': 0, 'aa': 1, '': 2}, ['a a', 'aa a'])), "'a'*10", 'tokenizer.json'),
    'merges of three': (spec(bpe(ABC, [['a', 'b', 'c']])), "'ab'", 'tokenizer.json'),
    'endless words': (spec({'type': 'WordPiece', 'unk_token': '[UNK]', 'continuing_subword_prefix': '##', 'max_input_chars_per_word': 10**9, 'vocab': {'[UNK]': 0, 'a': 1, '##a': 2}}), "'a'*20_000 + 'b'", 'max_input_chars_per_word'),
    'cleaning that grows': (spec(bpe(ABC), normalizer={'type': 'Sequence', 'normalizers': [replace({'String': 'a'}, 'a'*1000)]*4}), "'a'", 'for one'),
    'decoder that grows': (spec(bpe(ABC), decoder={'type': 'Sequence', 'decoders': [replace({'String': 'a'}, 'a'*1000)]*4}), "'a'", 'for one'),
    'endless prefix': (spec(bpe(ABC), normalizer={'type': 'Prepend', 'prepend': 'a'*20_000_000}), "'a'", 'for one'),
    'broken charsmap': (spec(bpe(ABC), normalizer={'type': 'Precompiled', 'precompiled_charsmap': 'AAAA'}), "'ab'", 'tokenizer.json'),
    'charsmap that points outside': (spec(bpe(ABC), normalizer={'type': 'Precompiled', 'precompiled_charsmap': 'BAAAAP////8='}), "'ab'", 'gave up'),
    'padding of a terabyte': (spec(bpe(ABC), padding={'strategy': {'Fixed': 10**12}, 'direction': 'Right', 'pad_to_multiple_of': None, 'pad_id': 0, 'pad_type_id': 0, 'pad_token': 'a'}), "'ab'", None),
    'unknown token outside': (spec({'type': 'Unigram', 'unk_id': 99, 'vocab': [['a', 0.]], 'byte_fallback': False}), "'ab'", 'tokenizer.json'),
    'a hundred thousand brackets': ('['*100_000 + ']'*100_000, "'a'", 'tokenizer.json'),
    'a piece of 100 MB': (spec(bpe({'a': 0, 'x'*100_000_000: 1})), "'ab'", None),
}

def opened(python, folder, text):
    out = python(f'import sys; sys.argv[1:] = [{str(folder)!r}, {text!r}]\n{RUN}')
    return json.loads(out.splitlines()[-1])

@pytest.mark.parametrize('name', FILES)
def test_a_crafted_tokenizer_json(python, tmp_path, name):
    content, text, wanted = FILES[name]
    folder = tmp_path/'model'; folder.mkdir()
    (folder/'tokenizer.json').write_text(content if isinstance(content, str) else json.dumps(content))
    (folder/'tokenizer_config.json').write_text('{"tokenizer_class": "PreTrainedTokenizerFast"}')
    before = {p.name for p in tmp_path.iterdir()}
    said = opened(python, folder, text)
    errors = [s for s in said if isinstance(s, str) and s.startswith(('ValueError', 'OSError'))]
    assert {p.name for p in tmp_path.iterdir()} == before
    assert all(len(e) < 1000 for e in errors)
    if wanted is None: assert not errors, errors
    else: assert any(wanted in e for e in errors), said

LINE = 100_000_000
VOCABULARIES = {
    'a line of 100 MB in vocab.txt': ('BertTokenizer', {'vocab.txt': lambda: '[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n' + 'x'*LINE + '\n'}, None),
    'a line of 100 MB in merges.txt': ('GPT2Tokenizer', {'vocab.json': lambda: '{"<|endoftext|>": 0, "a": 1}', 'merges.txt': lambda: '#version: 0.2\n' + 'x'*LINE + '\n'}, 'merge 1'),
    'a line of 100 MB that is no JSON': ('GPT2Tokenizer', {'vocab.json': lambda: '{"' + 'x'*LINE, 'merges.txt': lambda: '#version: 0.2\n'}, 'JSON'),
    'merges of what is not there': ('GPT2Tokenizer', {'vocab.json': lambda: '{"<|endoftext|>": 0, "a": 1, "b": 2}', 'merges.txt': lambda: '#version: 0.2\na b\n'}, 'cannot be built'),
    'an id of billions': ('GPT2Tokenizer', {'vocab.json': lambda: '{"a": 0, "b": 4000000000}', 'merges.txt': lambda: '#version: 0.2\n'}, 'has the id 4,000,000,000'),
    'ids that are words': ('GPT2Tokenizer', {'vocab.json': lambda: '{"a": "one"}', 'merges.txt': lambda: '#version: 0.2\n'}, 'cannot be built'),
    'a SentencePiece file of noise': ('LlamaTokenizer', {'tokenizer.model': lambda: '\x0a\u07ff'*1000}, 'tokenizer.model'),
}

@pytest.mark.parametrize('name', VOCABULARIES)
def test_crafted_vocabulary_files(python, tmp_path, name):
    cls, files, wanted = VOCABULARIES[name]
    for f, content in files.items(): (tmp_path/f).write_text(content(), encoding='utf-8')
    (tmp_path/'tokenizer_config.json').write_text(json.dumps({'tokenizer_class': cls}))
    said = opened(python, tmp_path, "'a'")
    errors = [s for s in said if isinstance(s, str) and s.startswith(('ValueError', 'OSError', 'JSONDecodeError'))]
    assert all(len(e) < 1000 for e in errors)
    assert (not errors) if wanted is None else any(wanted in e for e in errors), said

def test_names_of_templates_stay_in_the_folder(tmp_path):
    from tests.test_tokenizer import gpt2
    from nbformers import AutoTokenizer
    (tmp_path/'model').mkdir(); gpt2(tmp_path/'model')
    tok = AutoTokenizer.from_pretrained(tmp_path/'model')
    for name in ('../evil', '../../evil', '/tmp/evil', 'a/b', '.hidden', 'a\\b', '..'):
        tok.chat_template = {'default': 'x', name: 'y'}
        with pytest.raises(ValueError): tok.save_pretrained(tmp_path/'out')
    assert sorted(p.name for p in tmp_path.iterdir()) == ['model']
