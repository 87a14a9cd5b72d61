"""Exercises of the ALBERT chapter."""
import importlib.util, re, warnings
from pathlib import Path
import pytest, torch
from nbformers.models.albert import AlbertConfig, AlbertForMaskedLM, AlbertModel

sizes = dict(vocab_size=40, embedding_size=8, hidden_size=16, num_attention_heads=2, intermediate_size=24, max_position_embeddings=20, num_hidden_layers=3)

def test_gradients_add_up():
    torch.manual_seed(0)
    one, many = AlbertModel(AlbertConfig(**sizes)).eval(), AlbertModel(AlbertConfig(**sizes, num_hidden_groups=3)).eval()
    state = one.state_dict()
    for g in range(3): state |= {n.replace('groups.0', f'groups.{g}'): t for n, t in one.state_dict().items() if 'groups.0' in n}
    many.load_state_dict(state)
    x = torch.randint(3, 40, (2, 7))
    for m in (one, many): m(x).last_hidden_state[:, 0, 0].sum().backward()
    a, b = one.encoder.albert_layer_groups[0], many.encoder.albert_layer_groups
    for n, p in a.named_parameters(): torch.testing.assert_close(p.grad, sum(g.get_parameter(n).grad for g in b))

def test_a_ring_is_followed():
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
    assert all(tokens[i] == tokens[j] for i, j in pairs.items()) and len(set(pairs.values())) == len(pairs)   # the ring's six atoms in their order
