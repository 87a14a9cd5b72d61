"Solutions to the exercises of 02_tokenizer/10_chat."
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from nbformers.tokenizer.chat import render
from nbformers.tokenizer.files import PreTrainedTokenizerFast

LLAMA2 = """{%- if messages[0].role == 'system' -%}
{%- set system = '<<SYS>>\\n' ~ messages[0].content ~ '\\n<</SYS>>\\n\\n' -%}{%- set rest = messages[1:] -%}
{%- else -%}{%- set system = '' -%}{%- set rest = messages -%}{%- endif -%}
{%- for m in rest -%}
{%- if m.role == 'user' -%}{{ bos_token ~ '[INST] ' ~ (system if loop.first else '') ~ m.content ~ ' [/INST]' }}
{%- else -%}{{ ' ' ~ m.content ~ ' ' ~ eos_token }}{%- endif -%}
{%- endfor -%}"""

def test_llama_2():
    talk = [{'role': 'system', 'content': 'Be brief.'}, {'role': 'user', 'content': 'Hi'}, {'role': 'assistant', 'content': 'Hello.'}, {'role': 'user', 'content': 'Why?'}]
    assert render(LLAMA2, messages=talk, bos_token='<s>', eos_token='</s>') == '<s>[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nHi [/INST] Hello. </s><s>[INST] Why? [/INST]'

CHATML = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"

def turns(tok, ids):
    out, (start, end) = [], tok.convert_tokens_to_ids(['<|im_start|>', '<|im_end|>'])
    for i, t in enumerate(ids):
        if t == start: begin = i + 1
        elif t == end: out.append(tuple(tok.decode(ids[begin:i]).split('\n', 1)))
    return out

def test_turns_come_back():
    rust = Tokenizer(models.BPE({c: i for i, c in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}, []))
    rust.pre_tokenizer, rust.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    rust.add_special_tokens(['<|im_start|>', '<|im_end|>'])
    tok = PreTrainedTokenizerFast(tokenizer_object=rust, chat_template=CHATML)
    talk = [{'role': 'user', 'content': 'Why\nsea?'}, {'role': 'assistant', 'content': 'Hypos.'}]
    assert turns(tok, tok.apply_chat_template(talk).input_ids) == [('user', 'Why\nsea?'), ('assistant', 'Hypos.')]

def learning(template):
    "Assistant turns of a ChatML template between generation tags. A line break right after a block tag is dropped, so it is printed."
    says = '{{ message.content }}<|im_end|>'
    assert says + '\n' in template
    return template.replace(says + '\n', "{% if message.role == 'assistant' %}{% generation %}" + says + '{% endgeneration %}{% else %}' + says + "{% endif %}{{ '\\n' }}")

def test_learning():
    template = '{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}'
    talk = [{'role': 'user', 'content': 'Why?'}, {'role': 'assistant', 'content': 'Hypos.'}]
    assert render(learning(template), messages=talk) == render(template, messages=talk)
    assert render(learning(template), mark='77', messages=talk) == '<|im_start|>user\nWhy?<|im_end|>\n<|im_start|>assistant\n770Hypos.<|im_end|>771\n'
