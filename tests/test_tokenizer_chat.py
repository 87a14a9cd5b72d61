"Chat templates and tool descriptions beside the reference library, and templates that mean harm."
import typing
from enum import Enum

import pytest
import torch
from tokenizers import processors

transformers = pytest.importorskip('transformers')
from transformers.utils import get_json_schema as reference_schema  # noqa: E402

from nbformers.tokenizer.chat import ChatEncoding, render  # noqa: E402
from nbformers.tokenizer.loading import load_tokenizer  # noqa: E402
from nbformers.tokenizer.tools import get_json_schema  # noqa: E402

from test_tokenizer import chatml, same  # noqa: E402

TEMPLATES = {
    'chatml': "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>' + '\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}",
    'marked': "{% for m in messages %}<|im_start|>{{ m.role }}\n{% if m.role == 'assistant' %}{% generation %}{{ m.content }}<|im_end|>{% endgeneration %}{% else %}{{ m.content }}<|im_end|>{% endif %}\n{% endfor %}",
    'inst': "{% set ns = namespace(system='') %}{% for m in messages %}{% if m.role == 'system' %}{% set ns.system = m.content ~ '\n\n' %}{% elif m.role == 'user' %}[INST] {{ ns.system if loop.index <= 2 }}{{ m.content | trim }} [/INST]{% else %} {{ m.content | trim }}{{ eos_token }}{% endif %}{% endfor %}",
    'tools': "{% if tools %}Tools: {{ tools | tojson(indent=2) }}\n{% endif %}{% for d in documents or [] %}{{ d.title }}: {{ d.text }}\n{% endfor %}{% for m in messages %}{% if loop.index0 > 99 %}{% break %}{% endif %}{{ m.role | upper }}: {{ m.content }}{% if m.tool_calls %}{{ m.tool_calls[0].function.arguments | tojson }}{% endif %}\n{% endfor %}{{ extra | default('none') }}",
    'macro': "{%- macro turn(m) -%}{{ m.role.capitalize() }}: {{ m.content.split('</think>')[-1].lstrip('\n') }}{%- endmacro -%}{%- for m in messages[::-1] | reverse | list %}{{ turn(m) }}\n{% endfor %}{{ '%s!' % 'done' }}{{ 'a' * 3 }}{{ messages | length + 1 }}{{ dict(a=1) }}{{ messages | map(attribute='role') | join(',') }}"}
TALK = [{'role': 'system', 'content': 'Be Ishmael.'}, {'role': 'user', 'content': ' Why <sea>? é 🐋 '}, {'role': 'assistant', 'content': 'Hypos.', 'tool_calls': None}, {'role': 'user', 'content': 'More'}]

def depth(place: str, unit: typing.Literal['fathom', 'metre'] = 'fathom', tries: int | None = None) -> float:
    """Depth of the sea.

    Longer words about it.

    Args:
        place: Where to sound,
            by name: exactly
        unit: Unit of the answer
        tries: How often (choices: [1, 2, 3])

    Returns:
        The depth
    """

class Wind(Enum): calm = 'calm'; storm = 'storm'

def sail(to: list[str], by: dict[str, float], wind: Wind, pair: tuple[int, str], many: int | str | None, any_: typing.Any):
    """Sail.

    Args:
        to: Ports
        by: Knots
        wind: Weather
        pair: Two things
        many: One of several
        any_: Anything
    """

@pytest.fixture(scope='module')
def both(tmp_path_factory):
    folder = tmp_path_factory.mktemp('chat'); chatml(folder)
    return load_tokenizer(folder), transformers.AutoTokenizer.from_pretrained(folder)

@pytest.mark.parametrize('name', TEMPLATES)
def test_rendered_as_the_reference_does(both, name):
    ours, ref = both
    calls = {'function': {'name': 'depth', 'arguments': {'place': 'é'}}}
    talks = [TALK, TALK[1:2], [*TALK, {'role': 'assistant', 'content': 'x', 'tool_calls': [calls]}]]
    for talk in talks:
        for kw in ({}, dict(add_generation_prompt=True), dict(tools=[depth, sail]), dict(documents=[{'title': 'Log', 'text': 'Calm.'}], extra='yes')):
            args = dict(chat_template=TEMPLATES[name], **kw)
            assert ours.apply_chat_template(talk, tokenize=False, **args) == ref.apply_chat_template(talk, tokenize=False, **args)
            same(ours.apply_chat_template(talk, **args), ref.apply_chat_template(talk, **args))
    prefill = [*TALK, {'role': 'assistant', 'content': 'Because I '}]
    if name != 'macro': assert ours.apply_chat_template(prefill, tokenize=False, continue_final_message=True, chat_template=TEMPLATES[name]) == ref.apply_chat_template(prefill, tokenize=False, continue_final_message=True, chat_template=TEMPLATES[name])

@pytest.mark.parametrize('kw', [dict(padding=True, return_tensors='pt'), dict(max_length=9, truncation=True), dict(padding='max_length', max_length=200, return_tensors='np'), dict(return_dict=False)], ids=str)
def test_options(both, kw):
    ours, ref = both
    a, b = (t.apply_chat_template([TALK, TALK[:2]], **kw) for t in both)
    if kw.get('return_dict') is False: assert a == b
    else: same(a, b)

def test_assistant_masks(both):
    talk = [*TALK, {'role': 'assistant', 'content': 'Because 🐋 I must.'}]
    for kw in ({}, dict(return_tensors='pt', padding=True), dict(max_length=30, truncation=True)):
        a, b = (t.apply_chat_template([talk, talk[:3]] if kw else talk, chat_template=TEMPLATES['marked'], return_assistant_tokens_mask=True, **kw) for t in both)
        same(a, b)

def test_schemas():
    for f in (depth, sail): assert get_json_schema(f) == reference_schema(f)

def test_an_answer_that_is_a_tensor_and_a_mapping(both):
    enc = both[0].apply_chat_template(TALK, return_tensors='pt')
    assert isinstance(enc, ChatEncoding) and enc.shape == enc['input_ids'].shape and enc[0, 2:].tolist() == enc['input_ids'][0, 2:].tolist()
    assert torch.equal(torch.cat([enc, enc], -1), torch.cat([enc.input_ids]*2, -1)) and len({**enc}) == 2 and enc.to('cpu') is enc
    assert both[0].decode(enc[0]) == both[0].decode(enc['input_ids'][0])

def test_one_bos(tmp_path):
    chatml(tmp_path)
    tok = load_tokenizer(tmp_path)
    tok.bos_token = '<|endoftext|>'; tok.chat_template = '{{ bos_token }}' + tok.chat_template
    tok.backend_tokenizer.post_processor = processors.TemplateProcessing(single='<|endoftext|> $A', pair='<|endoftext|> $A $B', special_tokens=[('<|endoftext|>', 0)])
    text = tok.apply_chat_template(TALK, tokenize=False)
    for got in (tok(text), tok(text, return_tensors='pt', max_length=50, truncation=True)): assert list(torch.as_tensor(got['input_ids']).flatten()).count(0) == 1
    assert tok([text, text]).input_ids[1].count(0) == 1 and tok.encode(text).count(0) == 1 and tok('Call me').input_ids[0] == 0

@pytest.mark.parametrize('bomb', ['{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}', '{{ "ab" * 9999999999 }}', '{{ "{:>9999999999}".format(1) }}', '{{ "%9999999999d" % 1 }}', '{{ "a" | center(9999999999) }}',
    '{% macro m(n) %}{% if n %}{{ m(n-1) }}{{ m(n-1) }}{% endif %}{% endmacro %}{{ m(60) }}', '{{ 9 ** 99999999 }}', '{% set n = namespace(x="ab") %}{% for i in range(99) %}{% set n.x = n.x ~ n.x %}{% endfor %}', '{% set n = namespace(x="ab"*999) %}{% for i in range(9) %}{% set n.x = n.x | replace("a", n.x) %}{% endfor %}'])
def test_bombs_are_stopped(bomb):
    with pytest.raises(ValueError): render(bomb)

@pytest.mark.parametrize('escape', ['{{ "".__class__.__mro__[1].__subclasses__() }}', '{{ messages.__class__ }}', '{{ namespace(__class__=1) }}', '{{ "{0.__class__}".format(1) }}', '{{ dict.__init__.__globals__ }}', '{{ cycler.__init__.__globals__.os }}', '{{ raise_exception.__globals__ }}'])
def test_nothing_of_python_leaks(escape):
    try: out = render(escape, messages=[])
    except Exception as e: assert 'unsafe' in str(e) or 'underscore' in str(e) or 'undefined' in str(e), e
    else: assert out == '' or 'class' not in out
