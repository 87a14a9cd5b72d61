"""Exercises of the ESM chapter, on the real antibody model."""
import importlib.util, warnings
from pathlib import Path
import pytest, torch
from nbformers.models.bert import BertForMaskedLM
from . import judged

CHAIN = 'EVQLVESGGGLVQPGGSLRLSCAASGFTFSSYAMSWVRQAPGKGLEWVSAISGSGGSTYYADSVKGRFTISRDNSKNTLYLQMNSLRAEDTAVYYCAKDRLSITIRPRYYGLDVWGQGTLVTVSS'

@pytest.fixture(scope='module')
def antibody():
    if importlib.util.find_spec('antiberty') is None: pytest.skip('antiberty is not installed')
    folder = Path(importlib.util.find_spec('antiberty').submodule_search_locations[0])/'trained_models'
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        return BertForMaskedLM.from_pretrained(folder/'AntiBERTy_md_smooth'), (folder/'vocab.txt').read_text().split()

def mutation(model, ids, place, token, mask_id):
    x = ids.clone()
    x[0, place] = mask_id
    with torch.no_grad(): logp = model(x).logits[0, place].log_softmax(-1)
    return logp[token] - logp[ids[0, place]]

def seen(model, ids, place, token, mask_id):
    with torch.no_grad(): logp = model(ids).logits[0, place].log_softmax(-1)
    return logp[token] - logp[ids[0, place]]

def test_score_of_a_mutation(): judged('models.esm', 1, mutation, seen)

def test_mutations(antibody):
    model, vocab = antibody
    ids = torch.tensor([[2, *map(vocab.index, CHAIN), 3]])
    score = lambda place: {t: float(mutation(model, ids, place+1, i, vocab.index('[MASK]'))) for i, t in enumerate(vocab) if i > 4 and t != CHAIN[place]}
    valine = score(4)                                        # other chains have leucine here
    assert max(valine, key=valine.get) == 'L' and valine['L'] > 0            # a mutation that the model prefers
    assert max(score(21).values()) < -3 and max(score(95).values()) < -3     # the two cysteines of the bond are replaced at a cost

def rank(m, i, j):
    S = m + m.T
    a, b = torch.triu_indices(len(m), len(m), 6)
    return int((S[a, b] > S[i, j]).sum()) + 1

def test_rank(): judged('models.esm', 2, rank, lambda m, i, j: int((m > m[i, j]).sum()) + 1)

def test_rank_without_apc(antibody):
    model, vocab = antibody
    ids = torch.tensor([[2, *map(vocab.index, CHAIN), 3]])
    with torch.no_grad(): S = torch.cat(model(ids, output_attentions=True).attentions, 1)[0, 39, 1:-1, 1:-1]
    S = (S + S.T)/2
    F = S - S.sum(-1, keepdim=True)*S.sum(-2, keepdim=True)/S.sum()
    assert rank(F, 21, 95) <= rank(S, 21, 95)               # correcting for busy rows and columns does not hurt
