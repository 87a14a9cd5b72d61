"Solutions to the exercises of the chapter that reads digits, on a short training."
import pytest, torch
datasets = pytest.importorskip('sklearn.datasets')
from nbformers import ViTConfig, ViTForImageClassification
from . import judged

@pytest.fixture(scope='module')
def trained():
    "Twelve passes over half of the digits, without moving them."
    torch.manual_seed(0)
    digits = datasets.load_digits()
    x, y = torch.tensor(digits.images, dtype=torch.float32)[:, None]/8 - 1, torch.tensor(digits.target)
    order = torch.randperm(len(x))
    train, held = order[:800], order[800:1400]
    model = ViTForImageClassification(ViTConfig(image_size=8, patch_size=2, num_channels=1, hidden_size=48, num_hidden_layers=2, num_attention_heads=4, intermediate_size=96,
        initializer_range=.12, num_labels=10, hidden_dropout_prob=0., attention_probs_dropout_prob=0.))
    opt = torch.optim.AdamW(model.parameters(), 2e-3)
    for _ in range(12):
        for b in train[torch.randperm(len(train))].split(50): model(x[b], labels=y[b]).loss.backward(); opt.step(); opt.zero_grad()
    def accuracy(which):
        with torch.no_grad(): return (model.eval()(x[which]).logits.argmax(-1) == y[which]).float().mean().item()
    return model, accuracy, train, held

def test_gap(trained):
    "Known by heart is more than understood."
    _, accuracy, train, held = trained
    judged('tutorials.digits', 1, (accuracy(train), accuracy(held)), (accuracy(held), accuracy(train)), (.99, .1))

def test_positions_matter(trained):
    model, accuracy, train, held = trained
    before, table = accuracy(held), model.vit.embeddings.position_embeddings
    kept = table.detach().clone()
    with torch.no_grad():
        table[:, 1:] = kept[:, 1:][:, torch.randperm(16)]
        assert accuracy(held) < before - .2
        table.copy_(kept)

def shuffled(model):
    table = model.vit.embeddings.position_embeddings
    with torch.no_grad(): table[:, 1:] = table[:, 1:][:, torch.randperm(table.shape[1]-1)].clone()

def test_positions_swapped():
    def all_rows(model): model.vit.embeddings.position_embeddings.data = model.vit.embeddings.position_embeddings.data.flip(1)
    def zeros(model): model.vit.embeddings.position_embeddings.data[:, 1:] = 0
    judged('tutorials.digits', 2, shuffled, all_rows, zeros, lambda model: None)
