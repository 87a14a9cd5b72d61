"""Exercise of the Splinter chapter: a neighbour that says nothing leaves a coin to toss."""
import torch
from nbformers.models.splinter import SplinterConfig, SplinterForPreTraining
from . import judged

def texts(n, honest):
    ids, rows = torch.zeros(n, 8, dtype=torch.long), torch.arange(n)
    spots = torch.stack([torch.randperm(4)*2 for _ in range(n)])
    swap = torch.zeros(n, dtype=torch.bool) if honest else torch.rand(n) < .5
    for k, (word, low) in enumerate(((10, 20), (11, 30))):
        answer, question = spots[:, 2*k], spots[:, 2*k+1]
        ids[rows, answer], ids[rows, question] = word, torch.where(swap, 21-word, word)
        ids[rows, answer+1], ids[rows, question+1] = torch.randint(low, low+8, (n,)), 3
    return ids, spots[:, [1, 3]]+1, spots[:, [0, 2]]+1

def final_loss(honest, steps=240):
    torch.manual_seed(0)
    model = SplinterForPreTraining(SplinterConfig(vocab_size=60, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=48, max_position_embeddings=18, question_token_id=3, initializer_range=.15)).eval()
    adam, last = torch.optim.Adam(model.parameters(), 2e-3), []
    for _ in range(steps):
        ids, asked, answers = texts(32, honest)
        loss = model(ids, question_positions=asked, start_positions=answers, end_positions=answers).loss
        adam.zero_grad(); loss.backward(); adam.step()
        last.append(loss.item())
    return sum(last[-20:])/20

def test_neighbour(): judged('models.splinter', 1, final_loss(False), .2, 1.4)   # log 2, half of what four places leave open
