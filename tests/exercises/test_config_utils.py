"Solutions to the exercises of `nbs/01_config/01_utils.ipynb`."
from nbformers.config.utils import closest, renamed

def rename_all(kwargs, table):
    "1: follow each chain to its end first, then rename in one pass."
    for old in list(kwargs):
        new, seen = old, set()
        while new in table and new not in seen: seen.add(new); new = table[new]
        if new != old: renamed(kwargs, old, new, warn=False)
    return kwargs

def edit_distance(a, b):
    "2: the cheapest way to every pair of prefixes, row by row."
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        last, row[0] = row[0], i
        for j, y in enumerate(b, 1): last, row[j] = row[j], min(row[j] + 1, row[j-1] + 1, last + (x != y))
    return row[-1]

def test_rename_all():
    for table in (dict(a='b', b='c'), dict(b='c', a='b')):
        assert rename_all(dict(a=1, x=2), table) == dict(c=1, x=2)
        assert rename_all(dict(b=1), table) == dict(c=1)

def test_edit_distance():
    assert [edit_distance(*p) for p in (('kitten', 'sitting'), ('', 'ab'), ('x', 'x'))] == [3, 2, 0]
    typed, known = 'bert', ['bart', 'bert_generation']
    assert closest(typed, known)[0] == min(known, key=lambda k: edit_distance(typed, k)) == 'bart'
    typed, known = 'tbe', ['the', 'tbexyz']   # the ratio rewards the shared block, the distance punishes the length
    assert closest(typed, known)[0] == 'tbexyz' or closest(typed, known)[0] == 'the'
    from difflib import SequenceMatcher as S
    ratio = max(('abxx', 'axbyc'), key=lambda k: S(None, 'abc', k).ratio())
    assert ratio != min(('abxx', 'axbyc'), key=lambda k: edit_distance('abc', k)) or edit_distance('abc', 'abxx') == edit_distance('abc', 'axbyc')
