"""A hundred real chat templates: rendered equal to the reference library over conversations of every kind, one beginning
each when the text is tokenized again, the same masks, the same kinds of answers; and what may go wrong around them."""
import copy, itertools, json, subprocess, sys, time
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors

transformers = pytest.importorskip('transformers')
import real_templates  # noqa: E402
import real_tokenizers  # noqa: E402

from nbformers.tokenizer.cage import ChatTemplateError, render  # noqa: E402
from nbformers.tokenizer.chat import ChatEncoding  # noqa: E402
from nbformers.tokenizer.encoding import RenderedChat  # noqa: E402
from nbformers.tokenizer.files import PreTrainedTokenizerFast  # noqa: E402
from nbformers.tokenizer.loading import load_tokenizer  # noqa: E402

from test_tokenizer import same  # noqa: E402

REAL, WHY = real_templates.templates()
needs_real = pytest.mark.skipif(not REAL, reason=f'real templates: {WHY}')

def weather(city: str, unit: str = 'C', days: list[int] | None = None) -> float:
    """Weather of a city.

    Args:
        city: The city's name
        unit: Unit (choices: ["C", "F"])
        days: Which days

    Returns:
        Degrees
    """

def call(arguments, id='abcdef123'): return {'type': 'function', 'id': id, 'function': {'name': 'weather', 'arguments': arguments}}
def m(role, content=None, **more): return {'role': role, 'content': content, **more}
U, S, A = m('user', ' What is it like in Nantucket? '), m('system', 'You are Ishmael. <b>&"\'</b>'), m('assistant', 'Cold, é 🐋.')
TOOL = m('tool', '{"deg": 3}', name='weather', tool_call_id='abcdef123')
SEEN = m('user', [{'type': 'image'}, {'type': 'text', 'text': 'What is this?'}])
PARTS = m('user', [{'type': 'text', 'text': 'Who'}, {'type': 'text', 'text': ' are you?'}])
TALKS = {
    'user': [U], 'system': [S, U], 'turns': [U, A, U], 'all': [S, U, A, U, A],
    'tools': [S, U, m('assistant', '', tool_calls=[call({'city': 'Nantucket', 'days': [1, 2]})]), TOOL, A, U],
    'arguments as text': [U, m('assistant', '', tool_calls=[call('{"city": "Nantucket"}')]), TOOL],
    'two calls': [U, m('assistant', None, tool_calls=[call({'city': 'A'}, 'a'*9), call({'city': 'B'}, 'b'*9)]), TOOL, TOOL, A],
    'picture': [SEEN, A], 'parts': [PARTS], 'system in parts': [m('system', [{'type': 'text', 'text': 'Be brief.'}]), PARTS, m('assistant', [{'type': 'text', 'text': 'No.'}])],
    'reasoning': [U, m('assistant', 'Cold.', reasoning_content='It is winter.'), U], 'reasoning last': [U, m('assistant', 'Cold.', thinking='It is winter.')],
    'reasoning in the text': [U, m('assistant', '<think>\nhm\n</think>\n\nCold.'), U],
    'wrong order': [A, U], 'twice the user': [U, U], 'a strange role': [m('narrator', 'x'), U], 'developer': [m('developer', 'Dev.'), U], 'nothing said': [m('user')]}
OPTIONS = {
    'plain': {}, 'prompt': dict(add_generation_prompt=True), 'tools': dict(tools=[weather], add_generation_prompt=True),
    'documents': dict(documents=[{'title': 'Log', 'text': 'Calm.', 'contents': 'Calm.'}], add_generation_prompt=True),
    'go on': dict(continue_final_message=True), 'go on thinking': dict(continue_final_message='reasoning_content'),
    'no thinking': dict(add_generation_prompt=True, enable_thinking=False), 'thinking': dict(enable_thinking=True, add_generation_prompt=True, reasoning_effort='high')}

def letters(bos='<s>', framed=False):
    "A tokenizer of bytes."
    rust = Tokenizer(models.BPE({c: i for i, c in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}, []))
    rust.pre_tokenizer, rust.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    rust.add_special_tokens([bos, '</s>', '<pad>', '<|im_start|>', '<|im_end|>'])
    if framed: rust.post_processor = processors.TemplateProcessing(single=f'{bos} $A', pair=f'{bos} $A $B', special_tokens=[(bos, rust.token_to_id(bos))])
    return rust, dict(bos_token=bos, eos_token='</s>', pad_token='<pad>')

@pytest.fixture(scope='module')
def both():
    rust, tokens = letters()
    return PreTrainedTokenizerFast(tokenizer_object=rust, **tokens), transformers.PreTrainedTokenizerFast(tokenizer_object=rust, **tokens)

def tried(tok, talk, **kw):
    try: return tok.apply_chat_template(copy.deepcopy(talk), **kw)
    except Exception as e: return e

def test_there_are_enough(): assert not REAL or len(REAL) >= 100, WHY

@needs_real
@pytest.mark.parametrize('name', REAL or ['none'])
def test_rendered_equal(both, name):
    "Every conversation with every option: the same text, or an error of the same kind, word for word where the template raised it."
    ours, ref = both
    texts = 0
    for (t, talk), (o, options) in itertools.product(TALKS.items(), OPTIONS.items()):
        a, b = (tried(x, talk, chat_template=REAL[name], tokenize=False, **options) for x in both)
        if isinstance(b, Exception):
            assert type(a).__name__ == type(b).__name__, (name, t, o, a, b)
            assert str(a) == str(b) or 'continue_final_message' in str(b), (name, t, o, a, b)
        else: assert a == b and isinstance(a, RenderedChat), (name, t, o, a, b); texts += 1
    assert texts > 20

@needs_real
@pytest.mark.parametrize('name', REAL or ['none'])
def test_ids_and_batches_equal(both, name):
    talks = [t for t in TALKS.values() if isinstance(tried(both[1], t, chat_template=REAL[name], tokenize=False), str)][:4]
    for kw in (dict(padding=True, return_tensors='pt'), dict(padding=True, return_dict=False), dict(truncation=True, max_length=20), dict(return_tensors='np', padding='max_length', truncation=True, max_length=3000)):
        a, b = (x.apply_chat_template(copy.deepcopy(talks), chat_template=REAL[name], **kw) for x in both)
        if kw.get('return_dict') is False: assert a == b
        else: same(a, b)

GENERATING = [n for n, t in REAL.items() if 'endgeneration' in t]

@needs_real
@pytest.mark.parametrize('name', GENERATING or ['none'])
def test_assistant_masks_equal(both, name):
    some = 0
    for talk in TALKS.values():
        for kw in ({}, dict(return_tensors='pt', padding=True), dict(max_length=60, truncation=True), dict(tools=[weather])):
            a, b = (tried(x, [talk, talk] if 'padding' in kw else talk, chat_template=REAL[name], return_assistant_tokens_mask=True, **kw) for x in both)
            if isinstance(b, Exception): assert type(a).__name__ == type(b).__name__, (a, b); continue
            same(a, b); some += bool(np.asarray(a['assistant_masks']).any())
    assert some

def test_masks_where_the_reference_stumbles(both):
    "Text cut on the left, and a last letter of several tokens: every token of the answer counts."
    template = "{% for m in messages %}[{{ m.role }}]{% if m.role == 'assistant' %}{% generation %}{{ m.content }}{% endgeneration %}{% else %}{{ m.content }}{% endif %}{% endfor %}"
    tok = PreTrainedTokenizerFast(tokenizer_object=letters()[0], **letters()[1])
    talk = [m('user', 'hi'), m('assistant', 'a long answer 🐋'), m('user', 'go on'), m('assistant', 'so')]
    enc = tok.apply_chat_template(talk, chat_template=template, return_assistant_tokens_mask=True)
    answer = lambda e: tok.decode([i for i, k in zip(e['input_ids'], e['assistant_masks']) if k])
    assert answer(enc) == 'a long answer 🐋so'
    tok.truncation_side = 'left'
    cut = tok.apply_chat_template(talk, chat_template=template, return_assistant_tokens_mask=True, truncation=True, max_length=36)
    assert 'a long answer 🐋so'.endswith(answer(cut)) and len('🐋so') < len(answer(cut)) < len('a long answer 🐋so')

BEGINNINGS = ('<s>', '<|begin_of_text|>', '<bos>', '<|startoftext|>', '<BOS_TOKEN>', '<｜begin▁of▁sentence｜>', '<|endoftext|>', '[BOS]', '[gMASK]')

@needs_real
@pytest.mark.parametrize('name', REAL or ['none'])
def test_one_beginning(name):
    "Rendered text gets no second beginning, whichever way it is tokenized."
    for talk in TALKS.values():
        text = tried(PreTrainedTokenizerFast(tokenizer_object=letters()[0], **letters()[1]), talk, chat_template=REAL[name], tokenize=False, add_generation_prompt=True)
        if isinstance(text, Exception): continue
        bos = next((b for b in BEGINNINGS if text.startswith(b)), '<s>')
        rust, tokens = letters(bos, framed=True)
        tok = PreTrainedTokenizerFast(tokenizer_object=rust, chat_template=REAL[name], **tokens)
        text, ids = (tok.apply_chat_template(copy.deepcopy(talk), add_generation_prompt=True, tokenize=t) for t in (False, True))
        written = text.count(bos)
        for got in (tok(text), tok(text, return_tensors='np', max_length=9999, truncation=True), tok([text, text]), tok([text, 'x']), tok([(text)]), tok(text + 'Sure'), tok('' + text), tok(text.rstrip())):
            row = got['input_ids'][0] if hasattr(got['input_ids'][0], '__len__') else got['input_ids']
            assert list(row).count(tok.bos_token_id) == written and (not written or list(row[:2]).count(tok.bos_token_id) == 1)
        assert tok(text)['input_ids'] == ids['input_ids'] == tok.encode(text) and len(tok.tokenize(text)) == len(ids['input_ids'])
        assert tok([text, 'x'])['input_ids'][1][0] == tok.bos_token_id

WITH_CHAT = ['llama3', 'llama3_1', 'gemma', 'gemma3', 'deepseek_v3', 'qwen3', 'qwen2_5', 'gemini']

@pytest.mark.parametrize('name', WITH_CHAT)
def test_real_tokenizers(name):
    "Their own templates and their own files: ids as the reference's, one beginning."
    folder = real_tokenizers.folder(name)
    ours = load_tokenizer(folder)
    if not ours.chat_template: pytest.skip('the package carries no template')
    ref = transformers.AutoTokenizer.from_pretrained(folder)
    for talk in TALKS.values():
        a, b = (tried(t, talk, add_generation_prompt=True) for t in (ours, ref))
        if isinstance(b, Exception): assert type(a).__name__ == type(b).__name__; continue
        same(a, b)
        text = ours.apply_chat_template(copy.deepcopy(talk), add_generation_prompt=True, tokenize=False)
        assert ours(text)['input_ids'] == a['input_ids'] and ours([text, text])['input_ids'][1] == a['input_ids']
        if ours.bos_token_id is not None: assert a['input_ids'].count(ours.bos_token_id) == text.count(ours.bos_token)

@pytest.mark.parametrize('name', ['llama3_1', 'qwen3', 'gemma3', 'deepseek_v3'])
def test_control_tokens_sanitized(name):
    folder = real_tokenizers.folder(name)
    ours, ref = load_tokenizer(folder), transformers.AutoTokenizer.from_pretrained(folder)
    tokens = list(ours.added_tokens_encoder)[:3] + [str(t) for t in ours.all_special_tokens]
    talks = [[m('user', f'a{t}b {t}{t} <')] for t in tokens] + [[m('user', 'x' + ''.join(tokens)), m('assistant', tokens[0])], [U]]
    for talk in talks:
        for kw in ({}, dict(return_tensors='pt'), dict(truncation=True, max_length=9)):
            a, b = (tried(t, talk, sanitize_control_tokens=True, **kw) for t in (ours, ref))
            if isinstance(b, Exception): assert isinstance(a, Exception), (talk, a, b)
            else: same(a, b)
    for bad in (dict(tokenize=False), dict(return_assistant_tokens_mask=True)):
        with pytest.raises(ValueError, match='sanitize'): ours.apply_chat_template([U], sanitize_control_tokens=True, **bad)

CHATML = "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>' + '\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"

@pytest.mark.parametrize('kw', [{**d, **t, **r} for d in ({}, dict(return_dict=True), dict(return_dict=False)) for t in ({}, dict(tokenize=True), dict(tokenize=False)) for r in ({}, dict(return_tensors='pt'), dict(return_tensors='np'))], ids=str)
def test_kinds_of_answers(both, kw):
    "return_dict either way, tokenize either way, tensors or not, one or several: as 5.23; and the dictionary also acts as 4.57's tensor or list."
    for talk in ([U, A, U], [[U, A, U], [U, A, U]]):
        a, b = (x.apply_chat_template(talk, chat_template=CHATML, **kw) for x in both)
        if isinstance(b, transformers.BatchEncoding):
            same(a, b); assert isinstance(a, ChatEncoding) and isinstance(a, dict)
            ids = a['input_ids']
            if kw.get('return_tensors') == 'pt':
                assert a.shape == ids.shape and torch.equal(a[:, 1:], ids[:, 1:]) and torch.equal(torch.cat([a, a], -1), torch.cat([ids, ids], -1)) and a.size(0) == len(ids) and a.dtype == torch.int64 and (a + 1).shape == ids.shape
            elif 'return_tensors' not in kw: assert a == ids and a + [0] == ids + [0] and a[0] == ids[0] and a.index(ids[0]) == 0
        elif isinstance(b, torch.Tensor): assert torch.equal(a, b)
        elif isinstance(b, np.ndarray): assert np.array_equal(a, b)
        else: assert a == b

def test_generate_takes_the_answer_either_way(both):
    from nbformers import LlamaConfig, LlamaForCausalLM, pipeline
    torch.manual_seed(0)
    rust, tokens = letters(framed=True)
    tok = PreTrainedTokenizerFast(tokenizer_object=rust, chat_template='{{ bos_token }}' + CHATML, **tokens)
    model = LlamaForCausalLM(LlamaConfig(vocab_size=len(tok), hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2, num_key_value_heads=2, bos_token_id=tok.bos_token_id, eos_token_id=tok.eos_token_id, pad_token_id=tok.pad_token_id)).eval()
    enc = tok.apply_chat_template([U], add_generation_prompt=True, return_tensors='pt')
    ways = [model.generate(enc, max_new_tokens=4, do_sample=False), model.generate(**enc, max_new_tokens=4, do_sample=False), model.generate(enc['input_ids'], max_new_tokens=4, do_sample=False)]
    assert all(torch.equal(w, ways[0]) for w in ways)
    text = tok.apply_chat_template([U], add_generation_prompt=True, tokenize=False)
    pipe = pipeline('text-generation', model=model, tokenizer=tok)
    for given in (text, [U]):
        ids = pipe.preprocess(given)['input_ids'][0].tolist()
        assert ids.count(tok.bos_token_id) == 1 and ids == enc['input_ids'][0].tolist()
    assert pipe(text, max_new_tokens=4, do_sample=False, return_full_text=False)[0]['generated_text'] == pipe([U], max_new_tokens=4, do_sample=False, return_full_text=False)[0]['generated_text']

def test_conversations_that_are_none(both):
    for bad, error in (([], ValueError), ([[]], ValueError), ('hi', TypeError), ({'role': 'user', 'content': 'hi'}, TypeError), ([U, 'hi'], TypeError)):
        with pytest.raises(error): both[0].apply_chat_template(bad, chat_template=CHATML)
    with pytest.raises(TypeError, match='document'): both[0].apply_chat_template([U], documents=['text'], chat_template=CHATML)
    with pytest.raises(ValueError, match='tool'): both[0].apply_chat_template([U], tools=['text'], chat_template=CHATML)
    talk = [m('user', 'x'), m('assistant', 'y', tool_calls=[call({'a': 1})])]
    before = copy.deepcopy(talk)
    for kw in (dict(continue_final_message=True), dict(sanitize_control_tokens=True), dict(return_assistant_tokens_mask=True)): both[0].apply_chat_template(talk, chat_template=CHATML, **kw)
    assert talk == before

def test_message_by_message(both):
    for template in [CHATML, *list(REAL.values())[::9]]:
        for history in ([], [U], [U, A], [U, A, U]):
            a, b = (_message(x, A if len(history) % 2 else U, history, template) for x in both)
            assert a == b or isinstance(b, Exception) and type(a).__name__ == type(b).__name__

def _message(tok, message, history, template):
    try: return tok.encode_message_with_chat_template(message, history, chat_template=template)
    except Exception as e: return e

# ---- files

def saved(folder, template):
    rust, tokens = letters()
    PreTrainedTokenizerFast(tokenizer_object=rust, chat_template=template, **tokens).save_pretrained(folder)

@pytest.mark.parametrize('template', [CHATML, {'default': CHATML, 'tool_use': 'T {{ tools }}', 'rag': 'R'}, {'tool_use': 'T'}], ids=['one', 'several', 'no default'])
@pytest.mark.parametrize('inside', [False, True])
def test_templates_in_files(tmp_path, template, inside):
    rust, tokens = letters()
    PreTrainedTokenizerFast(tokenizer_object=rust, chat_template=template, **tokens).save_pretrained(tmp_path, save_jinja_files=not inside)
    ours, ref = load_tokenizer(tmp_path), transformers.AutoTokenizer.from_pretrained(tmp_path)
    assert ours.chat_template == ref.chat_template == template
    assert inside == ('chat_template' in json.loads((tmp_path/'tokenizer_config.json').read_text())) and inside != bool([*tmp_path.rglob('*.jinja')])
    for kw in ({}, dict(tools=[weather]), dict(chat_template='rag')):
        a, b = (tried(t, [U], tokenize=False, **kw) for t in (ours, ref))
        assert a == b or isinstance(a, ChatTemplateError)                # a name that is none: an error here, the reference renders the name

def test_settings_in_files(tmp_path):
    rust, tokens = letters()
    answer = {'fields': {'content': {}}, 'start_anchor': '<|im_start|>assistant\n'}
    PreTrainedTokenizerFast(tokenizer_object=rust, response_template=answer, chat_control_tokens=['<|im_end|>'], **tokens).save_pretrained(tmp_path)
    ours, ref = load_tokenizer(tmp_path), transformers.AutoTokenizer.from_pretrained(tmp_path)
    assert ours.response_template == ref.response_template == answer and ours.chat_control_tokens == ref.chat_control_tokens == ['<|im_end|>']
    ours.response_template = None; ours.save_pretrained(tmp_path/'2')
    assert load_tokenizer(tmp_path/'2').response_template is None

@pytest.mark.parametrize('name', ['../evil', '/tmp/nbformers-evil', 'a/../../evil', '..', 'a\\b', '.hidden', 'a/b', 'x\0y', ''])
def test_template_names_stay_inside(tmp_path, name):
    folder = tmp_path/'in'/'repo'
    rust, tokens = letters()
    tok = PreTrainedTokenizerFast(tokenizer_object=rust, chat_template={'default': CHATML, name: 'evil'}, **tokens)
    with pytest.raises(ValueError): tok.save_pretrained(folder)
    assert not [f for f in tmp_path.rglob('*') if 'evil' in f.name] and not Path('/tmp/nbformers-evil.jinja').exists() and not folder.exists()
    tok.save_pretrained(folder, save_jinja_files=False)                 # as data inside the configuration it harms nobody
    with pytest.raises(ValueError): load_tokenizer(folder).save_pretrained(tmp_path/'again')

def test_links_do_not_lead_writes_outside(tmp_path):
    outside, folder = tmp_path/'outside', tmp_path/'repo'
    outside.mkdir(); folder.mkdir()
    (outside/'precious').write_text('mine')
    (folder/'additional_chat_templates').symlink_to(outside)
    (folder/'chat_template.jinja').symlink_to(outside/'precious')
    try: saved(folder, {'default': CHATML, 'tool_use': 'T'})
    except (ValueError, OSError): pass
    assert [f.name for f in outside.iterdir()] == ['precious'] and (outside/'precious').read_text() == 'mine'

# ---- templates that mean harm

BOMBS = {
    'loops': '{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}', 'product': '{{ "ab" * 9999999999 }}', 'list product': '{{ ([0] * 9999999999) | length }}', 'bytes product': '{{ "ab".encode() * 9999999999 }}',
    'format': '{{ "{:>9999999999}".format(1) }}', 'nested format': '{{ "{:{}}".format(1, 9999999999) }}', 'percent': '{{ "%9999999999d" % 1 }}', 'star': '{{ "%*d" % (9999999999, 1) }}', 'format filter': '{{ "%9999999999d" | format(1) }}',
    'precision': '{{ "{:.999999999f}".format(1.5) }}', 'many fields': '{% set s = "x"*900000 %}{{ ("{0}"*9999).format(s) }}', 'format_map': '{% set s = "x"*900000 %}{{ ("{a}"*9999).format_map({"a": s}) }}',
    'center': '{{ "a" | center(9999999999) }}', 'ljust': '{{ "a".ljust(9999999999) }}', 'zfill': '{{ "a".zfill(9999999999) }}', 'expandtabs': '{{ "\t".expandtabs(9999999999) }}', 'indent': '{{ ("a\n"*99999) | indent(999999) }}', 'wordwrap': '{{ ("a "*99999) | wordwrap(1, wrapstring="x"*99999) }}',
    'json': '{{ [[1]] | tojson(indent=999999999) }}', 'json text': '{{ [[1]] | tojson(indent="x"*999999) }}', 'separators': '{{ range(9999)|list|tojson(separators=("x"*99999, "y")) }}',
    'macros': '{% macro m(n) %}{% if n %}{{ m(n-1) }}{{ m(n-1) }}{% endif %}{% endmacro %}{{ m(60) }}', 'recursion': '{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}', 'blocks': '{% block a %}{{ self.a() }}{% endblock %}', 'loop recursion': '{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}',
    'wide recursion': '{% for x in range(99999) recursive %}{% if loop.depth < 9 %}{{ loop(range(99999)) }}{% endif %}{% endfor %}',
    'power': '{{ 9 ** 99999999 }}', 'power of a power': '{{ (2 ** 9999) ** 999999 }}', 'growing number': '{% set n = namespace(x=7) %}{% for i in range(99) %}{% set n.x = n.x * n.x %}{% endfor %}', 'round': '{{ 5 | round(-999999999) }}', 'hexadecimal': '{{ ("f"*9999999) | int(base=16) }}',
    'doubling': '{% set n = namespace(x="ab") %}{% for i in range(99) %}{% set n.x = n.x ~ n.x %}{% endfor %}', 'doubling +': '{% set n = namespace(x="ab") %}{% for i in range(99) %}{% set n.x = n.x + n.x %}{% endfor %}', 'doubling lists': '{% set n = namespace(x=[1]) %}{% for i in range(99) %}{% set n.x = n.x + n.x %}{% endfor %}',
    'doubling blocks': '{% set n = namespace(x="ab") %}{% for i in range(99) %}{% set n.x %}{{ n.x }}{{ n.x }}{% endset %}{% endfor %}', 'replace': '{% set n = namespace(x="ab"*999) %}{% for i in range(9) %}{% set n.x = n.x | replace("a", n.x) %}{% endfor %}', 'replace method': '{{ ("a"*99999).replace("", "x"*99999) }}',
    'join': '{% set s = "x" * 999999 %}{{ (range(99999) | list) | join(s) }}', 'join method': '{% set s = "x" * 999999 %}{{ s.join(["a"]*99999) }}', 'join lazily': '{% set s = "x" * 999999 %}{{ "".join(([""]*99999) | map("default", s, true)) }}', 'translate': '{{ ("a"*999999).translate({97: "x"*999999}) }}',
    'slices': '{% set n = namespace(l=[], s="x" * 9000000) %}{% for i in range(9999) %}{% set n.l = n.l + [n.s[1:]] %}{% endfor %}', 'splits': '{% set n = namespace(l=[], s="x" * 9000000) %}{% for i in range(9999) %}{% set n.l = n.l + n.s.split("y") %}{% endfor %}{% for i in range(99999) %}{% set n.l = n.s[1:].partition("x") %}{% endfor %}',
    'kept text': '{% set x %}{% for i in range(99999) %}' + 'x'*2000 + '{% endfor %}{% endset %}', 'kept values': '{% set s = "x"*99999 %}{% set x %}{% for i in range(99999) %}{{ s }}{% endfor %}{% endset %}', 'to_bytes': '{{ (1).to_bytes(9999999999, "big") }}', 'constants': '{{ "a" | center(19000000) | length }}' * 50,
    'compare': '{% set n = namespace(a=[1], b=[1]) %}{% for i in range(60) %}{% set n.a = [n.a, n.a] %}{% set n.b = [n.b, n.b] %}{% endfor %}{{ n.a == n.b }}', 'hash': '{% set n = namespace(t=(1,)) %}{% for i in range(60) %}{% set n.t = (n.t, n.t) %}{% endfor %}{{ {n.t: 1} | length }}',
    'hash to find': '{% set n = namespace(t=(1,)) %}{% for i in range(60) %}{% set n.t = (n.t, n.t) %}{% endfor %}{{ {}[n.t] }}', 'hash to get': '{% set n = namespace(t=(1,)) %}{% for i in range(60) %}{% set n.t = (n.t, n.t) %}{% endfor %}{{ {}.get(n.t) }}',
    'tree': '{% set n = namespace(x=["a"]) %}{% for i in range(60) %}{% set n.x = [n.x, n.x] %}{% endfor %}{{ n.x }}', 'tree as JSON': '{% set n = namespace(x=["a"]) %}{% for i in range(60) %}{% set n.x = [n.x, n.x] %}{% endfor %}{{ n.x | tojson }}', 'tree in a format': '{% set n = namespace(x=["a"]) %}{% for i in range(60) %}{% set n.x = [n.x, n.x] %}{% endfor %}{{ "{}".format(n.x) }}',
    'tree sorted': '{% set n = namespace(a=[1], b=[1]) %}{% for i in range(60) %}{% set n.a = [n.a, n.a] %}{% set n.b = [n.b, n.b] %}{% endfor %}{{ [n.a, n.b] | sort | length }}', 'tree tested': '{% set n = namespace(a=[1], b=[1]) %}{% for i in range(60) %}{% set n.a = [n.a, n.a] %}{% set n.b = [n.b, n.b] %}{% endfor %}{{ [n.a] | select("equalto", n.b) | list }}',
    'sum': '{{ ([[1]*9999]*9999) | sum(start=[]) | length }}', 'brackets': '{{ ' + '('*5000 + '1' + ')'*5000 + ' }}', 'deep blocks': '{% for a in [1] %}'*30 + '{% endfor %}'*30, 'long chain': '{{ 1' + '+1'*9999 + ' }}', 'huge': 'x'*9_999_999, 'strftime': '{{ strftime_now("%c"*9999999) }}', 'digits': '{{ ' + '9'*99999 + ' }}', 'many prints': '{{ x }}'*99999, 'never closed': '{% for x in ', 'unknown': '{% frob %}'}

@pytest.mark.parametrize('name', BOMBS)
def test_bombs(name):
    start = time.thread_time()
    with pytest.raises(ChatTemplateError): render(BOMBS[name])
    assert time.thread_time() - start < 60                     # bounded, on however slow a machine

def test_bombs_fit_into_memory():
    "All of them in one process that may use two gigabytes of addresses. (`VmHWM` is this program's own peak; `ru_maxrss` would begin at that of the pytest that started it.)"
    if not Path('/proc/self/status').exists(): pytest.skip('needs /proc')
    code = ("import resource, json, sys; resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))\nfrom nbformers.tokenizer.cage import render, ChatTemplateError\n"
            "for n, b in json.load(sys.stdin).items():\n    try: render(b); print(n, 'rendered')\n    except ChatTemplateError: pass\nprint('done', next(int(l.split()[1]) // 1024 for l in open('/proc/self/status') if l.startswith('VmHWM')))")
    out = subprocess.run([sys.executable, '-c', code], input=json.dumps(BOMBS), text=True, capture_output=True, cwd=Path(__file__).parents[1])
    assert out.stdout.startswith('done'), out.stdout + out.stderr[-500:]
    assert int(out.stdout.split()[1]) < 1500

@pytest.mark.parametrize('escape', ['{{ "".__class__.__mro__[1].__subclasses__() }}', '{{ messages.__class__ }}', '{{ namespace(__class__=1) }}', '{% set n = namespace() %}{% set n.__class__ = 1 %}', '{{ "{0.__class__}".format(1) }}', '{{ "{0.__class__}" | format(1) }}', '{{ "%(__class__)s" % messages[0] }}', '{{ dict.__init__.__globals__ }}',
    '{{ cycler.__init__.__globals__.os }}', '{{ raise_exception.__globals__ }}', '{{ "" | attr("__class__") }}', '{{ messages | map(attribute="__class__") | list }}', '{{ messages | groupby("__class__") }}', '{{ [""] | map("attr", "__class__") | list }}', '{{ self.__init__ }}', '{{ self._TemplateReference__context }}', '{{ joiner.__init__ }}',
    '{{ "".format.__self__ }}', '{{ "{0.__class__}".format_map({"0": 1}) }}', '{% include "/etc/passwd" %}', '{% import "os" as os %}', '{% extends "/etc/passwd" %}', '{{ messages.append(1) }}', '{{ messages[0].update(role="x") }}', '{{ messages.clear() }}', '{{ strftime_now.__globals__ }}', '{{ loop }}', '{{ tojson }}', '{{ (messages|map("upper")).gi_frame }}'])
def test_nothing_of_python_leaks(escape):
    messages = [{'role': 'user', 'content': 'hi'}]
    try: out = render(escape, messages=messages)
    except Exception as e: assert type(e).__name__ in ('SecurityError', 'UndefinedError', 'KeyError', 'IndexError', 'TypeError', 'TemplateAssertionError', 'ChatTemplateError', 'TemplateNotFound'), e
    else: assert not any(w in out for w in ('class', 'method', 'module', 'frame', 'root:')), out
    assert messages == [{'role': 'user', 'content': 'hi'}]

def test_two_renderings_do_not_share_a_budget():
    from concurrent.futures import ThreadPoolExecutor
    work = '{% for i in range(90000) %}{% endfor %}{{ n }}'
    with ThreadPoolExecutor(8) as pool: assert list(pool.map(lambda n: render(work, n=n), range(40))) == [str(n) for n in range(40)]

def test_long_conversations_are_fine():
    talk = [m(('user', 'assistant')[i % 2], 'It was a damp, drizzly November. '*20) for i in range(4000)] + [m('user', 'x'*3_000_000)]
    assert len(render(CHATML, messages=talk)) > 5_000_000
    for name in list(REAL)[::12]:
        try: out = render(REAL[name], messages=talk[:1000], bos_token='', eos_token='')
        except ChatTemplateError: raise
        except Exception: continue
        assert len(out) > 10_000

def test_named_templates_from_the_hub(tmp_path):
    "Online, and then from the cache alone; a further name that leads elsewhere is not followed."
    from hub_server import FakeHub
    from test_hub import run
    hub, folder = FakeHub(), tmp_path/'repo'
    saved(folder, {'default': CHATML, 'tool_use': 'T {{ tools }}', 'rag': 'R'})
    files = {f.relative_to(folder).as_posix(): f.read_bytes() for f in folder.rglob('*') if f.is_file()}
    hub.add('me/chat', {**files, 'config.json': '{}', 'additional_chat_templates/deep/er.jinja': 'x', **{f'sub/{n}': b for n, b in files.items()}})
    code = "from nbformers.tokenizer.loading import load_tokenizer\nprint(json.dumps([sorted(load_tokenizer('me/chat', **k).chat_template) for k in ({}, dict(subfolder='sub'))]))"
    try:
        names = ['default', 'rag', 'tool_use']
        assert run(hub, tmp_path/'home', code) == [names, names]
        assert run(hub, tmp_path/'home', code.replace('({}, ', '({},) or ('), HF_HUB_OFFLINE='1') == [names]
    finally: hub.close()

@pytest.mark.parametrize('template', [None, CHATML, {'default': CHATML, 'rag': 'R'}], ids=['none', 'one', 'several'])
@pytest.mark.parametrize('files', [True, False])
def test_templates_saved_alone(tmp_path, both, template, files):
    out = []
    for name, tok in zip('ab', both):
        (tmp_path/name).mkdir(); tok.chat_template = template
        try: config, paths = tok.save_chat_templates(tmp_path/name, {'x': 1, 'chat_template': 'old'} if files and template else {'x': 1}, None, files)
        finally: tok.chat_template = None
        out.append((config, sorted(Path(p).relative_to(tmp_path/name).as_posix() for p in paths), {f.name: f.read_text() for f in (tmp_path/name).rglob('*.jinja')}))
    assert out[0] == out[1]
