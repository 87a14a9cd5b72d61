"""Exercises of the X-MOD chapter: a new language, and what one costs."""
import copy
from . import judged

def add_french(model):
    for layer in model.blocks(): layer.output.adapter_modules['fr_XX'] = copy.deepcopy(layer.output.adapter_modules['en_XX'])
    model.config.languages = [*model.config.languages, 'fr_XX']

def share_english(model):
    for layer in model.blocks(): layer.output.adapter_modules['fr_XX'] = layer.output.adapter_modules['en_XX']
    model.config.languages = [*model.config.languages, 'fr_XX']

def test_new_language(): judged('models.xmod', 1, add_french, share_english)

def test_cost():
    adapters, shared = 12*(2*768*384 + 384 + 768), 12*(12*768**2 + 13*768)   # 7.1 million, a twelfth of what all languages share
    judged('models.xmod', 2, (adapters, adapters/shared), (adapters, .5), (adapters//2, adapters/shared))
