"""Every Auto table of the reference, for the architectures that are here: the same class under the same task."""
import pytest
pytest.importorskip('transformers')
import transformers.models.auto.modeling_auto as reference
from nbformers import _registry
from nbformers.auto import lookup

TABLES = dict(model='MODEL_MAPPING_NAMES', text_encoding='MODEL_FOR_TEXT_ENCODING_MAPPING_NAMES') | {role: f'MODEL_FOR_{name}_MAPPING_NAMES' for role, name in dict(
    causal_lm='CAUSAL_LM', masked_lm='MASKED_LM', seq2seq_lm='SEQ_TO_SEQ_CAUSAL_LM', sequence_classification='SEQUENCE_CLASSIFICATION', token_classification='TOKEN_CLASSIFICATION',
    question_answering='QUESTION_ANSWERING', multiple_choice='MULTIPLE_CHOICE', next_sentence_prediction='NEXT_SENTENCE_PREDICTION', pretraining='PRETRAINING').items()}

@pytest.mark.parametrize('model_type', sorted(_registry.architectures))
def test_tasks(model_type):
    for role, table in TABLES.items():
        want = getattr(reference, table).get(model_type)
        if want is None: continue
        have = lookup(model_type, role) or (lookup(model_type, 'model') if role == 'text_encoding' else None)
        wants = want if isinstance(want, (list, tuple)) else [want]
        assert have is not None and have.__name__ in wants, f'{model_type}: {role} is {have and have.__name__}, the reference has {want}'
