"A solution to the exercise of 02_tokenizer/11_training."
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from nbformers.tokenizer.training import retrain
from . import judged

SEA = 'I thought I would sail about a little and see the watery part of the world. It is a way I have of driving off the spleen. '*3
CODE = 'def f(x): return {k: v for k, v in x.items() if v is not None} ' * 3

def cost(rust, text): return len(text.encode()) / len(rust.encode(text, add_special_tokens=False).ids)

def test_cost(): judged('tokenizer.training', 1, cost, lambda rust, text: len(text)/len(rust.encode(text).ids), lambda rust, text: 1/cost(rust, text))

def test_a_vocabulary_is_best_at_its_own_text():
    base = Tokenizer(models.BPE()); base.pre_tokenizer, base.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    sizes = [256, 280, 320]
    own = [cost(retrain(base, [SEA], n, show_progress=False), SEA) for n in sizes]
    other = [cost(retrain(base, [SEA], n, show_progress=False), CODE) for n in sizes]
    assert own == sorted(own) and own[0] == 1. and own[-1] > other[-1]
