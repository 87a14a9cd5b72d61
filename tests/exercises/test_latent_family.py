"""Solutions of the exercises in the chapter on latent attention."""
import pytest, torch
from nbformers.attention.rope import RotaryEmbedding
from nbformers.models.latent_family import LatentAttention, LatentConfig

def products(s, t, h=128, r=512, dn=128, dr=64, dv=128):
    return s*r*h*(dn+dv) + t*s*h*(dn+dr+dv), t*h*r*(dn+dv) + t*s*h*(2*r+dr)

def test_break_even():
    "s·r(dn+dv) = t·(r(dn+dv) + s(2r-dn-dv)): both ways cost the same at this t."
    s, r, dn, dv = 4096, 512, 128, 128
    t = s*r*(dn+dv)/(r*(dn+dv) + s*(2*r-dn-dv))
    assert 163 < t < 164
    a, b = zip(*(products(s, n) for n in (163, 164)))
    assert a[0] > b[0] and a[1] < b[1]
    attn = LatentAttention(LatentConfig(hidden_size=64, num_attention_heads=2, kv_lora_rank=r, q_lora_rank=None, qk_nope_head_dim=dn, v_head_dim=dv), 0)
    assert attn.few(163, s) and not attn.few(164, s)

def test_turning_everything_breaks_absorption():
    "A rotation between query and up-projection cannot be carried down: unpacked keys turn, absorbed ones cannot."
    torch.manual_seed(0)
    cfg = LatentConfig(hidden_size=32, num_attention_heads=4, kv_lora_rank=10, q_lora_rank=None, qk_nope_head_dim=4, qk_rope_head_dim=4, v_head_dim=6)
    attn, x = LatentAttention(cfg, 0).eval(), torch.randn(1, 9, 32)
    pos = RotaryEmbedding(cfg.rope_parameters, 4, 64)(x, torch.arange(9)[None])
    with torch.no_grad():
        (q, qr), (c, kr) = attn.query(x), attn.latent(x)
        qr, kr = attn.rotate(qr, kr, pos)
        q, _ = attn.rotate(q, q, pos)
        absorbed = attn.absorbed(q, qr, c, kr, None, True)[1]
        k, v = attn.kv_b_proj(c[:, 0]).view(1, 9, 4, 10).transpose(1, 2).split((4, 6), -1)
        k, _ = attn.rotate(k, k, pos)
        unpacked = attn.weigh(torch.cat((q, qr), -1), torch.cat((k, kr.expand(-1, 4, -1, -1)), -1), v, None, True)[1]
    assert (absorbed-unpacked).abs().max() > .01
