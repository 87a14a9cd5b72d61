"""Exercises of the chapter on encoder-decoders: a target shown to itself, and words of another length."""
import torch
from nbformers.models.bart import BartConfig, BartForConditionalGeneration
from . import judged

def words(b, n, g):
    x = torch.randint(3, 15, (b, n), generator=g)
    end = torch.full((b, 1), 2)
    return torch.cat((x, end), 1), torch.cat((x.flip(1), end), 1)

def trained(steps, unshifted=False):
    cfg = BartConfig(vocab_size=15, d_model=32, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=64, decoder_ffn_dim=64,
                     max_position_embeddings=20, init_std=.18, dropout=0., pad_token_id=1, forced_eos_token_id=None)
    torch.manual_seed(0)
    m, g = BartForConditionalGeneration(cfg).train(), torch.Generator().manual_seed(0)
    opt = torch.optim.AdamW(m.parameters(), lr=5e-3)
    for _ in range(steps):
        x, y = words(48, 6, g)
        loss = m(x, labels=y, **(dict(decoder_input_ids=y) if unshifted else {})).loss
        loss.backward(); opt.step(); opt.zero_grad()
    return m.eval(), loss.item(), g

def test_shown_what_it_should_say():
    "It learns to copy what it is shown, and alone it knows nothing; and one that was trained as it should be has learnt places by heart."
    (copies, _, _), (turns, _, _) = trained(60, unshifted=True), trained(220)
    judged('models.seq2seq', 1, copies, turns)
    judged('models.seq2seq', 2, turns, copies)
