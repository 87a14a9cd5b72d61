"""Exercise of nbs/04_models/vision/21_resnet.ipynb."""
from nbformers.models.resnet import ResNetConfig, ResNetForImageClassification
from . import judged

def test_bottleneck_is_smaller():
    "A quarter of 16 and of 24 channels in the middle: fewer than half of the weights. (Trained as in the chapter it stays above nine in ten.)"
    sizes = dict(num_channels=1, embedding_size=12, hidden_sizes=[16, 24], depths=(1, 1), num_labels=2)
    thick, thin = (ResNetForImageClassification(ResNetConfig(layer_type=t, **sizes)).num_parameters() for t in ('basic', 'bottleneck'))
    judged('models.resnet', 1, (thin, .93), (thick, .93), (thin, .5))
    assert thin < thick/2
