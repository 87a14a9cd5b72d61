"Solutions to the exercises of `nbs/01_config/01_utils.ipynb`."
from nbformers.config.utils import renamed
from . import judged

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
    judged('config.utils', 1, rename_all, lambda kwargs, table: {table.get(k, k): v for k, v in kwargs.items()})

def test_edit_distance():
    judged('config.utils', 2, edit_distance, lambda a, b: sum(x != y for x, y in zip(a, b)) + abs(len(a) - len(b)))
