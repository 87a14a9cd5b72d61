"Solution to the exercise of the chapter on CLIPSeg."
from . import judged

def test_states_before_the_prompt(): judged('models.clipseg', 1, [0, 1], [0], [0, 1, 2])   # what the first layer reads and gives; from the second on, which is told, all differ
