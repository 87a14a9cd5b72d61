"Solutions to the exercises of `nbs/07_generate/06_encoder_decoder.ipynb`."
import torch
from . import judged
FLAGS = dict(max_new_tokens=8, eos_token_id=None, num_beams=1)

def answers(model, source, beginnings):
    "One pass of the encoder serves all beginnings."
    states = model.get_encoder()(input_ids=source, return_dict=True)
    return [model.generate(encoder_outputs=states, decoder_input_ids=b, **FLAGS)[0].tolist() for b in beginnings]

def test_whose_turn_is_it():
    def anew(model, source, beginnings): return [model.generate(source, decoder_input_ids=b, **FLAGS)[0].tolist() for b in beginnings]
    judged('generation.encoder_decoder', 1, answers, anew, lambda model, source, beginnings: answers(model, source, beginnings[:1]*3))

def looked(model, source, n):
    "Somewhat: a layer that has learnt nothing still weighs unevenly, since softmax makes differences out of chance."
    out = model.generate(source, output_attentions=True, return_dict_in_generate=True, max_new_tokens=n, eos_token_id=None, num_beams=1)
    looks = torch.stack([torch.stack(step).mean((0, 2))[0, -1] for step in out.cross_attentions])    # mean over layers and heads: (written tokens, source tokens)
    assert torch.allclose(looks.sum(1), torch.ones(n)) and (looks.amax(1) > 1/source.shape[1]).all()
    return list(zip(looks.argmax(1).tolist(), looks.amax(1).tolist()))

def test_where_it_looked():
    judged('generation.encoder_decoder', 2, looked, lambda model, source, n: [(0, 1/source.shape[1])]*n, lambda model, source, n: looked(model, source, n)[::-1])
