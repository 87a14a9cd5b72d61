"""Exercise of the chapter on the BERT family: norms before each part."""
import torch
from nbformers.models.bert import BertConfig, BertModel
from nbformers.models.bert_family import BertLayer

class PreNormLayer(BertLayer):
    def forward(self, x, masks, pos=None, cache=None, need=False, cross=None):
        o = self.attention.output
        y, w = self.attention.self(o.LayerNorm(x), masks, pos, cache, need)
        x = x + o.dense(y)
        return x + self.output.dense(self.intermediate(self.output.LayerNorm(x))), w

class PreNorm(BertModel): layer_cls = PreNormLayer

def test_the_stream_is_free():
    cfg = BertConfig(vocab_size=50, hidden_size=16, num_hidden_layers=6, num_attention_heads=2, intermediate_size=32, initializer_range=.5)
    torch.manual_seed(0)
    ids = torch.randint(1, 50, (1, 9))
    length = lambda m: m.eval()(ids).last_hidden_state.norm(dim=-1).mean().item()
    assert abs(length(BertModel(cfg)) - 4) < .01 and length(PreNorm(cfg)) > 8
