"""Exercises of the ELECTRA chapter."""
import torch
from nbformers.models.electra import ElectraConfig, ElectraForMaskedLM, ElectraForPreTraining
from . import judged

def config(d, n, **kw): return ElectraConfig(**dict(vocab_size=23, embedding_size=16, hidden_size=d, num_hidden_layers=n, num_attention_heads=2, intermediate_size=2*d, max_position_embeddings=12,
    hidden_dropout_prob=0., attention_probs_dropout_prob=0., initializer_range=.1) | kw)

def ones_only(steps=30):
    "A loss that sees ones alone is smallest where every answer is one: genuine tokens are called replaced as well."
    torch.manual_seed(0)
    D, x = ElectraForPreTraining(config(16, 1)), torch.randint(3, 23, (8, 12))
    y = (torch.rand(x.shape) < .2).long()
    opt = torch.optim.Adam(D.parameters(), 1e-2)
    for _ in range(steps):
        loss = -torch.nn.functional.logsigmoid(D(x).logits[y == 1]).mean()
        opt.zero_grad(); loss.backward(); opt.step()
    return D

def test_only_replaced_positions(): judged('models.electra', 1, ones_only(), ones_only(0))

def off_topic(width, steps=200):
    "How often a trained generator's draws are off the row's topic."
    torch.manual_seed(0)
    G = ElectraForMaskedLM(config(width, 1, embedding_size=32))
    opt = torch.optim.Adam(G.parameters(), 5e-3)
    def rows(b):
        x = 3 + 5*torch.randint(4, (b, 1)) + torch.randint(5, (b, 12))
        return x, torch.rand(x.shape) < .2
    for _ in range(steps):
        x, gap = rows(32)
        loss = G(x.masked_fill(gap, 2), labels=x.masked_fill(~gap, -100)).loss
        opt.zero_grad(); loss.backward(); opt.step()
    x, gap = rows(200)
    with torch.no_grad(): guess = torch.distributions.Categorical(logits=G.eval()(x.masked_fill(gap, 2)).logits).sample()
    return (((guess-3)//5 != (x-3)//5) | (guess < 3))[gap].float().mean().item()

def test_a_good_generator_leaves_nothing_to_see():
    "What it draws is of the topic, a token as good as the one that stood there: only a coin could tell."
    poor, good = off_topic(4, 30), off_topic(32)
    judged('models.electra', 2, (poor, good), (good, poor), (poor, poor))

def loss_d(G, D, ids, gap):
    with torch.no_grad(): guess = torch.distributions.Categorical(logits=G(ids.masked_fill(gap, 2)).logits).sample()
    said = torch.where(gap, guess, ids)
    return D(said, labels=(said != ids).long()).loss

def soft_d(G, D, ids, gap):
    "A generator's mean token instead of a drawn one: now the gradient finds a way."
    p = G(ids.masked_fill(gap, 2)).logits.softmax(-1)
    return D(inputs_embeds=p @ D.get_input_embeddings().weight, labels=gap.long()).loss

def test_sampling_stops_the_gradient(): judged('models.electra', 3, loss_d, soft_d, lambda G, D, ids, gap: loss_d(G, D, ids, gap).detach().requires_grad_())
