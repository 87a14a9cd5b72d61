"Solutions to the exercises of `nbs/04_models/audio/21_speech_encoder_decoder.ipynb`."
import torch
from nbformers import BertConfig, SpeechEncoderDecoderConfig, SpeechEncoderDecoderModel, Wav2Vec2Config

def pair():
    torch.manual_seed(0)
    hears = Wav2Vec2Config(hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=48, conv_dim=(16,)*4, conv_stride=(8, 4, 4, 2), conv_kernel=(10, 6, 4, 2), num_conv_pos_embeddings=8,
        num_conv_pos_embedding_groups=2, feat_extract_norm='layer', do_stable_layer_norm=True, initializer_range=.2)
    writes = BertConfig(vocab_size=50, hidden_size=24, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32, initializer_range=.3)
    return SpeechEncoderDecoderModel(SpeechEncoderDecoderConfig.from_encoder_decoder_configs(hears, writes, pad_token_id=0, decoder_start_token_id=1, eos_token_id=2)).eval()

def states(n, kernels=(10, 6, 4, 2), strides=(8, 4, 4, 2)):
    for k, s in zip(kernels, strides): n = (n - k)//s + 1
    return n

def test_half_a_second():
    m, n = pair(), 8000
    with torch.no_grad(): assert m.encoder(torch.randn(1, n))[0].shape[1] == states(n) == 31
    shortest = next(n for n in range(10, 1000) if states(n) >= 1)
    assert shortest == 274 and states(shortest-1) < 1

def test_without_the_mask():
    "The long sound has no padding, so nothing changes for it; the short one hears silence, and looks at it."
    m = pair()
    x, keep = torch.randn(2, 4000), torch.ones(2, 4000, dtype=torch.long)
    x[1, 2000:] = 0.
    keep[1, 2000:] = 0
    ids = torch.tensor([[1, 7, 9]]*2)
    with torch.no_grad(): a, b = m(x, keep, ids).logits, m(x, None, ids).logits
    assert torch.allclose(a[0], b[0], atol=1e-5) and not torch.allclose(a[1], b[1], atol=1e-3)
