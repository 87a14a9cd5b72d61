"Solutions to the exercises of `nbs/07_generate/06_encoder_decoder.ipynb`."
import pytest, torch
from nbformers import BartConfig, BartForConditionalGeneration

@pytest.fixture(scope='module')
def model():
    torch.manual_seed(0)
    bart = BartForConditionalGeneration(BartConfig(vocab_size=60, d_model=32, encoder_layers=2, decoder_layers=2, encoder_attention_heads=4, decoder_attention_heads=4, encoder_ffn_dim=64, decoder_ffn_dim=64,
        max_position_embeddings=64, forced_eos_token_id=None)).eval()
    for p in bart.parameters(): p.data.add_(.5*torch.randn(p.shape))
    return bart
SOURCE = torch.tensor([[0, 17, 42, 23, 8, 31, 2]])
FLAGS = dict(max_new_tokens=8, eos_token_id=None, num_beams=1)

def test_whose_turn_is_it(model):
    "One pass of the encoder serves all beginnings."
    passes = []
    hook = model.get_encoder().register_forward_hook(lambda *a: passes.append(1))
    states = model.get_encoder()(input_ids=SOURCE, return_dict=True)
    answers = {b: model.generate(encoder_outputs=states, decoder_input_ids=torch.tensor([[2, b]]), **FLAGS)[0].tolist() for b in range(5, 15)}
    assert len(passes) == 1
    hook.remove()
    for b in (5, 14): assert answers[b] == model.generate(SOURCE, decoder_input_ids=torch.tensor([[2, b]]), **FLAGS)[0].tolist()
    assert all(a[:2] == [2, b] for b,a in answers.items())

def test_where_it_looked(model):
    "Somewhat: a layer that has learnt nothing still weighs unevenly, since softmax makes differences out of chance."
    out = model.generate(SOURCE, output_attentions=True, return_dict_in_generate=True, **FLAGS)
    looks = torch.stack([torch.stack(step).mean((0, 2))[0, -1] for step in out.cross_attentions])    # mean over layers and heads: (written tokens, source tokens)
    assert looks.shape == (8, SOURCE.shape[1]) and torch.allclose(looks.sum(1), torch.ones(8))
    most, where = looks.max(1)
    chance = 1/SOURCE.shape[1]
    assert (most > chance).all() and where.max() < SOURCE.shape[1]
