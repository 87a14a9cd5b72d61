"Solution to the exercise of the chapter on X-CLIP."
from . import judged

def no_positions(model):
    "Messages, the mixer's attention and both means treat all frames alike: without positions a film and its reverse are one."
    model.mit.position_embedding.data.zero_()

def test_without_positions_order_is_lost(): judged('models.x_clip', 1, no_positions, lambda model: model.mit.position_embedding.data.mul_(.5))
