"""Solutions to the exercises of nbs/04_models/audio/20_speech2text.ipynb."""
import torch
from . import judged

def test_states():
    "Windows of 25 ms, 10 ms apart, and one state for four of them."
    judged('models.speech2text', 1, (250, 1500, 36), (250, 1500, 6), (500, 1500, 9))

def places(encoder, n): return encoder.place(torch.zeros(1, n, 16), torch.zeros(1, n, dtype=torch.long), 0)
def test_places(): judged('models.speech2text', 2, places, lambda encoder, n: torch.zeros(1, n, 16))   # the row of the padding token, which is zero, where that is 0
