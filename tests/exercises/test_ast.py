"""Solutions to the exercises of nbs/04_models/audio/10_ast.ipynb."""
from nbformers.models.ast import ASTConfig, ASTPatches
from . import judged

def test_without_overlap():
    over, apart = (ASTPatches(ASTConfig(hidden_size=12, frequency_stride=s, time_stride=s)).num_patches + 2 for s in (10, 16))
    assert (over, apart) == (1214, 514)
    judged('models.ast', 1, (apart, (over/apart)**2), (over, 1.), (apart, over/apart))
