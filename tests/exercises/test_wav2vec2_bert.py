"""Solutions to the exercises of nbs/04_models/audio/06_wav2vec2_bert.ipynb."""
import torch
from nbformers.models.wav2vec2_bert import CausalConv, PictureLengths, Wav2Vec2BertConfig

def test_nothing_ahead():
    torch.manual_seed(0)
    conv = CausalConv(Wav2Vec2BertConfig(hidden_size=8, conv_depthwise_kernel_size=5)).eval()
    x = torch.randn(1, 9, 8)
    y = x.clone(); y[0, 5:] = torch.randn(4, 8)
    for _ in range(24): x, y = x + conv(x), y + conv(y)
    assert torch.equal(x[0, :5], y[0, :5])   # none, however many layers; attention hears all at once

def test_fewer():
    lengths = PictureLengths(); lengths.config = Wav2Vec2BertConfig(add_adapter=True, num_adapter_layers=2)
    assert lengths._get_feat_extract_output_lengths(3000) == 750
