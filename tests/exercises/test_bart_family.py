"""Exercise of the chapter on the BART family: how often each layer runs while 30 tokens are written."""
import torch
from nbformers.models.bart import BartConfig, BartForConditionalGeneration

def passes(enc, dec):
    cfg = BartConfig(vocab_size=40, d_model=16, encoder_layers=enc, decoder_layers=dec, encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=16, decoder_ffn_dim=16,
                     max_position_embeddings=64, forced_eos_token_id=None)
    torch.manual_seed(0)
    m, count = BartForConditionalGeneration(cfg).eval(), dict(encoder=0, decoder=0)
    for side in count:
        for l in getattr(m.model, side).layers: l.register_forward_hook(lambda *_, side=side: count.update({side: count[side]+1}))
    m.generate(torch.randint(3, 40, (1, 30)), max_new_tokens=30, min_new_tokens=30, do_sample=False)
    return count

def test_layers_move():
    even, deep = passes(12, 12), passes(18, 6)
    assert even == dict(encoder=12, decoder=12*30) and deep == dict(encoder=18, decoder=6*30)
    saved = 1 - sum(deep.values())/sum(even.values())
    assert .4 < saved < .5   # nearly half, though the model has as many layers as before
