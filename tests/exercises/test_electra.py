"""Exercises of the ELECTRA chapter."""
import torch
from nbformers.models.electra import ElectraConfig, ElectraForMaskedLM, ElectraForPreTraining

def config(d, n, **kw): return ElectraConfig(**dict(vocab_size=23, embedding_size=16, hidden_size=d, num_hidden_layers=n, num_attention_heads=2, intermediate_size=2*d, max_position_embeddings=12,
    hidden_dropout_prob=0., attention_probs_dropout_prob=0., initializer_range=.1) | kw)

def test_only_replaced_positions():
    "A loss that sees ones alone is smallest where every answer is one: genuine tokens are called replaced as well."
    torch.manual_seed(0)
    D, x = ElectraForPreTraining(config(16, 1)), torch.randint(3, 23, (8, 12))
    y = (torch.rand(x.shape) < .2).long()
    opt = torch.optim.Adam(D.parameters(), 1e-2)
    for _ in range(30):
        loss = -torch.nn.functional.logsigmoid(D(x).logits[y == 1]).mean()
        opt.zero_grad(); loss.backward(); opt.step()
    assert (D(x).logits[y == 0] > 0).all()

def test_sampling_stops_the_gradient():
    torch.manual_seed(0)
    G, D, x = ElectraForMaskedLM(config(8, 1)), ElectraForPreTraining(config(16, 1)), torch.randint(3, 23, (4, 12))
    guess = torch.distributions.Categorical(logits=G(x).logits).sample()
    D(guess, labels=(guess != x).long()).loss.backward()
    assert all(p.grad is None for p in G.parameters())

def test_a_good_generator_leaves_nothing_to_see():
    "Two generators on a language of four topics: one that knows the topic makes far fewer tokens that are off it."
    torch.manual_seed(0)
    x = 3 + 5*torch.randint(4, (500, 1)) + torch.randint(5, (500, 12))
    topic = (x[:, :1]-3)//5
    good, poor = 3 + 5*topic + torch.randint(5, x.shape), torch.randint(3, 23, x.shape)
    off = lambda guess: ((guess-3)//5 != topic).float().mean().item()
    assert off(good) == 0. and .7 < off(poor) < .8
