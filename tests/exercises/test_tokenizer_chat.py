"Solutions to the exercises of 02_tokenizer/10b_chat."
from . import judged

LLAMA2 = """{%- if messages[0].role == 'system' -%}
{%- set system = '<<SYS>>\\n' ~ messages[0].content ~ '\\n<</SYS>>\\n\\n' -%}{%- set rest = messages[1:] -%}
{%- else -%}{%- set system = '' -%}{%- set rest = messages -%}{%- endif -%}
{%- for m in rest -%}
{%- if m.role == 'user' -%}{{ bos_token ~ '[INST] ' ~ (system if loop.first else '') ~ m.content ~ ' [/INST]' }}
{%- else -%}{{ ' ' ~ m.content ~ ' ' ~ eos_token }}{%- endif -%}
{%- endfor -%}"""

def test_llama_2(): judged('tokenizer.chat', 1, LLAMA2, LLAMA2.replace(' if loop.first else \'\'', ''), LLAMA2.replace(' ~ eos_token', ''))

def turns(tok, ids):
    out, (start, end) = [], tok.convert_tokens_to_ids(['<|im_start|>', '<|im_end|>'])
    for i, t in enumerate(ids):
        if t == start: begin = i + 1
        elif t == end: out.append(tuple(tok.decode(ids[begin:i]).split('\n', 1)))
    return out

def test_turns_come_back(): judged('tokenizer.chat', 2, turns, lambda tok, ids: [tuple(t.split('\n')[:2]) for t in tok.decode(ids).split('<|im_start|>')[1:]], lambda tok, ids: turns(tok, ids)[:1])

def learning(template):
    "Assistant turns of a ChatML template between generation tags. A line break right after a block tag is dropped, so it is printed."
    says = '{{ message.content }}<|im_end|>'
    assert says + '\n' in template
    return template.replace(says + '\n', "{% if message.role == 'assistant' %}{% generation %}" + says + '{% endgeneration %}{% else %}' + says + "{% endif %}{{ '\\n' }}")

def test_learning(): judged('tokenizer.chat', 3, learning, lambda template: template, lambda template: learning(template).replace("{{ '\\n' }}", ''))
