"""Exercise of the TAPAS chapter: a model that may take every number for a sum never learns to point at one cell."""
import random
import pandas as pd, torch
from nbformers.models.tapas import TapasConfig, TapasForQuestionAnswering
from nbformers.tokenizer.tables import TapasTokenizer
from . import judged

WORDS = '[PAD] [UNK] [CLS] [SEP] [MASK] [EMPTY] what is the crew of ship total how many ? rachel pequod delight 10 20 28 30'.split()

def ask_all(tok, n, seed):
    rng, rows = random.Random(seed), []
    for i in range(n):
        k = rng.randint(2, 3)
        ships, crew = rng.sample(WORDS[16:19], k), rng.choices([10, 20, 28, 30], k=k)
        at = rng.randrange(k)
        question, answer, where = [(f'what is the crew of the {ships[at]} ?', crew[at], [(at, 1)]), ('what is the total crew ?', sum(crew), []), ('how many ship ?', k, [])][i % 3]
        row = tok(pd.DataFrame({'ship': ships, 'crew': [str(c) for c in crew]}), [question], answer_coordinates=[where], answer_text=[['?']], padding='max_length', max_length=18, return_tensors='pt')
        rows.append({**row, 'float_answer': torch.tensor([float(answer)])})
    return {k: torch.cat([r[k] for r in rows]) for k in rows[0]}

def ways(preference, steps=60):
    "How often the way is `none` for the crew of one ship, after a few steps."
    torch.manual_seed(0)
    tok = TapasTokenizer({w: i for i, w in enumerate(WORDS)})
    data = ask_all(tok, 96, 0)
    model = TapasForQuestionAnswering(TapasConfig(vocab_size=len(WORDS), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=48, max_position_embeddings=16, type_vocab_sizes=[3, 6, 6, 2, 6, 6, 10],
        max_num_rows=5, max_num_columns=4, num_aggregation_labels=4, use_answer_as_supervision=True, cell_selection_preference=preference, huber_loss_delta=1., answer_loss_importance=.1, initializer_range=.1,
        hidden_dropout_prob=0., attention_probs_dropout_prob=0.))
    adam = torch.optim.Adam(model.parameters(), 3e-3)
    for _ in range(steps):
        at = torch.randint(96, (48,))
        loss = model(**{k: v[at] for k, v in data.items()}).loss
        adam.zero_grad(); loss.backward(); adam.step()
    with torch.no_grad(): out = model(**{k: data[k][::3] for k in ('input_ids', 'attention_mask', 'token_type_ids')})
    return (out.logits_aggregation.argmax(-1) == 0).float().mean().item()

def test_preference(): judged('models.tapas', 1, ways, lambda preference: 1.)
