"Exercises of the chapter on GPTSAN: what may be marked as a question, and how far a spout reaches."
import torch
from nbformers.models.gptsan import GPTSanJapaneseConfig, GPTSanJapaneseForConditionalGeneration

def model(**kw):
    torch.manual_seed(0)
    return GPTSanJapaneseForConditionalGeneration(GPTSanJapaneseConfig(**dict(
        vocab_size=40, max_position_embeddings=24, d_model=16, d_ff=20, d_ext=12, d_spout=6, num_switch_layers=2, num_ext_layers=1, num_heads=2, num_experts=4,
        pad_token_id=0, eos_token_id=None, separator_token_id=2, initializer_factor=1.) | kw)).eval()

def test_what_may_be_marked():
    m, ids = model(), torch.tensor([[5, 6, 7, 8, 9, 10, 2]])    # six words and the separator
    marks = (ids != 2).long()
    said = m.generate(ids, token_type_ids=marks, max_new_tokens=6, do_sample=False)
    assert torch.equal(said, m.generate(ids, token_type_ids=marks, max_new_tokens=6, do_sample=False, use_cache=False))
    with torch.no_grad():
        first = m(ids, token_type_ids=marks, use_cache=True)
        cached = torch.cat((first.logits, m(said[:, 7:], past_key_values=first.past_key_values).logits), 1)
        question = m(said, token_type_ids=torch.cat((marks, torch.zeros(1, 6, dtype=torch.long)), 1)).logits
        everything = m(said, token_type_ids=torch.ones_like(said)).logits
    assert (cached - question).abs().max() < 1e-4
    assert (cached - everything).abs().max() > .1    # marked answers are seen by what was written before them, which did not know them

def test_beyond_the_dial():
    m = model()
    s = torch.randn(1, 6)
    with torch.no_grad(): sizes = [m.model.spout(f*s).norm().item() for f in (1, 3, 10, 100)]
    assert sizes[1] < 3*sizes[0] and abs(sizes[3]/sizes[2] - 1) < .2    # tanh holds the first layer's numbers within one: a share of 3 is hardly more than a share of 1
    assert abs((m.model.spout[0](100*s).norm()/m.model.spout[0](s).norm()).item() - 100) < .1    # a linear layer would grow on and on
