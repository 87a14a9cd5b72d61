"""Exercise of the chapter on ImageGPT: a classifier on the states of a middle layer."""
from nbformers.models.imagegpt import ImageGPTForImageClassification, ImageGPTModel
from . import judged

class Middle(ImageGPTForImageClassification):
    "Judges an image by the mean of the states after layer `layer`."
    model_cls, layer = ImageGPTModel, 1
    def forward(self, *args, **kw):
        states = self.base_model(*args, **kw, output_hidden_states=True, return_dict=True).hidden_states
        return self.score(states[self.layer].mean(1))

class Last(Middle): layer = 3

class Token(Middle):
    def forward(self, *args, **kw): return self.score(self.base_model(*args, **kw, output_hidden_states=True, return_dict=True).hidden_states[self.layer][:, -1])

def test_middle(): judged('models.imagegpt', 1, Middle, Last, Token)
