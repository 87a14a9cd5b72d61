"Solutions to the exercises of `nbs/04_models/seq2seq/20_t5_family.ipynb`."
import torch
from nbformers.models.t5 import T5Config
from nbformers.models.t5_family import T5Attention, T5Layer, T5Stack
from nbformers.models.t5_relatives import UMT5Config, UMT5Stack

TINY = dict(vocab_size=60, d_model=32, d_kv=6, d_ff=48, num_layers=3, num_heads=4, relative_attention_num_buckets=8, relative_attention_max_distance=16)

class Own(T5Attention):
    def has_table(self, i): return True
    def more(self, pos): return dict(bias=self.relative_attention_bias(*pos))
class OwnLayer(T5Layer): attn_cls = Own
class OwnStack(T5Stack):
    layer_cls = OwnLayer
    def positions(self, t, s, past): return t, s, past

def test_a_table_in_every_layer():
    "1"
    a, b, ids = OwnStack(UMT5Config(**TINY)).eval(), UMT5Stack(UMT5Config(**TINY)).eval(), torch.randint(1, 60, (2, 9))
    b.load_state_dict(a.state_dict())
    with torch.no_grad(): assert torch.equal(a(ids).last_hidden_state, b(ids).last_hidden_state)
    assert sum('relative_attention_bias' in n for n, _ in a.named_parameters()) == 3

def test_without_bias_order_is_lost():
    "2: the states are the same whichever way the tokens are shuffled, only shuffled along."
    torch.manual_seed(0)
    m, ids, order = T5Stack(T5Config(**TINY)).eval(), torch.randint(1, 60, (1, 9)), torch.randperm(9)
    with torch.no_grad():
        assert (m(ids).last_hidden_state[:, order] - m(ids[:, order]).last_hidden_state).abs().max() > 1e-2
        m.block[0].layer[0].SelfAttention.relative_attention_bias.weight.zero_()
        torch.testing.assert_close(m(ids).last_hidden_state[:, order], m(ids[:, order]).last_hidden_state, rtol=1e-4, atol=1e-5)
