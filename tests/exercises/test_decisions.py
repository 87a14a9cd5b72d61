"""Exercise of the chapter on decisions: where rewards are luck, asking for more does not bring more."""
import torch
from torch.nn import functional as F
from nbformers.models.decisions import DecisionTransformerConfig, DecisionTransformerModel
from . import judged

T, steps = 10, torch.arange(10)

def episodes(b):
    a, r = 2*torch.rand(b, T, 1)-1, 2*torch.rand(b, T, 1)-1   # moves, and rewards that have nothing to do with them
    s = torch.cat((torch.zeros(b, 1, 1), a.cumsum(1)[:, :-1]), 1)
    return dict(states=s, actions=a, returns_to_go=r.flip(1).cumsum(1).flip(1), timesteps=steps.expand(b, T))

@torch.no_grad()
def got(model, wanted, runs=200):
    R, s, a, total = torch.full((runs, 1, 1), float(wanted)), torch.zeros(runs, 1, 1), torch.zeros(runs, 1, 1), 0.
    for i in range(T):
        a[:, -1] = model(states=s, actions=a, returns_to_go=R, timesteps=steps[None, :i+1].expand(runs, i+1)).action_preds[:, -1]
        move, r = a[:, -1:], 2*torch.rand(runs, 1, 1)-1
        total = total + r.mean().item()
        s, R, a = torch.cat((s, s[:, -1:]+move), 1), torch.cat((R, R[:, -1:]-r), 1), torch.cat((a, torch.zeros(runs, 1, 1)), 1)
    return total

def test_luck():
    torch.manual_seed(0)
    model = DecisionTransformerModel(DecisionTransformerConfig(state_dim=1, act_dim=1, hidden_size=16, n_layer=1, n_head=2, max_ep_len=T, n_positions=64,
                                                               resid_pdrop=0., embd_pdrop=0., attn_pdrop=0.))
    opt = torch.optim.Adam(model.parameters(), lr=5e-3)
    for _ in range(60):
        seen = episodes(32)
        loss = F.mse_loss(model(**seen).action_preds, seen['actions'])
        opt.zero_grad(); loss.backward(); opt.step()
    model.eval()
    judged('models.decisions', 1, lambda wanted: got(model, wanted), lambda wanted: wanted*.9)   # whatever is asked for, the mean is near zero
