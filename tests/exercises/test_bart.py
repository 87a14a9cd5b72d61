"""Exercises of the chapter on BART: a gap that nothing in the sentence settles, and the damage of the paper."""
import torch
from nbformers.models.bart import BartConfig, BartForConditionalGeneration
from . import judged

NOUNS, VERBS = 'cat dog bird fox owl bear'.split(), 'see hear like'.split()
WORDS = ['<s>', '<pad>', '</s>', '_', 'the', 'some', *NOUNS, *[n+'s' for n in NOUNS], *VERBS, *[v+'s' for v in VERBS]]

def sentence(g):
    r = lambda x: x[int(torch.randint(len(x), (1,), generator=g))]
    many, other = torch.rand(2, generator=g) < .5
    return [r(['the', 'some']), r(NOUNS)+'s'*int(many), r(VERBS)+'s'*int(not many), r(['the', 'some']), r(NOUNS)+'s'*int(other)]

def tokens(ws): return torch.tensor([[0, *map(WORDS.index, w), 2] for w in ws])
def damage(w, i): return [*w[:i], '_', *w[i+1:]]

def test_object():
    cfg = BartConfig(vocab_size=len(WORDS), d_model=32, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=64, decoder_ffn_dim=64,
                     max_position_embeddings=20, init_std=.18, dropout=0., forced_eos_token_id=None)
    torch.manual_seed(0)
    m, g = BartForConditionalGeneration(cfg).train(), torch.Generator().manual_seed(0)
    opt = torch.optim.AdamW(m.parameters(), lr=5e-3)
    for _ in range(120):
        ws = [sentence(g) for _ in range(32)]
        m(tokens([damage(w, int(torch.randint(5, (1,), generator=g))) for w in ws]), labels=tokens(ws)).loss.backward()
        opt.step(); opt.zero_grad()
    ws = [sentence(g) for _ in range(80)]
    m.eval()
    def agree(i, how):
        out = m.generate(tokens([damage(w, i) for w in ws]), max_new_tokens=8, do_sample=False).tolist()
        said = [[WORDS[t] for t in row if t > 3] for row in out]
        return sum(how(w, s) for w, s in zip(ws, said) if len(s) == 5)/len(ws)
    subject = agree(1, lambda w, s: s[1].endswith('s') != w[2].endswith('s'))
    object_ = agree(4, lambda w, s: s[4].endswith('s') == w[4].endswith('s'))
    assert subject > .85 and .25 < object_ < .75   # no word says how many objects there are: half are right by luck

def infill(w, g, share=.3, mean=3.):
    "Spans with lengths from a Poisson distribution become one mask each, until a share of the words is gone."
    w, gone, spans = list(w), 0, []
    while gone < share*len(w):
        n = int(torch.poisson(torch.tensor([mean]), generator=g))
        n = min(n, int(share*len(w) - gone) + 1)
        i = int(torch.randint(len(w)-n+1, (1,), generator=g))
        if '_' in w[i:i+n]: continue
        w[i:i+n] = ['_']*max(n, 1) if n else ['_', *w[i:i+n]]
        gone, spans = gone+n, [*spans, n]
    out = [x for j, x in enumerate(w) if x != '_' or j == 0 or w[j-1] != '_']
    return out, spans

def test_shares(): judged('models.bart', 1, .5, 1., .95)
def test_infilling(): judged('models.bart', 2, infill, lambda w, g: (w, []), lambda w, g: (['_', *w[18:]], [18]))
