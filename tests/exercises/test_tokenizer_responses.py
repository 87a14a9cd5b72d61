"Solutions to the exercises of 02_tokenizer/18_responses."
from . import judged

REACT = {'defaults': {'role': 'assistant'}, 'start_anchor': 'Assistant:\n', 'fields': {
    'reasoning_content': {'open': 'Thought:', 'close_pattern': r'(?=Action:|Answer:)'},
    'tool_calls': {'open': 'Action:', 'close': '\n', 'repeats': True, 'content': 'json', 'transform': {'type': 'function', 'function': {'name': '{content.tool}', 'arguments': '{content.input}'}}},
    'content': {'open': 'Answer:'}}}

def test_react():
    judged('tokenizer.responses', 1, REACT, {**REACT, 'fields': {k: v for k, v in REACT['fields'].items() if k != 'tool_calls'}})

def shown(events): return ''.join(e['text'] for e in events if e['type'] == 'region_chunk' and e['field'] == 'content')

def test_shown(): judged('tokenizer.responses', 2, shown, lambda events: ''.join(e.get('text', '') for e in events), lambda events: '')
