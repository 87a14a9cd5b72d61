"""Configurations: the same keys and the same defaults as the reference's, and a file written here reads there."""
import importlib, json
import pytest
transformers = pytest.importorskip('transformers')
import nbformers
from .cases import CASES

def pair(model_type):
    cls = type(transformers.AutoConfig.for_model(model_type))
    return getattr(nbformers, cls.__name__), cls

@pytest.mark.parametrize('model_type', CASES)
def test_defaults(model_type):
    ours, theirs = (c().to_dict() for c in pair(model_type))
    skip = {'transformers_version', '_name_or_path'}
    missing = {k for k in theirs if k not in ours and theirs[k] is not None} - skip
    assert not missing, f'keys that the reference writes: {missing}'
    extra = {k for k in ours if k not in theirs and ours[k] is not None} - skip
    assert not extra, f'keys that the reference does not know: {extra}'
    differ = {k: (ours[k], theirs[k]) for k in ours if k in theirs and k not in skip and ours[k] != theirs[k]}
    assert not differ, f'ours, theirs: {differ}'

@pytest.mark.parametrize('model_type', CASES)
def test_files_both_ways(model_type, tmp_path):
    mine, theirs = pair(model_type)
    mine(num_labels=3, made_up=7).save_pretrained(tmp_path)
    back = theirs.from_pretrained(tmp_path)
    assert back.num_labels == 3 and back.made_up == 7
    theirs(num_labels=3, made_up=8).save_pretrained(tmp_path)
    again = mine.from_pretrained(tmp_path)
    assert again.num_labels == 3 and again.made_up == 8 and json.loads((tmp_path/'config.json').read_text())['model_type'] == again.model_type
