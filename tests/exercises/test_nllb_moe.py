"""Exercise of the chapter on NLLB-MoE: twelve tokens that all want one expert."""
from . import judged

def kept(p): return list(range(6)), p.topk(6)[1].tolist()   # six places: in order of the text, or to the surest

def test_places(): judged('models.nllb_moe', 1, kept, lambda p: (p.topk(6)[1].tolist(), list(range(6))), lambda p: (list(range(6)),)*2)
