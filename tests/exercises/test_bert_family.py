"""Exercise of the chapter on the BERT family: norms before each part."""
from nbformers.models.bert_family import BertLayer
from . import judged

class PreNormLayer(BertLayer):
    def forward(self, x, masks, pos=None, cache=None, need=False, cross=None):
        o = self.attention.output
        y, w = self.attention.self(o.LayerNorm(x), masks, pos, cache, need)
        x = x + o.dense(y)
        return x + self.output.dense(self.intermediate(self.output.LayerNorm(x))), w

def test_the_stream_is_free(): judged('models.bert_family', 1, PreNormLayer, BertLayer)
