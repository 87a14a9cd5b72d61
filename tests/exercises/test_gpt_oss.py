"""Solutions of the exercises in the chapter on sinks."""
import torch
from nbformers.models.gpt_oss import GptOssConfig, GptOssForCausalLM
from . import judged

def extra_key(k, v, sink):
    "A key of zeros has score 0, and the bias makes it the sink's."
    b, h, s, d = k.shape
    bias = torch.zeros(1, h, 1, s+1)
    bias[0, :, 0, -1] = sink
    return torch.cat((k, torch.zeros(b, h, 1, d)), 2), torch.cat((v, torch.zeros(b, h, 1, d)), 2), bias

def no_score(k, v, sink):
    k, v, bias = extra_key(k, v, sink)
    return k, v, 0*bias

def test_a_sink_is_a_key_with_no_value(): judged('models.gpt_oss', 1, extra_key, no_score)

def change(w): return (w/w.sum(-1, keepdim=True) - w).abs().sum(-1)

def test_renormalised_rows_change_most_where_little_was_spent():
    judged('models.gpt_oss', 2, change, lambda w: w.sum(-1))
    torch.manual_seed(0)
    cfg = GptOssConfig(vocab_size=60, hidden_size=32, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, head_dim=8, num_local_experts=4,
                       num_experts_per_tok=2, sliding_window=4, pad_token_id=0, max_position_embeddings=128)
    model = GptOssForCausalLM(cfg).eval()
    with torch.no_grad(): w = model(torch.arange(5, 15)[None], output_attentions=True).attentions[0]
    assert change(w).flatten().argmax() == w.sum(-1).flatten().argmin()   # what is added is exactly what the sink had taken
