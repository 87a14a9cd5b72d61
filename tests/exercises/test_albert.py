"""Exercises of the ALBERT chapter."""
import importlib.util, re, warnings
from pathlib import Path
import pytest, torch
from nbformers.models.albert import AlbertConfig, AlbertForMaskedLM, AlbertModel
from . import judged

def unshared(one):
    many, state = AlbertModel(AlbertConfig(**one.config.to_dict() | dict(num_hidden_groups=one.config.num_hidden_layers))), one.state_dict()
    for g in range(one.config.num_hidden_layers): state |= {n.replace('groups.0', f'groups.{g}'): t for n, t in one.state_dict().items() if 'groups.0' in n}
    many.load_state_dict(state)
    return many

def test_gradients_add_up(): judged('models.albert', 1, unshared, lambda one: one, lambda one: AlbertModel(AlbertConfig(**one.config.to_dict() | dict(num_hidden_groups=3))))

def test_a_ring_is_followed():
    "The ring's six atoms are found in their order."
    if importlib.util.find_spec('rxnmapper') is None: pytest.skip('rxnmapper is not installed')
    folder = next((Path(importlib.util.find_spec('rxnmapper').submodule_search_locations[0])/'models/transformers').iterdir())
    vocab = {t: i for i, t in enumerate((folder/'vocab.txt').read_text().splitlines())}
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        m = AlbertForMaskedLM.from_pretrained(folder)
    tokens = ['[CLS]', *re.findall(r'>>|\[[^]]+\]|Br|Cl|.', 'CC(=O)Cl.Nc1ccccc1>>CC(=O)Nc1ccccc1'), '[SEP]']
    with torch.no_grad(): w = m(torch.tensor([[vocab[t] for t in tokens]]), output_attentions=True).attentions[10][0, 5]
    k = tokens.index('>>')
    pairs = {i: int(w[i, 1:k].argmax())+1 for i in range(k+1, len(tokens)-1) if tokens[i].isalpha()}
    judged('models.albert', 2, pairs, {i: 1 for i in pairs}, pairs | {max(pairs): pairs[max(pairs)-2]})
