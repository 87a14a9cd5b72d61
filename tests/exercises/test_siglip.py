"Solution to the exercise of the chapter on SigLIP."
import math
from . import judged

def test_best_bias():
    "b yes and b² − b no at one logit β: the derivative is zero where σ(β) = b/b², so β = −log(b − 1)."
    judged('models.siglip', 1, lambda b: -math.log(b-1), lambda b: -math.log(b), lambda b: 0.)
