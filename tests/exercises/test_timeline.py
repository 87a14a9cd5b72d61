"""Solutions of nbs/06_pipeline/29_timeline."""
from nbformers.pipelines.timeline import join_overlaps
from . import judged

def test_cut_elsewhere():
    "The middle takes from each piece what it heard far from its edge: here both pieces are wrong at their own edge."
    a, b = [1, 2, 3, 4, 99], [98, 3, 4, 5, 6]
    assert 99 in cut(a, b, 4, True) and 98 in cut(a, b, 4, False)
    assert join_overlaps([a, b])[0] == [1, 2, 3, 4, 5, 6]
    judged('pipelines.timeline', 1, cut, lambda a, b, n, first: join_overlaps([a, b])[0], lambda a, b, n, first: cut(a, b, n, not first))

def cut(a, b, n, first): return a+b[n:] if first else a[:len(a)-n]+b

def test_a_false_diagonal():
    "'so so so' said twice: without times the longest run wins, with them the true seam is found."
    a, b = [7, 7, 1, 2, 7, 7], [7, 7, 3, 4]
    assert join_overlaps([a, b])[0] == [7, 7, 1, 2, 7, 7, 3, 4]
    a, b = [1, 5, 6, 2, 3], [5, 6, 9, 9, 2, 3, 4]  # the phrase 5 6 comes again later
    early, late = [(float(i), i + 1.) for i in range(5)], [(i + 1., i + 2.) for i in range(7)]
    then = [(0.5, 1.)]*2 + late[2:]
    assert join_overlaps([a, b])[0] == [1, 5, 6, 9, 9, 2, 3, 4]
    judged('pipelines.timeline', 2, (a, b, early, then), (a, b, early, late[:3]), (a, b, [(0., 9.)]*5, [(9., 9.)]*7), ([1, 2], [3, 4], early[:2], late[:2]))
