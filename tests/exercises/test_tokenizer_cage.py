"Solutions to the exercises of 02_tokenizer/10_cage."
import pytest

from nbformers.tokenizer import cage
from nbformers.tokenizer.cage import MAX_STEPS, ChatTemplateError, render

def cost(template, **variables):
    variables = cage.plain(variables)
    budget = cage._Budget('', *cage._extent(variables))
    before = budget.steps
    cage._within(budget, lambda: ''.join(cage._compiled(template).generate(variables)))
    return before - budget.steps

def test_cost():
    talk = [{'role': ('user', 'assistant')[i % 2], 'content': str(i)} for i in range(99)]
    filtered = "{{ (messages | selectattr('role', 'equalto', 'user') | list | last).content }}"
    looped = "{% set ns = namespace(last='') %}{% for m in messages %}{% if m.role == 'user' %}{% set ns.last = m.content %}{% endif %}{% endfor %}{{ ns.last }}"
    assert render(filtered, messages=talk) == render(looped, messages=talk) == '98'
    assert abs(cost(filtered, messages=talk) - cost(looped, messages=talk)) < 99     # one step a message, either way

def test_longest_list():
    "Each sum of two lists costs a step and an eighth of the result's length: n of them cost n²/16, so about 4 · sqrt(steps) fit."
    grow = '{% set ns = namespace(l=[]) %}{% for i in range(N) %}{% set ns.l = ns.l + [1] %}{% endfor %}{{ ns.l | length }}'
    n = int(4*MAX_STEPS**.5)
    assert render(grow.replace('N', str(n - 100))) == str(n - 100)
    with pytest.raises(ChatTemplateError, match='steps'): render(grow.replace('N', str(n + 100)))
