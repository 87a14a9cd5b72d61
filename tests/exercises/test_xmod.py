"""Exercises of the X-MOD chapter: a new language, and what one costs."""
import copy, torch
from nbformers.models.xmod import XmodConfig, XmodModel

def test_new_language():
    cfg = XmodConfig(vocab_size=60, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24, max_position_embeddings=18, languages=['en_XX', 'de_DE', 'sw_KE'], default_language='en_XX')
    torch.manual_seed(0)
    model, ids = XmodModel(cfg).eval(), torch.randint(3, 60, (1, 7)).expand(3, 7)
    with torch.no_grad(): before = model(ids, lang_ids=torch.tensor([0, 1, 2])).last_hidden_state
    for layer in model.blocks(): layer.output.adapter_modules['fr_XX'] = copy.deepcopy(layer.output.adapter_modules['en_XX'])
    model.config.languages = [*model.config.languages, 'fr_XX']
    with torch.no_grad(): after = model(ids[:1].expand(4, 7), lang_ids=torch.tensor([0, 1, 2, 3])).last_hidden_state
    torch.testing.assert_close(after[:3], before)
    torch.testing.assert_close(after[3], after[0])
    model.set_default_language('fr_XX')

def test_cost():
    with torch.device('meta'): model = XmodModel(XmodConfig(languages=['en_XX', 'de_DE']), add_pooling_layer=False)
    adapters = sum(p.numel() for n, p in model.encoder.named_parameters() if 'adapter_modules.de_DE' in n)
    shared = sum(p.numel() for n, p in model.encoder.named_parameters() if 'adapter_modules' not in n)
    assert adapters == 12*(2*768*384 + 384 + 768)      # 7.1 million
    assert 1/13 < adapters/shared < 1/11               # a twelfth of what all languages share
