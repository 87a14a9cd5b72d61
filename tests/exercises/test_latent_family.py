"""Solutions of the exercises in the chapter on latent attention."""
import torch
from . import judged

def products(s, t, h=128, r=512, dn=128, dr=64, dv=128):
    return s*r*h*(dn+dv) + t*s*h*(dn+dr+dv), t*h*r*(dn+dv) + t*s*h*(2*r+dr)

def test_break_even():
    "s·r(dn+dv) = t·(r(dn+dv) + s(2r-dn-dv)): both ways cost the same at this t."
    s, r, dn, dv = 4096, 512, 128, 128
    t = s*r*(dn+dv)/(r*(dn+dv) + s*(2*r-dn-dv))
    judged('models.latent_family', 1, t, t-1, s)
    a, b = zip(*(products(s, n) for n in (163, 164)))
    assert a[0] > b[0] and a[1] < b[1]

def turned(attn, x, pos):
    "A rotation between query and up-projection cannot be carried down: unpacked keys turn, absorbed ones cannot."
    (q, qr), (c, kr) = attn.query(x), attn.latent(x)
    h, dn, t = q.shape[1], q.shape[-1], x.shape[1]
    qr, kr = attn.rotate(qr, kr, pos)
    q, _ = attn.rotate(q, q, pos)
    k, v = attn.kv_b_proj(c[:, 0]).view(1, t, h, -1).transpose(1, 2).split((dn, 6), -1)
    k, _ = attn.rotate(k, k, pos)
    return (attn.absorbed(q, qr, c, kr, None, True)[1],
            attn.weigh(torch.cat((q, qr), -1), torch.cat((k, kr.expand(-1, h, -1, -1)), -1), v, None, True)[1])

def straight(attn, x, pos):
    (q, qr), (c, kr) = attn.query(x), attn.latent(x)
    w = attn.absorbed(q, *[attn.rotate(qr, kr, pos)[0], c, attn.rotate(qr, kr, pos)[1]], None, True)[1]
    return w, w

def test_turning_everything_breaks_absorption(): judged('models.latent_family', 2, turned, straight, lambda *a: turned(*a)[::-1])
