"""Solutions of nbs/06_pipeline/29_timeline."""
from nbformers.pipelines.timeline import join_overlaps

def test_cut_elsewhere():
    "The middle takes from each piece what it heard far from its edge: here both pieces are wrong at their own edge."
    a, b = [1, 2, 3, 4, 99], [98, 3, 4, 5]
    first = a + b[len(a) - 2:]                     # the first always believed: its broken end stays
    second = a[:2] + b                             # the second always believed: its broken beginning stays
    assert 99 in first and 98 in second
    joined = join_overlaps([a, b])[0]
    assert joined == [1, 2, 3, 4, 5]

def test_a_false_diagonal():
    "'so so so' said twice: without times the longest run wins, with them the true seam is found."
    a, b = [7, 7, 1, 2, 7, 7], [7, 7, 3, 4]
    assert join_overlaps([a, b])[0] == [7, 7, 1, 2, 7, 7, 3, 4]
    a, b = [1, 5, 6, 2, 3], [5, 6, 9, 9, 2, 3, 4]  # the phrase 5 6 comes again later
    early, late = [(float(i), i + 1.) for i in range(5)], [(i + 1., i + 2.) for i in range(7)]
    free, timed = join_overlaps([a, b])[0], join_overlaps([a, b], [early, [(0.5, 1.)]*2 + late[2:]])
    assert free == [1, 5, 6, 9, 9, 2, 3, 4] and timed[0] != free and len(timed[0]) == len(timed[1])
