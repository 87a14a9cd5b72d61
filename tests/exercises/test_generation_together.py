"Solution of the exercise of nbs/07_generate/19_together.ipynb."

def wasted(lengths):
    "Passes that are made for the others, and their share of all."
    n = sum(max(lengths)-x for x in lengths)
    return n, n/(max(lengths)*len(lengths))

def test_wasted():
    assert wasted([3, 7, 5]) == (6, 6/21) and wasted([4, 4]) == (0, 0)
