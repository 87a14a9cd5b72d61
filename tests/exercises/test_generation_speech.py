"Solutions to the exercises of `nbs/07_generate/33_speech.ipynb`."
import numpy as np
from nbformers.generation.speech import align
from . import judged

def path(looks, standard=True):
    "The cheapest path through attention, heads made alike."
    if standard: looks = (looks-looks.mean(-2, keepdim=True))/looks.std(-2, keepdim=True, unbiased=False)
    tokens, moments = align(-looks.mean(0).double().numpy())
    return moments[np.diff(tokens, prepend=-1) > 0].tolist()

def test_when_each_token_began():
    judged('generation.speech', 1, path, lambda looks: looks.mean(0).argmin(-1).tolist(), lambda looks: list(range(looks.shape[1])))

def test_a_threshold(): judged('generation.speech', 2, 2.4, 1., 99.)
