"Solutions to the exercises of nbs/05_auto/01_registry."
import torch
from nbformers import _registry, auto

def load_as_saved(name, **kw):
    "1. The class that `architectures` names, among those that the register has for this model type."
    cfg = auto.AutoConfig.from_pretrained(name)
    have = {v.rpartition(':')[2]: r for r,v in _registry.architectures[cfg.model_type].items() if isinstance(v, str) and ':' in v}
    role = next((have[n] for n in cfg.architectures or () if n in have), 'model')
    return auto.lookup(cfg.model_type, role).from_pretrained(name, **kw)

tiny = dict(hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, vocab_size=20)

def test_load_as_saved(tmp_path):
    for cls in (auto.AutoModelForTokenClassification, auto.AutoModel):
        m = cls.from_config(auto.AutoConfig.for_model('bert', **tiny))
        m.save_pretrained(tmp_path)
        assert type(load_as_saved(tmp_path)) is type(m)

def test_sorting_keywords(tmp_path):
    "2. revision → Hub; dtype → loading; output_attentions and classifier_dropout → configuration."
    from nbformers.config.hub import split_hub_kwargs
    from nbformers.models.loading import _load_names
    kw = dict(output_attentions=True, dtype='float16', revision='main', classifier_dropout=.3)
    hub,rest = split_hub_kwargs(kw)
    assert hub == {'revision': 'main'}
    assert [n for n in rest if n in _load_names()] == ['dtype']
    auto.AutoModel.from_config(auto.AutoConfig.for_model('bert', **tiny)).save_pretrained(tmp_path)
    m = auto.AutoModel.from_pretrained(tmp_path, **kw)
    assert (m.dtype, m.config.output_attentions, m.config.classifier_dropout) == (torch.float16, True, .3)
