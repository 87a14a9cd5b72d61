"Exercise of the chapter on EuroBERT: what a first token can know with an open mask, and without."
import torch
from nbformers.models.eurobert import EuroBertConfig, EuroBertForSequenceClassification
from . import judged

def error(how, causal, steps=150):
    "Mean squared error on the share of marked tokens among five, against a variance of 0.05."
    torch.manual_seed(0)
    g = torch.Generator().manual_seed(0)
    m = EuroBertForSequenceClassification(EuroBertConfig(vocab_size=8, hidden_size=32, num_hidden_layers=1, num_attention_heads=2, num_key_value_heads=1, intermediate_size=48, pad_token_id=0,
                                                         mask_token_id=1, initializer_range=.2, num_labels=1, classifier_pooling=how)).train()
    m.model.causal = causal
    opt = torch.optim.AdamW(m.parameters(), lr=3e-3)
    def lists(n):
        x = torch.randint(2, 6, (n, 5), generator=g)
        return x, (x > 3).float().mean(1)
    for _ in range(steps):
        x, y = lists(32)
        m(x, labels=y).loss.backward()
        opt.step(); opt.zero_grad()
    x, y = lists(300)
    with torch.no_grad(): return m.eval()(x, labels=y).loss.item()

def test_what_the_first_token_knows():
    "Late votes need no neighbours, for each token votes for itself; a first token that sees one of five can say little."
    judged('models.eurobert', 1, error, lambda how, causal: .01)
