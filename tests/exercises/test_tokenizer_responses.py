"Solutions to the exercises of 02_tokenizer/18_responses."
from nbformers.tokenizer.responses import ResponseParser, parse_response

REACT = {'defaults': {'role': 'assistant'}, 'start_anchor': 'Assistant:\n', 'fields': {
    'reasoning_content': {'open': 'Thought:', 'close_pattern': r'(?=Action:|Answer:)'},
    'tool_calls': {'open': 'Action:', 'close': '\n', 'repeats': True, 'content': 'json', 'transform': {'type': 'function', 'function': {'name': '{content.tool}', 'arguments': '{content.input}'}}},
    'content': {'open': 'Answer:'}}}

def test_react():
    text = 'Thought: How deep? I ask.\nAction: {"tool": "sound", "input": {"fathoms": 40}}\nAnswer: Forty fathoms.'
    assert parse_response(text, REACT, prefix='User: How deep?\nAssistant:\n') == {
        'role': 'assistant', 'reasoning_content': 'How deep? I ask.', 'content': 'Forty fathoms.',
        'tool_calls': [{'type': 'function', 'function': {'name': 'sound', 'arguments': {'fathoms': 40}}}]}

def shown(events): return ''.join(e['text'] for e in events if e['type'] == 'region_chunk' and e['field'] == 'content')

def test_shown():
    p, seen = ResponseParser(REACT, ''), ''
    for letter in 'Thought: hm\nAnswer: Aye.': seen += shown(p.feed(letter))
    assert seen + shown(p.finalize()[1]) == ' Aye.'
