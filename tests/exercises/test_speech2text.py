"""Solutions to the exercises of nbs/04_models/audio/20_speech2text.ipynb."""
import torch
from nbformers.models.speech2text import Speech2TextConfig, Speech2TextEncoder, WindowLengths

def test_states():
    lengths = WindowLengths(); lengths.config = Speech2TextConfig()
    n = lengths._get_feat_extract_output_lengths(1000 - 2)   # windows of 25 ms, 10 ms apart
    assert n == 250
    assert (1500/n)**2 == 36   # scores of one head that Whisper computes for each of these

def test_places():
    cfg = Speech2TextConfig(d_model=16, encoder_layers=1, encoder_attention_heads=2, encoder_ffn_dim=16, conv_channels=8, input_feat_per_channel=4, pad_token_id=0)
    encoder = Speech2TextEncoder(cfg).eval()
    assert torch.equal(encoder.place(torch.zeros(1, 6, 16), torch.zeros(1, 6, dtype=torch.long), 0), torch.zeros(1, 6, 16))   # the row of the padding token, which is zero
