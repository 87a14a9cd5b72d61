"""Exercises of the chapter on encoder-decoders: a target shown to itself, and words of another length."""
import torch
from nbformers.models.bart import BartConfig, BartForConditionalGeneration

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

def right(m, n, g):
    "Share of letters that greedy decoding has right."
    x, y = words(40, n, g)
    out = m.generate(x, max_new_tokens=n, do_sample=False)[:, 1:]
    out = torch.nn.functional.pad(out, (0, n-out.shape[1]), value=1)
    return (out == y[:, :n]).float().mean().item()

def test_shown_what_it_should_say():
    m, loss, g = trained(60, unshifted=True)
    assert loss < .1 and right(m, 6, g) < .3   # it has learnt to copy what it is shown, and alone it knows nothing

def test_words_of_another_length():
    m, loss, g = trained(220)
    assert right(m, 6, g) > .95 and right(m, 5, g) < .6   # places were learnt by heart: the first letter said is the one in the sixth place
