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

def test_the_rankings_disagree():
    "The ratio rewards the shared block of `robert`, the distance counts its two extra letters."
    known = ['robert', 'best']
    assert closest('bert', known)[0] == 'robert'
    assert min(known, key=lambda k: edit_distance('bert', k)) == 'best'
