"""Exercises of the ESM chapter, on the real antibody model."""
import importlib.util, warnings
from pathlib import Path
import pytest, torch
from nbformers.models.bert import BertForMaskedLM

CHAIN = 'EVQLVESGGGLVQPGGSLRLSCAASGFTFSSYAMSWVRQAPGKGLEWVSAISGSGGSTYYADSVKGRFTISRDNSKNTLYLQMNSLRAEDTAVYYCAKDRLSITIRPRYYGLDVWGQGTLVTVSS'

@pytest.fixture(scope='module')
def antibody():
    if importlib.util.find_spec('antiberty') is None: pytest.skip('antiberty is not installed')
    folder = Path(importlib.util.find_spec('antiberty').submodule_search_locations[0])/'trained_models'
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        return BertForMaskedLM.from_pretrained(folder/'AntiBERTy_md_smooth'), (folder/'vocab.txt').read_text().split()

def test_mutations(antibody):
    model, vocab = antibody
    ids = torch.tensor([[2, *map(vocab.index, CHAIN), 3]])
    places = torch.tensor([4, 21, 95])                      # a valine that other chains have as leucine, and the two cysteines of the bond
    x = ids.repeat(3, 1).index_put((torch.arange(3), places+1), torch.tensor(vocab.index('[MASK]')))
    with torch.no_grad(): logp = model(x).logits[torch.arange(3), places+1].log_softmax(-1)
    ratio = logp[:, 5:] - logp[torch.arange(3), ids[0, places+1]][:, None]   # letters only
    assert vocab[5 + int(ratio[0].argmax())] == 'L' and ratio[0].max() > 0   # a mutation that the model prefers
    assert (ratio[1:].sort().values[:, -2] < -3).all()                       # a cysteine is replaced at a cost

def test_rank_without_apc(antibody):
    model, vocab = antibody
    ids = torch.tensor([[2, *map(vocab.index, CHAIN), 3]])
    with torch.no_grad(): maps = torch.cat(model(ids, output_attentions=True).attentions, 1)[0, 39, 1:-1, 1:-1]
    S = maps + maps.T
    F = S - S.sum(-1, keepdim=True)*S.sum(-2, keepdim=True)/S.sum()
    i, j = torch.triu_indices(len(CHAIN), len(CHAIN), 6)
    rank = lambda m: int((m[i, j] > m[21, 95]).sum()) + 1
    assert rank(F) <= rank(S)                               # correcting for busy rows and columns does not hurt
