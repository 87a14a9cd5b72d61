"Solution to the exercise of `nbs/04_models/seq2seq/24_t5gemma.ipynb`."
from nbformers.models.gemma import Gemma2Config, Gemma2Model
from nbformers.models.t5gemma import T5GemmaConfig, T5GemmaModel
from . import judged

def renamed(sd, stack):
    "Gemma 2's tensors under the names of one of the two stacks."
    return {f"{stack}.{n.replace('input_layernorm', 'pre_self_attn_layernorm').replace('post_attention_layernorm', 'post_self_attn_layernorm')}": t for n, t in sd.items()}

def test_share_of_new_parameters():
    part = dict(vocab_size=60, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, head_dim=8)
    sd, model = Gemma2Model(Gemma2Config(**part)).state_dict(), T5GemmaModel(T5GemmaConfig(encoder=part, decoder=part, vocab_size=60))
    left = model.load_state_dict(renamed(sd, 'encoder') | renamed(sd, 'decoder'), strict=False)
    assert not left.unexpected_keys and all('cross_attn' in n for n in left.missing_keys)
    new = sum(p.numel() for n, p in model.named_parameters() if n in left.missing_keys)
    assert .1 < new/model.num_parameters() < .2   # the cross-attention, and its norms

def share(cfg):
    "The cross-attention, and its norms."
    part = {k: v for k, v in cfg.encoder.to_dict().items() if k in ('vocab_size', 'hidden_size', 'intermediate_size', 'num_hidden_layers', 'num_attention_heads', 'num_key_value_heads', 'head_dim')}
    sd, model = Gemma2Model(Gemma2Config(**part)).state_dict(), T5GemmaModel(cfg)
    missing = model.load_state_dict(renamed(sd, 'encoder') | renamed(sd, 'decoder'), strict=False).missing_keys
    return sum(p.numel() for n, p in model.named_parameters() if n in missing)/model.num_parameters()

def test_share(): judged('models.t5gemma', 1, share, lambda cfg: .5)
