"Solutions to the exercises of 02_tokenizer/10_cage."
from nbformers.tokenizer import cage
from nbformers.tokenizer.cage import MAX_STEPS, render
from . import judged

def cost(template, **variables):
    variables = cage.plain(variables)
    budget = cage._Budget('', *cage._extent(variables))
    before = budget.steps
    cage._within(budget, lambda: ''.join(cage._compiled(template).generate(variables)))
    return before - budget.steps

def test_cost():
    judged('tokenizer.cage', 1, cost, lambda template, **variables: len(template), lambda template, **variables: 1)
    talk = [{'role': ('user', 'assistant')[i % 2], 'content': str(i)} for i in range(99)]
    filtered = "{{ (messages | selectattr('role', 'equalto', 'user') | list | last).content }}"
    looped = "{% set ns = namespace(last='') %}{% for m in messages %}{% if m.role == 'user' %}{% set ns.last = m.content %}{% endif %}{% endfor %}{{ ns.last }}"
    assert render(filtered, messages=talk) == render(looped, messages=talk) == '98'
    assert abs(cost(filtered, messages=talk) - cost(looped, messages=talk)) < 99     # one step a message, either way

def longest_list():
    "Each sum of two lists costs a step and an eighth of the result's length: n of them cost n²/16, so about 4 · sqrt(steps) fit."
    return int(4*MAX_STEPS**.5)

def test_longest_list(): judged('tokenizer.cage', 2, longest_list(), MAX_STEPS, 1000)
