"""Solutions of the exercises in the chapter on sinks."""
import torch
from nbformers.attention.attend import attend
from nbformers.models.gpt_oss import GptOssConfig, GptOssForCausalLM

def test_a_sink_is_a_key_with_no_value():
    torch.manual_seed(0)
    q, k, v, sink = torch.randn(2, 4, 3, 8), torch.randn(2, 4, 5, 8), torch.randn(2, 4, 5, 8), torch.randn(4)
    want, w = attend(q, k, v, sink=sink, need_weights=True)
    more = torch.cat((k, torch.zeros(2, 4, 1, 8)), 2), torch.cat((v, torch.zeros(2, 4, 1, 8)), 2)
    bias = torch.zeros(1, 4, 1, 6)
    bias[0, :, 0, -1] = sink                      # a key of zeros has score 0, and the bias makes it the sink's
    got, w2 = attend(q, *more, bias=bias, need_weights=True)
    torch.testing.assert_close(got, want)
    torch.testing.assert_close(w2[..., :-1], w)

def test_renormalised_rows_change_most_where_little_was_spent():
    torch.manual_seed(0)
    cfg = GptOssConfig(vocab_size=60, hidden_size=32, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, head_dim=8, num_local_experts=4,
                       num_experts_per_tok=2, sliding_window=4, pad_token_id=0, max_position_embeddings=128)
    model = GptOssForCausalLM(cfg).eval()
    with torch.no_grad(): w = model(torch.arange(5, 15)[None], output_attentions=True).attentions[0]
    spent = w.sum(-1)
    change = (w/spent[..., None] - w).abs().sum(-1)
    torch.testing.assert_close(change, 1-spent)   # what is added is exactly what the sink had taken
    assert change.flatten().argmax() == spent.flatten().argmin()
