"Exercises of the chapter on GPTSAN: what may be marked as a question, and how far a spout reaches."
import torch
from nbformers.models.gptsan import GPTSanJapaneseConfig, GPTSanJapaneseForConditionalGeneration
from . import judged

def model(**kw):
    torch.manual_seed(0)
    return GPTSanJapaneseForConditionalGeneration(GPTSanJapaneseConfig(**dict(
        vocab_size=40, max_position_embeddings=24, d_model=16, d_ff=20, d_ext=12, d_spout=6, num_switch_layers=2, num_ext_layers=1, num_heads=2, num_experts=4,
        pad_token_id=0, eos_token_id=None, separator_token_id=2, initializer_factor=1.) | kw)).eval()

def marking(m, question, answer):
    ids, n, t = torch.cat((question, answer), 1), question.shape[1], answer.shape[1]
    marks = (question != 2).long()
    with torch.no_grad():
        first = m(question, token_type_ids=marks, use_cache=True)
        cached = torch.cat((first.logits, m(answer, past_key_values=first.past_key_values).logits), 1)
        same = m(ids, token_type_ids=torch.cat((marks, torch.zeros(1, t, dtype=torch.long)), 1)).logits
        everything = m(ids, token_type_ids=torch.ones_like(ids)).logits   # marked answers are seen by what was written before them, which did not know them
    return (cached-same).abs().max(), (cached-everything).abs().max()

def test_what_may_be_marked():
    judged('models.gptsan', 1, marking, lambda *a: marking(*a)[::-1])
    m, ids = model(), torch.tensor([[5, 6, 7, 8, 9, 10, 2]])    # six words and the separator
    said = m.generate(ids, token_type_ids=(ids != 2).long(), max_new_tokens=6, do_sample=False)
    assert torch.equal(said, m.generate(ids, token_type_ids=(ids != 2).long(), max_new_tokens=6, do_sample=False, use_cache=False))
    assert marking(m, ids, said[:, 7:])[1] > .1

def growth(m, s, f):
    with torch.no_grad(): return [(part(f*s).norm()/part(s).norm()).item() for part in (m.model.spout, m.model.spout[0])]

def test_beyond_the_dial():
    judged('models.gptsan', 2, growth, lambda m, s, f: (f, f))
    m, s = model(), torch.randn(1, 6)
    sizes = [growth(m, s, f)[0] for f in (3, 10, 100)]
    assert sizes[0] < 3 and abs(sizes[2]/sizes[1] - 1) < .2    # tanh holds the first layer's numbers within one: a share of 3 is hardly more than a share of 1
    assert abs(growth(m, s, 100)[1] - 100) < .1                # a linear layer would grow on and on
