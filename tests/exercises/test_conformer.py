"""Solutions to the exercises of nbs/04_models/audio/05_conformer.ipynb."""
import torch
from nbformers.models.conformer import ConformerAttention, ConformerConv, DistanceWaves, Wav2Vec2ConformerConfig

def test_distance_is_all():
    cfg = Wav2Vec2ConformerConfig(hidden_size=24, num_attention_heads=3)
    torch.manual_seed(0)
    attn, waves = ConformerAttention(cfg, 0, 'relative'), DistanceWaves(cfg)
    with torch.no_grad():
        attn.pos_bias_u.normal_(), attn.pos_bias_v.normal_()
        q = torch.randn(1, 3, 12, 8)
        whole, late = (attn.places(x, waves(torch.zeros(1, x.shape[2], 24)))[1] for x in (q, q[:, :, 5:]))
    assert torch.allclose(whole[..., 5:, 5:], late, atol=1e-5)

def test_parameters():
    cfg = Wav2Vec2ConformerConfig()
    cfg.hidden_size, cfg.num_attention_heads = 1024, 16
    count = lambda m: sum(p.numel() for p in m.parameters())
    conv, attn = count(ConformerConv(cfg)), count(ConformerAttention(cfg, 0, 'relative'))
    assert conv == 3*1024**2 + 31*1024 + 4*1024 and attn == 5*1024**2 + 4*1024 + 2*1024
