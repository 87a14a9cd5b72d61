"What the solutions share."
import pytest
from nbformers.exercises.exam import NotYet, check

def judged(name, number, right, *wrong):
    "The check of an exercise takes `right` and refuses each of `wrong`."
    assert wrong, 'a check that nothing fails is no check: give a wrong solution too'
    check(name, number, right)
    for w in wrong:
        with pytest.raises(NotYet): check(name, number, w)
