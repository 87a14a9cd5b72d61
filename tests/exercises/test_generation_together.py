"Solution of the exercise of nbs/07_generate/19_together.ipynb."
from . import judged

def wasted(lengths):
    "Passes that are made for the others, and their share of all."
    n = sum(max(lengths)-x for x in lengths)
    return n, n/(max(lengths)*len(lengths))

def test_wasted(): judged('generation.together', 1, wasted, lambda lengths: (sum(lengths), 1.), lambda lengths: (wasted(lengths)[0], wasted(lengths)[0]/sum(lengths)))
