"""Answers taken apart as the reference library does: real response templates, every way to cut the text, and the patterns
in them beside the `regex` module."""
import ast, copy, random, time
from pathlib import Path

import pytest

transformers = pytest.importorskip('transformers')
regex = pytest.importorskip('regex')
from transformers.utils.chat_parsing import ResponseParser as RefParser, parse_response as ref_parse  # noqa: E402

import real_templates  # noqa: E402
from nbformers.tokenizer.patterns import Pattern, PatternError, any_of  # noqa: E402
from nbformers.tokenizer.responses import ResponseParser, ResponseTemplate, parse_response  # noqa: E402

from test_tokenizer_templates import letters, weather  # noqa: E402
from nbformers.tokenizer.files import PreTrainedTokenizerFast  # noqa: E402

def served():
    "The response templates that the reference's server falls back on, read off its source."
    tree = ast.parse((Path(transformers.__file__).parent/'cli/serving/utils.py').read_text(encoding='utf-8'))
    table = next((n.value for n in tree.body if isinstance(n, ast.Assign) and getattr(n.targets[0], 'id', '') == '_RESPONSE_TEMPLATE_FALLBACKS'), None)
    return {f'served {k[0]}': v for k, v in (ast.literal_eval(table) if table else {}).items()}

OWN = {
    'thoughts': {'start_anchor_pattern': r'Assistant:\s*', 'fields': {'thinking': {'open_pattern': r'Thought:\s*', 'close_pattern': r'(?=Action:|Answer:)'}, 'content': {'open': ['Answer:', 'Answer: '], 'optional': False},
                 'tool_calls': {'open_pattern': r'Action (?P<name>\w+):', 'close': '\n', 'content': 'kv-lines', 'content_args': {'line_sep': ',', 'kv_sep': '='}, 'repeats': True, 'transform': {'function': {'name': '{name}', 'arguments': '{content}'}}}}},
    'many': {'start_anchor': ['A>', 'A>>'], 'defaults': {'role': 'assistant', 'n': None}, 'fields': {'n': {'open': '#', 'close': '#', 'content': 'int'}, 'x': {'open': '%', 'close': '%', 'content': 'float'}, 'b': {'open': '?', 'close': '?', 'content': 'bool'},
             'notes': {'open': '[', 'close': ']', 'repeats': True, 'join': '; '}, 'calls': {'open': '<calls>', 'close': '</calls>', 'content': 'json', 'transform': {'type': 'function', 'function': {'name': '{name}', 'arguments': '{args.all}'}}, 'transform_each': True},
             'content': {'content': 'text', 'content_args': {'strip': False}}}},
    'end': {'start_anchor': 'A>', 'fields': {'reasoning_content': {'open': '<t>', 'close_pattern': r'</t>|$'}, 'content': {'close_pattern': r'<e>\s*|$'}}}}
ALL = {**served(), **real_templates.response_templates(), **OWN}

ANSWERS = ['', 'Cold.', 'Cold.<|im_end|>', 'Cold. <|im_end|>\n<|endoftext|>', 'hm\n</think>\n\nCold.<|im_end|>', '<think>\nhm\n</think>\n\nCold.', '<think>never closed', '</think>', '<tool_call>\n{"name": "weather", "arguments": {"city": "Nantucket", "days": "[1, 2]"}}\n</tool_call><|im_end|>',
    'I ask.\n<tool_call>{"name": "weather", "arguments": {"city": 7}}</tool_call>\n<tool_call>{"name": "weather", "arguments": {}}</tool_call>\n done', '<tool_call>not json</tool_call>', '<tool_call>{"name": "weather"', '<tool_call>\n<function=weather>\n<parameter=city>\nNantucket\n</parameter>\n<parameter=days>\n[1]\n</parameter>\n</function>\n</tool_call>',
    '<|channel>thought\nhm<channel|>Cold.<turn|>', '<|tool_call>call:weather{city:<|"|>Nantucket "Sound"<|"|>,days:[1,2]}<tool_call|><|tool_response>', '<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>Cold.<|return|>', '<|channel|>commentary to=functions.weather <|constrain|>json<|message|>{"city": "N"}<|call|>',
    '{"name": "weather", "parameters": {"city": "N"}}<|eot_id|>', 'weather\n<arg_key>city</arg_key>\n<arg_value>N</arg_value>', '<tool_call>weather\n<arg_key>city</arg_key>\n<arg_value>N</arg_value>\n<arg_key>days</arg_key><arg_value>[1]</arg_value></tool_call><|user|>', '<|tool_call_start|>[weather(city="N")]<|tool_call_end|>Cold.<|im_end|>',
    'Thought: hm\nAction weather: city=N, unit=F\nAnswer: Cold.', 'Thought: no answer', '#7# %2.5% ?true? [a] text [b]\n<calls>[{"name": "f", "args": {"all": {"x": "1"}}}]</calls> end', '#seven#', '<calls>{"name": 1}</calls>', '<calls>[1]</calls>', '<t>x</t>y<e> ', '<t>x', 'y<e', '<', '<|im_', 'a < b <thin> </thin <tool_cal', '🐋 é <think>🐋</think>é']
PROMPTS = ['', '<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n', '<|im_start|>assistant\n<think>\n', '<|im_start|>assistant\n<think>\n\n</think>\n\n', '<|turn>model\n', '<|turn>model\n<|channel>thought\n', '<|start|>assistant', 'A> A>>', 'Assistant: Thought: ', 'no anchor <think>', '<｜Assistant｜><think>\n', '<|assistant|>\n<think>', '<|start_header_id|>assistant<|end_header_id|>\n\n']

def read(parser, text, cuts):
    events = [('start', copy.deepcopy(parser.initial_events))]
    for a, b in zip([0, *cuts], [*cuts, len(text)]): events.append(copy.deepcopy(parser.feed(text[a:b])))
    return parser.finalize(), events

def tried(f, *args, **kw):
    try: return f(*args, **kw)
    except Exception as e: return e

@pytest.mark.parametrize('name', ALL)
def test_messages_and_events_equal(name):
    draw, some = random.Random(name), 0
    for text in ANSWERS:
        for prompt in PROMPTS:
            for tools in (None, [weather]):
                if '$' in str(ALL[name]) and '\n' in (prompt[-1:], text[-1:]): continue  # theirs takes the place before a last line break for the end, and loses the text before it
                a, b = (tried(f, text, ALL[name], prefix=prompt, tools=tools) for f in (parse_response, ref_parse))
                if isinstance(b, Exception): assert isinstance(a, ValueError if isinstance(b, ValueError) else type(b)), (text, prompt, a, b); continue
                assert a == b and list(a) == list(b), (text, prompt, a, b); some += len(a) > 1
            for _ in range(2):
                cuts = sorted(draw.sample(range(1, len(text)), min(len(text)-1, draw.randint(1, 9)))) if len(text) > 1 else []
                a, b = (tried(lambda: read(P(ALL[name], prompt), text, cuts)) for P in (ResponseParser, RefParser))
                if isinstance(b, Exception): assert isinstance(a, ValueError), (text, prompt, cuts, a, b)
                elif '$' in str(ALL[name]): pass                       # beside `|$` theirs no longer waits for a mark that has begun; see the next test
                else: assert a == b, (text, prompt, cuts, a, b)
    assert some

@pytest.mark.parametrize('name', ALL)
def test_the_cut_does_not_matter(name):
    draw = random.Random(name)
    for text in [*ANSWERS, 'One.\nTwo.\n', 'One.\n\nTwo.\n \n']:
        whole = tried(lambda: read(ResponseParser(ALL[name], ''), text, [])[0][0])
        for _ in range(4):
            cuts = sorted(draw.sample(range(1, len(text)), min(len(text)-1, draw.randint(1, 9)))) if len(text) > 1 else []
            got = tried(lambda: read(ResponseParser(ALL[name], ''), text, cuts)[0][0])
            assert got == whole or isinstance(got, ValueError) and isinstance(whole, ValueError), (text, cuts, got, whole)
    if name == 'gemma4': assert parse_response('One.\nTwo.\n', ALL[name], prefix='')['content'] == 'One.\nTwo.'

def test_the_tokenizers_methods():
    rust, tokens = letters()
    t = next(iter(ALL.values()))
    ours, ref = PreTrainedTokenizerFast(tokenizer_object=rust, response_template=t, **tokens), transformers.PreTrainedTokenizerFast(tokenizer_object=rust, **tokens)
    ref.response_template = t
    ids = lambda s: ours(s)['input_ids']
    texts, prompt = ['hm</think>Cold.<|im_end|>', 'Warm.'], '<|im_start|>assistant\n<think>'
    import torch
    for response, prefix in ((texts[0], prompt), (texts, prompt), (texts, [prompt, '']), (ids(texts[0]), ids(prompt)), ([ids(x) for x in texts], prompt), (torch.tensor(ids(texts[0])), torch.tensor(ids(prompt))), (torch.tensor([ids(texts[0])]*2), ''), (texts[0], []), ([], prompt)):
        assert ours.parse_response(response, prefix=prefix) == ref.parse_response(response, prefix=prefix)
        if not isinstance(prefix, list) or not prefix or isinstance(prefix[0], int): assert ours.get_response_parser(prefix=prefix).initial_events == ref.get_response_parser(prefix=prefix).initial_events
    for bad in (dict(prefix=None), dict(prefix=['', '', ''])):
        with pytest.raises(ValueError): ours.parse_response(texts, **bad)
    with pytest.raises(ValueError): ours.get_response_parser()
    with pytest.raises(ValueError): ours.get_response_parser(prefix=[ids('a'), ids('b')])
    ours.response_template = None
    with pytest.raises(AttributeError): ours.parse_response('x', prefix='')
    with pytest.raises(AttributeError): ours.get_response_parser(prefix='')
    assert ours.parse_response('x', {'start_anchor': 'A', 'fields': {'c': {}}}, prefix='') == {'c': 'x'}

GOOD = {'start_anchor': 'A>', 'fields': {'content': {}}}
@pytest.mark.parametrize('bad', [None, [], {}, {**GOOD, 'version': 2}, {**GOOD, 'x': 1}, {**GOOD, 'defaults': []}, {**GOOD, 'fields': {}}, {**GOOD, 'fields': []}, {'fields': {'c': {}}}, {**GOOD, 'start_anchor_pattern': 'x'}, {**GOOD, 'start_anchor': ''}, {**GOOD, 'start_anchor': []}, {**GOOD, 'start_anchor': [1]},
    *({**GOOD, 'fields': {'content': {}, 'f': f}} for f in (None, {}, {'open': 'x', 'y': 1}, {'open': 'x', 'content': 'xml'}, {'open': 'x', 'open_pattern': 'x'}, {'open_pattern': '('}, {'open_pattern': '[a'}, {'open': 'x', 'join': ','}, {'open': 'x', 'join': 1, 'repeats': True}, {'open_pattern': '(?P<n>x)'}, {'open': 'x', 'transform': 'a {content}'},
       {'open': 'x', 'transform_each': True}, {'open': 'x', 'transform': '{content}', 'transform_each': 1}, {'open': 3}))], ids=str)
def test_templates_with_slips_are_refused(bad):
    with pytest.raises(ValueError): RefParser(bad, prefix='')
    with pytest.raises(ValueError): ResponseTemplate.load(bad)

SOURCES = [r'a', r'a*', r'a+b', r'a*?b', r'(?:ab)+', r'a|ab', r'ab|a', r'[a-c]+x', r'[^<>]+', r'<(?P<t>\w+)>(?P<b>.*?)</', r'\s*<tool>', r'^a', r'b\Z', r'\d{2}-\d{1,3}', r'(?<=[:{])\w+', r'(?=b)b', r'a(?!b)', r'\bab\b', r'\w+(?=\{)', r'[\w-]+', r'x\Z', r'(?i:aB)', r'.{3}', r'\.|\{', r'(a|b)*c', r'(?:a{1,2}b?)+', r'a??b', r'(?:|a)b', r'</?[ab]+>', r'\s*(?:<b>|<a>)', r'(?:a|b|<)+?>', '\\n?\\t', r'[^\S\n]+', r'(?<!a)b', r'a{2,}']

@pytest.mark.parametrize('source', SOURCES)
def test_patterns_beside_regex(source):
    draw, theirs, ours = random.Random(source), regex.compile(source, regex.S), Pattern(source)
    groups = lambda m: {k: v for k, v in m.groupdict().items() if v is not None}
    for _ in range(400):
        text = ''.join(draw.choice('aabbcx<></{}:-.12 \n\té') for _ in range(draw.randint(0, 14)))
        pos = draw.randint(0, len(text)) if draw.random() < .3 else 0
        a, b = ours.search(text, pos), theirs.search(text, pos)
        assert (a and (a.start, a.end, a.groups)) == (b and (b.start(), b.end(), groups(b))), (text, pos)
        if not any(x in source for x in ('$', r'\Z', r'\b')): assert [(m.start, m.end) for m in ours.finditer(text)] == [m.span() for m in regex.finditer(source, text, regex.S)] or '*' in source or '??' in source or '(?:|' in source or 'b?' in source
        a, b = ours.search(text, partial=True), theirs.search(text, partial=True)
        if '+?>' in source or '*?b' in source: continue                 # theirs calls lazy repetitions pending that cannot go on
        if a is None: assert b is None or b.partial and b.start() == len(text) or b.start() == b.end() == len(text), (text, b)
        elif a.partial: assert b is not None and (not b.partial or b.start() == a.start), (text, a, b)   # leftmost first: theirs prefers a later whole one
        else: assert b is not None and b.span() == (a.start, a.end), (text, a, b)

@pytest.mark.parametrize('source,text', [(r'(?:a|a)*b', 'a'*4000), (r'(a*)*b', 'a'*4000), (r'(?:a+)+$', 'a'*4000 + '!'), (r'(?:\w+\s?)+:', 'word '*800), (r'(?:(?:a{9}){9}){9}b', 'a'*5000), (r'(?=(?:a|a)*b)x', 'a'*600)])
def test_evil_patterns_are_bounded(source, text):
    start = time.thread_time()
    try: assert Pattern(source).search(text) is None
    except PatternError: pass
    assert time.thread_time() - start < 12

@pytest.mark.parametrize('source', [r'(a)\1', r'(?P<n>a)(?P=n)', r'a++', r'(?>a)', r'(?<=a+)b', r'(?:(?:a{99}){99}){99}', '('*5000, '(a', 'a)', '[a', '*a', 'a{5,2}', '[z-a]', '\\', 'a'*3000, '(?P<n', '(?x:a)', '('*800 + 'a' + ')'*800])
def test_patterns_that_are_refused(source):
    with pytest.raises(PatternError): Pattern(source)

def test_literal_strings():
    draw = random.Random(0)
    for _ in range(300):
        words = [''.join(draw.choice('ab<|>\n.*+?[](){}\\^$-_= #é🐋') for _ in range(draw.randint(1, 5))) for _ in range(draw.randint(1, 4))]
        text = ''.join(draw.choice([*words, 'x', '<', ' ']) for _ in range(4))
        m, found = any_of(words).search(text), [(text.find(w), -len(w)) for w in words if w in text]
        assert (m and (m.start, m.start-m.end)) == (min(found) if found else None), (words, text)

def test_long_answers_in_short_time():
    t = {'start_anchor': 'A>', 'fields': {'reasoning_content': {'open': '<think>', 'close': '</think>'}, 'content': {'close_pattern': r'\s*<end>'}}}
    text = '<think>' + 'It was a damp, drizzly November. '*1000 + '</think>' + 'Call me Ishmael. '*1000
    start = time.thread_time(); p = ResponseParser(t, '')
    for i in range(0, len(text), 4): p.feed(text[i:i+4])
    assert len(p.finalize()[0]['content']) > 15000 and time.thread_time() - start < 5
