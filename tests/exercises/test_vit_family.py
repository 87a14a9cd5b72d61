"""Solutions to the exercises of nbs/04_models/vision/02_vit_family.ipynb."""
from nbformers.models.vit import ViTModel
from nbformers.models.vit_family import ViTClassification
from . import judged

class MeanClassification(ViTClassification):
    model_cls = ViTModel
    def scores(self, out): return self.classifier(out.last_hidden_state[:, 1:].mean(1))

class FirstToken(ViTClassification): model_cls = ViTModel

def test_mean(): judged('models.vit_family', 1, MeanClassification, FirstToken)

def shuffle(x, order, p):
    b, c, h, w = x.shape
    cut = x.unfold(2, p, p).unfold(3, p, p).reshape(b, c, -1, p, p)[:, :, order]
    return cut.reshape(b, c, h//p, w//p, p, p).permute(0, 1, 2, 4, 3, 5).reshape(b, c, h, w)

def test_no_order(): judged('models.vit_family', 2, shuffle, lambda x, order, p: x, lambda x, order, p: shuffle(x, order.argsort(), p))
