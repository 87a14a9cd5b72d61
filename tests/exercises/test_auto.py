"Solutions to the exercises of nbs/05_auto/01_registry."
import tempfile
import pytest, torch
from nbformers import _registry, auto
from . import judged

def load_as_saved(name, **kw):
    "1. The class that `architectures` names, among those that the register has for this model type."
    cfg = auto.AutoConfig.from_pretrained(name)
    have = {v.rpartition(':')[2]: r for r,v in _registry.architectures[cfg.model_type].items() if isinstance(v, str) and ':' in v}
    role = next((have[n] for n in cfg.architectures or () if n in have), 'model')
    return auto.lookup(cfg.model_type, role).from_pretrained(name, **kw)

@pytest.mark.filterwarnings('ignore')   # the wrong one leaves the head behind
def test_load_as_saved(): judged('auto', 1, load_as_saved, auto.AutoModel.from_pretrained)

def test_sorting_keywords():
    "2. revision → Hub; dtype → loading; output_attentions and classifier_dropout → configuration."
    parts = dict(revision='hub', dtype='loading', output_attentions='configuration', classifier_dropout='configuration')
    judged('auto', 2, parts, parts | dict(dtype='configuration'))
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as d:
        auto.AutoModel.from_config(auto.AutoConfig.for_model('bert', hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, vocab_size=20)).save_pretrained(d)
        m = auto.AutoModel.from_pretrained(d, output_attentions=True, dtype='float16', revision='main', classifier_dropout=.3)
        assert (m.dtype, m.config.output_attentions, m.config.classifier_dropout) == (torch.float16, True, .3)
