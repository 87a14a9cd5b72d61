"The Auto classes: what they cost, what they refuse, and that they choose as the reference does."
import json, warnings
import pytest, torch
import nbformers
from nbformers import auto

names = ['AutoModel', 'AutoModelForCausalLM', 'AutoModelForMaskedLM', 'AutoModelForSequenceClassification', 'AutoModelForTokenClassification',
         'AutoModelForQuestionAnswering', 'AutoModelForMultipleChoice', 'AutoModelForNextSentencePrediction', 'AutoModelForPreTraining']

@pytest.mark.parametrize('name', names)
def test_same_class_as_reference(name):
    "For every architecture here: the same class name as the reference registers, or none where it has none."
    import transformers
    from transformers.models.auto import modeling_auto
    table = getattr(transformers, name)._model_mapping._model_mapping
    wrong = []
    for t in auto.model_types():
        if t not in table and t not in modeling_auto.MODEL_MAPPING_NAMES: continue
        want = table.get(t)
        try: got = getattr(auto, name).class_for(auto.AutoConfig.for_model(t)).__name__
        except ValueError: got = None
        if got != (want[0] if isinstance(want, tuple) else want): wrong.append(f'{t}: {got}, reference {want}')
    assert not wrong, wrong

def test_imports_one_architecture(python):
    out = python('''
import sys
from nbformers import AutoConfig, AutoTokenizer, AutoModelForCausalLM
assert 'torch' not in sys.modules and not [m for m in sys.modules if m.startswith('nbformers.models.')]
AutoModelForCausalLM.from_config(AutoConfig.for_model('gpt2', n_embd=8, n_layer=1, n_head=2, vocab_size=9))
print([m for m in sys.modules if m in ('nbformers.models.bert', 'nbformers.models.llama', 'transformers', 'accelerate', 'datasets', 'matplotlib')])''')
    assert out == '[]'

@pytest.mark.parametrize('text,error,match', [
    ('{"hidden_size": 8}', ValueError, 'no `model_type`'),
    ('{"model_type": "lama"}', ValueError, "Did you mean 'llama'"),
    ('{"model_type": "os.path:join"}', ValueError, 'none of the'),
    ('{"model_type": 7}', ValueError, 'model_type'),
    ('{"model_type": ', (ValueError, OSError), 'config.json'),
    ('[]', (ValueError, OSError), 'config.json')])
def test_bad_configs(tmp_path, text, error, match):
    (tmp_path/'config.json').write_text(text)
    for cls in (auto.AutoConfig, auto.AutoModel):
        with pytest.raises(error, match=match): cls.from_pretrained(tmp_path)

def test_code_beside_a_checkpoint_never_runs(tmp_path):
    (tmp_path/'evil.py').write_text('open("ran", "w")')
    (tmp_path/'config.json').write_text(json.dumps(dict(model_type='evil', auto_map={'AutoConfig': 'evil.C', 'AutoModel': 'evil.M'})))
    for kw in ({}, dict(trust_remote_code=True)):
        with pytest.raises(ValueError): auto.AutoModel.from_pretrained(tmp_path, **kw)
    assert not (tmp_path/'ran').exists()

@pytest.mark.parametrize('name', ['TFAutoModel', 'FlaxAutoModelForCausalLM'])
def test_other_frameworks(name):
    with pytest.raises((ImportError, ValueError), match='PyTorch only'): getattr(nbformers, name).from_pretrained('starter/minilm')

def test_keywords_reach_their_places(tmp_path):
    cfg = auto.AutoConfig.for_model('bert', hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, vocab_size=20)
    auto.AutoModel.from_config(cfg).save_pretrained(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        m,info = auto.AutoModelForSequenceClassification.from_pretrained(tmp_path, num_labels=4, dtype=torch.float16, attn_implementation='eager',
            output_attentions=True, output_loading_info=True, revision='main', low_cpu_mem_usage=True)
    assert (m.dtype, m.config.num_labels, m.config.output_attentions, m.config._attn_implementation) == (torch.float16, 4, True, 'eager')
    assert info['missing_keys'] == ['classifier.bias', 'classifier.weight']
    m = auto.AutoModel.from_pretrained(tmp_path, add_pooling_layer=False)
    assert m.pooler is None
    assert m.from_pretrained(tmp_path, config=tmp_path).config.hidden_size == 16

def test_subfolder_and_file_path(tmp_path):
    cfg = auto.AutoConfig.for_model('bert', hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, vocab_size=20)
    auto.AutoModel.from_config(cfg).save_pretrained(tmp_path/'deep')
    assert auto.AutoModel.from_pretrained(tmp_path, subfolder='deep').config.hidden_size == 16
    assert auto.AutoConfig.from_pretrained(tmp_path/'deep'/'config.json').hidden_size == 16
