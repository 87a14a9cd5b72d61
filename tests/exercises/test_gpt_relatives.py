"""Exercise of the chapter on GPT and CTRL: which code does a text come from?"""
import torch
from nbformers.models.gpt_relatives import CTRLConfig, CTRLLMHeadModel
from . import judged

N, UP, DOWN = 20, 20, 21

def texts(b, t=12):
    code = torch.randint(UP, DOWN+1, (b, 1))
    steps = torch.randint(1, 3, (b, t)) * torch.where(code == UP, 1, -1)
    return torch.cat((code, (torch.randint(0, N, (b, 1)) + steps.cumsum(1)) % N), 1)

def log_prob(model, text, codes):
    "log p(text | code) of each row."
    x = torch.cat((codes[:, None], text), 1)
    lp = model(x).logits.log_softmax(-1)[:, :-1]
    return lp.gather(-1, text[..., None]).squeeze(-1).sum(1)

def test_log_prob(): judged('models.gpt_relatives', 1, log_prob, lambda m, text, codes: log_prob(m, text[:, 1:], text[:, 0]))

def test_source():
    torch.manual_seed(0)
    model = CTRLLMHeadModel(CTRLConfig(vocab_size=22, n_embd=32, dff=64, n_layer=2, n_head=2, n_positions=16, resid_pdrop=0., embd_pdrop=0.))
    opt = torch.optim.Adam(model.parameters(), lr=1e-2)
    for _ in range(200):
        x = texts(64)
        loss = model(x, labels=x).loss
        opt.zero_grad(); loss.backward(); opt.step()
    x = texts(100)
    with torch.no_grad(): up, down = (log_prob(model, x[:, 1:], torch.full((100,), c)) for c in (UP, DOWN))
    assert torch.equal(torch.where(up > down, UP, DOWN), x[:, 0])
