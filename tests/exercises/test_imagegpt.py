"""Exercise of the chapter on ImageGPT: a classifier on the states of a middle layer."""
import torch
from nbformers.models.imagegpt import ImageGPTConfig, ImageGPTForImageClassification, ImageGPTModel

class Middle(ImageGPTForImageClassification):
    "Judges an image by the mean of the states after layer `layer`."
    model_cls, layer = ImageGPTModel, 1
    def forward(self, *args, **kw):
        states = self.base_model(*args, **kw, output_hidden_states=True, return_dict=True).hidden_states
        return self.score(states[self.layer].mean(1))

def test_middle():
    torch.manual_seed(0)
    cfg = ImageGPTConfig(vocab_size=20, n_embd=16, n_layer=3, n_head=2, n_positions=16, num_labels=3)
    model, ids = Middle(cfg).eval(), torch.randint(0, 20, (2, 9))
    before = model(ids)
    assert before.shape == (2, 3)
    for p in model.transformer.h[1].parameters(): torch.nn.init.zeros_(p)   # a later layer: the answer does not depend on it
    torch.testing.assert_close(model(ids), before)
