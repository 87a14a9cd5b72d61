"""Solutions to the exercises of nbs/04_models/audio/06_wav2vec2_bert.ipynb."""
from . import judged

def test_nothing_ahead(): judged('models.wav2vec2_bert', 1, (8, 0), (8, 8), (0, 0))   # none, however many layers; attention hears all at once
def test_fewer(): judged('models.wav2vec2_bert', 2, 750, 1500, 3000)
