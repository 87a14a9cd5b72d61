"The layers of part 3 against their counterparts in the reference library."
import random
import pytest, torch
from torch import nn
from torch.nn import functional as F
from transformers import LlamaConfig, MistralConfig, PhiConfig, masking_utils as mu, cache_utils as cu
from transformers.activations import ACT2FN as REF_ACT
from transformers.models.gemma.modeling_gemma import GemmaRMSNorm
from transformers.models.llama.modeling_llama import (LlamaMLP, LlamaRMSNorm, LlamaRotaryEmbedding, apply_rotary_pos_emb,
    eager_attention_forward)
from transformers.models.phi.modeling_phi import PhiRotaryEmbedding
from transformers.models.gpt_oss.modeling_gpt_oss import eager_attention_forward as sink_attention
from transformers.models.gemma2.modeling_gemma2 import eager_attention_forward as softcap_attention
from transformers.models.cohere.modeling_cohere import CohereRotaryEmbedding, apply_rotary_pos_emb as apply_interleaved

from nbformers.attention.attend import attend, get_backend
from nbformers.attention.mask import CAUSAL, Mask, build_mask, packed_documents
from nbformers.attention.positions import apply_rope, position_ids_from_mask
from nbformers.attention.rope import RotaryEmbedding
from nbformers.attention.norms import RMSNorm, LayerNorm
from nbformers.attention.mlp import ACT2FN, GatedMLP, activations, get_activation
from nbformers.attention.cache import Cache, SlidingLayer, StaticLayer, DynamicCache, StaticCache

close = lambda a, b, tol=1e-6: torch.testing.assert_close(a, b, rtol=tol, atol=tol)
class Holder(nn.Module):
    def __init__(self, **kw):
        super().__init__()
        self.__dict__.update(kw)
        self.eval()

# ---- attention -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize('backend', ['eager', 'sdpa'])
@pytest.mark.parametrize('h,hk,t,s', [(4, 4, 7, 7), (8, 2, 7, 7), (8, 1, 1, 9), (6, 3, 3, 9)])
def test_attend(backend, h, hk, t, s):
    g = torch.Generator().manual_seed(h*t)
    q, k, v = (torch.randn(2, n, l, 16, generator=g) for n, l in ((h, t), (hk, s), (hk, s)))
    am = torch.ones(2, s, dtype=torch.long); am[0, :2] = 0
    m = build_mask(am, t=t, s=s, offset=s-t)
    ref = torch.zeros(m.shape).masked_fill(~m, torch.finfo(torch.float32).min)
    out, w = eager_attention_forward(Holder(num_key_value_groups=h//hk), q, k, v, ref, .3)
    out = out.transpose(1, 2)
    rows = m.any(-1).expand(2, h, t) # the reference averages over hidden keys where all are hidden; here that is zero
    for mask in (m, build_mask(am, t=t, s=s, offset=s-t, dtype=torch.float32)):
        o, ow = get_backend(backend)(q, k, v, mask, scale=.3, need_weights=True)
        close(o[rows], out[rows]); close(ow[rows], w[rows])
        o2 = get_backend(backend)(q, k, v, mask, scale=.3)
        close(o2, o); assert not o2[~rows].any()

def test_sink_and_softcap():
    q, k, v = torch.randn(2, 8, 5, 16), torch.randn(2, 2, 5, 16), torch.randn(2, 2, 5, 16)
    m = build_mask(None, t=5).tensor(2, 5, 5, dtype=torch.float32)
    sink = torch.randn(8)
    o, w = sink_attention(Holder(num_key_value_groups=4, sinks=sink), q, k, v, m, .25)
    a, b = attend(q, k, v, CAUSAL, sink=sink, need_weights=True)
    close(a.transpose(1, 2), o); close(b, w)
    o, w = softcap_attention(Holder(num_key_value_groups=4), q*9, k, v, m, 0., .25, softcap=5.)
    a, b = attend(q*9, k, v, CAUSAL, softcap=5., need_weights=True)
    close(a.transpose(1, 2), o); close(b, w)

# ---- masks -----------------------------------------------------------------------------------------------------
def ref_mask(kind, am, t, s, offset, start, window):
    f = dict(causal=mu.causal_mask_function, both=mu.bidirectional_mask_function)[kind]
    if window: f = mu.sliding_window_causal_mask_function(window)
    return mu.sdpa_mask(2, t, s, q_offset=offset, kv_offset=start, mask_function=f, attention_mask=am, allow_is_causal_skip=False, device='cpu')

@pytest.mark.parametrize('seed', range(40))
def test_masks(seed):
    r = random.Random(seed)
    offset, t = r.choice([0, 0, 3, 9]), r.choice([1, 1, 4, 7])
    window = r.choice([None, None, 3, 6])
    layer = SlidingLayer(window) if window and r.random() < .5 else StaticLayer(20) if r.random() < .2 else Cache().layer(0)
    if offset:
        with torch.no_grad(): layer.update(torch.zeros(2, 1, offset, 4), torch.zeros(2, 1, offset, 4))
    s, start = layer.geometry(t)
    am = None if r.random() < .3 else torch.ones(2, offset+t, dtype=torch.long)
    if am is not None and r.random() < .8:
        if r.random() < .5: am[0, :r.randint(1, offset+t-1) if offset+t > 1 else 0] = 0
        else: am[1, 2:] = 0
    want = ref_mask('causal', None if am is None else am.bool(), t, s, offset, start, window)
    for dtype in (None, torch.float32):
        m = build_mask(am, t=t, s=s, batch=2, offset=offset, start=start, window=window, dtype=dtype)
        if m is None: m = torch.ones(1, 1, t, s, dtype=torch.bool)
        elif isinstance(m, Mask): m = m.tensor(2, t, s)
        elif dtype: m = m == 0
        assert torch.equal(m.expand_as(want), want), (offset, t, s, start, window)

def test_encoder_and_packed_masks():
    am = torch.tensor([[1, 1, 1, 0], [1, 1, 1, 1]])
    want = ref_mask('both', am.bool(), 4, 4, 0, 0, None)
    assert torch.equal(build_mask(am, t=4, causal=False).expand_as(want), want)
    assert build_mask(torch.ones(2, 4), t=4, causal=False) is None
    pos = torch.tensor([[0, 1, 2, 0, 1, 0], [0, 1, 2, 3, 4, 5]])
    ids = packed_documents(pos)
    ref = mu.find_packed_sequence_indices(pos)
    assert torch.equal(ids, ref) and packed_documents(pos[1:]) is None

# ---- rotary positions ------------------------------------------------------------------------------------------
def rope_case(kind, seed):
    r = random.Random(f'{kind}{seed}')
    d = r.choice([8, 16, 64, 128])
    p = dict(rope_type=kind, rope_theta=r.choice([1e4, 5e5, 1e6, 123.]))
    partial = r.choice([1., 1., .5, .25])
    p['partial_rotary_factor'] = partial
    dim, length = int(d*partial), r.choice([32, 256, 2048])
    if kind in ('linear', 'dynamic', 'yarn', 'llama3', 'longrope'): p['factor'] = r.choice([2., 4., 8.5, 32.])
    if kind == 'proportional' and r.random() < .5: p['factor'] = 4.
    if kind in ('yarn', 'llama3', 'longrope'): p['original_max_position_embeddings'] = length//2
    if kind == 'llama3': p |= dict(low_freq_factor=r.choice([1., 2.]), high_freq_factor=r.choice([4., 8.]))
    if kind == 'longrope': p |= {k: [1 + r.random()*9 for _ in range(dim//2)] for k in ('short_factor', 'long_factor')}
    if kind in ('yarn', 'longrope') and r.random() < .4: p['attention_factor'] = r.uniform(.5, 1.5)
    if kind == 'yarn':
        if r.random() < .5: p |= dict(beta_fast=r.choice([16., 32.]), beta_slow=r.choice([1., 2.]))
        if r.random() < .4: p |= dict(mscale=r.choice([.7, 1.]), mscale_all_dim=r.choice([.5, 1.]))
        if r.random() < .4: p['truncate'] = False
        if r.random() < .2: p['factor'] = None
    if kind == 'longrope' and r.random() < .4: p['factor'] = None
    return p, d, length

@pytest.mark.parametrize('seed', range(8))
@pytest.mark.parametrize('kind', ['default', 'linear', 'dynamic', 'yarn', 'longrope', 'llama3', 'proportional'])
def test_rope(kind, seed):
    p, d, length = rope_case(kind, seed)
    cfg = LlamaConfig(hidden_size=4*d, num_attention_heads=4, head_dim=d, max_position_embeddings=length, rope_parameters=dict(p))
    if kind == 'default': # here Llama turns whole heads, Phi the given share
        cfg = PhiConfig(hidden_size=4*d, num_attention_heads=4, max_position_embeddings=length, rope_parameters=dict(p))
        ref = PhiRotaryEmbedding(cfg)
    else: ref = LlamaRotaryEmbedding(cfg)
    ours = RotaryEmbedding(p, d, length)
    close(ours.inv_freq, ref.inv_freq, 0)
    assert ours.scale == pytest.approx(ref.attention_scaling, rel=1e-12)
    q = torch.randn(2, 3, 6, d)
    for top in (5, length-1, length+7, 100_000):
        pos = torch.stack([torch.arange(top-5, top+1), torch.arange(6)])
        for dtype in (torch.float32, torch.bfloat16):
            x = q.to(dtype)
            cos, sin = map(torch.cat, zip(*(ref(x, row[None]) for row in pos)))   # it stretches a whole batch by its longest row, we each by its own
            n = cos.shape[-1]
            want, _ = apply_rotary_pos_emb(x[..., :n], x[..., :n], cos, sin)
            got = apply_rope(x, *ours(x, pos))
            assert torch.equal(got, torch.cat((want, x[..., n:]), -1)), (p, top, (got[..., :n]-want).abs().max())

def test_interleaved_rope():
    cfg = LlamaConfig(hidden_size=64, num_attention_heads=4, head_dim=16)
    q, pos = torch.randn(2, 4, 9, 16), torch.arange(9)[None]+70
    cos, sin = CohereRotaryEmbedding(cfg)(q, pos)
    ours = RotaryEmbedding(None, 16, interleaved=True)
    close(apply_rope(q, *ours(q, pos), interleaved=True), apply_interleaved(q, q, cos, sin)[0])

def test_dynamic_depends_on_its_input_only():
    p = dict(rope_type='dynamic', factor=4., rope_theta=1e4)
    r, x, pos = RotaryEmbedding(p, 16, 32), torch.zeros(1), torch.arange(40)[None]
    first = r(x, pos)
    r(x, pos+500)
    assert all(torch.equal(a, b) for a, b in zip(first, r(x, pos)))

def test_rope_survives_meta_and_casts():
    with torch.device('meta'): m = RotaryEmbedding(dict(rope_type='llama3', factor=8., low_freq_factor=1., high_freq_factor=4.), 64)
    assert m.inv_freq.is_meta
    plain = RotaryEmbedding(m.p, 64)
    m.reset_buffers('cpu')
    assert torch.equal(m.inv_freq, plain.inv_freq)
    with torch.device('meta'): m = RotaryEmbedding(plain.p, 64)
    assert torch.equal(m.to_empty(device='cpu').inv_freq, plain.inv_freq)
    assert torch.equal(m.to(torch.bfloat16).inv_freq, plain.inv_freq) and not m.state_dict()

def test_positions_from_mask():
    am = torch.tensor([[0, 0, 1, 1, 1], [1, 1, 1, 1, 1]])
    assert position_ids_from_mask(am).tolist() == [[0, 0, 0, 1, 2], [0, 1, 2, 3, 4]]
    assert position_ids_from_mask(am, 4).tolist() == [[2], [4]]

# ---- norms, activations, MLP -----------------------------------------------------------------------------------
@pytest.mark.parametrize('dtype', [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize('shape', [(1, 1, 384), (2, 7, 64), (3, 4, 5, 1024)])
def test_norms(dtype, shape):
    x = (torch.randn(shape)*5).to(dtype)
    d = shape[-1]
    w = 1 + .2*torch.randn(d)
    for ref, ours in ((LlamaRMSNorm(d, 1e-5), RMSNorm(d, 1e-5)), (GemmaRMSNorm(d, 1e-5), RMSNorm(d, 1e-5, offset=1.))):
        close(ref.weight.data.float(), ours.weight.data.float(), 0)
        ref.weight.data = ours.weight.data = (w if type(ref) is LlamaRMSNorm else w-1).to(dtype)
        a, b = ref(x), ours(x)
        assert a.dtype == b.dtype
        if dtype == torch.float32: close(a, b, 2e-6)
        else: assert torch.equal(a, b)
    ln = LayerNorm(d, 1e-5, bias=False)
    close(ln(x.float()), F.layer_norm(x.float(), (d,), ln.weight, None, 1e-5))

def test_norm_of_large_half():
    x = torch.full((1, 64), 3e4, dtype=torch.float16)
    assert torch.isfinite(RMSNorm(64, 1e-6).half()(x)).all()

@pytest.mark.parametrize('name', list(REF_ACT))
def test_activations(name):
    x = torch.linspace(-12, 12, 2001)
    f, ref = get_activation(name), REF_ACT[name]
    if isinstance(f, nn.Module) and list(f.parameters()): f.load_state_dict(ref.state_dict())
    close(f(x), ref(x), 2e-6)
    x = x.double() if name != 'xielu' else x
    assert torch.autograd.gradcheck(lambda x: f(x.double()).sum(), (x[::97].clone().double().requires_grad_(),)) if name not in ('xielu', 'prelu') else True

def test_activation_names():
    assert set(activations) == set(REF_ACT) and len(activations) == 24
    assert ACT2FN['silu'].act is F.silu and isinstance(ACT2FN['silu'], torch.nn.Module)
    with pytest.raises(KeyError, match='gelu_pytorch_tanh'): get_activation('gelo')

def test_gated_mlp():
    cfg = LlamaConfig(hidden_size=16, intermediate_size=40, num_attention_heads=2)
    ref, ours = LlamaMLP(cfg), GatedMLP(16, 40)
    ours.load_state_dict(ref.state_dict())
    x = torch.randn(2, 3, 16)
    close(ours(x), ref(x))

# ---- caches ----------------------------------------------------------------------------------------------------
def steps(seed, n=30):
    r = random.Random(seed)
    for t in [r.choice([1, 5, 17])] + [r.choice([1, 1, 1, 2, 6]) for _ in range(n)]: yield torch.randn(2, 3, t, 8), torch.randn(2, 3, t, 4)

def mistral(window, n=2): return MistralConfig(num_hidden_layers=n, sliding_window=window, hidden_size=16, num_attention_heads=2, num_key_value_heads=2)

@pytest.mark.parametrize('grad', [False, True])
@pytest.mark.parametrize('window', [None, 4, 12])
@pytest.mark.parametrize('seed', range(3))
def test_cache_contents(grad, window, seed):
    ref, ours = cu.DynamicCache(config=mistral(window)), Cache(mistral(window))
    with torch.set_grad_enabled(grad):
        for k, v in steps(seed):
            for i in range(2):
                s, start = ours.geometry(k.shape[2], i)
                assert (s, start) == tuple(int(x) for x in ref.get_mask_sizes(k.shape[2], i))
                a, b = ours.update(k, v, i), ref.update(k, v, i)
                assert torch.equal(a[0], b[0]) and torch.equal(a[1], b[1]) and a[0].shape[2] == s
            assert ours.get_seq_length() == ref.get_seq_length()
            assert torch.equal(ours.layers[0].keys, ref.layers[0].keys) and torch.equal(ours.layers[1].values, ref.layers[1].values)
    idx = torch.tensor([1, 1])
    for name, arg in (('reorder_cache', idx), ('batch_repeat_interleave', 3), ('batch_select_indices', torch.tensor([0, 4, 5]))):
        getattr(ours, name)(arg); getattr(ref, name)(arg)
        assert torch.equal(ours.layers[0].keys, ref.layers[0].keys)
    if window is None:
        ours.crop(-3); ref.crop(-3)
        assert torch.equal(ours.layers[0].keys, ref.layers[0].keys)

@pytest.mark.parametrize('seed', range(3))
def test_static_cache(seed):
    ref, ours = cu.StaticCache(config=mistral(None), max_cache_len=200), StaticCache(mistral(None), 200)
    with torch.no_grad():
        for k, v in steps(seed):
            assert ours.geometry(k.shape[2], 0) == tuple(ref.get_mask_sizes(k.shape[2], 0))
            a, b = ours.update(k, v, 0), ref.update(k, v, 0)
            assert torch.equal(a[0], b[0]) and torch.equal(a[1], b[1])
        assert ours.get_seq_length() == int(ref.get_seq_length())
        with pytest.raises(ValueError, match='200 tokens'): ours.update(torch.zeros(2, 3, 201, 8), torch.zeros(2, 3, 201, 4), 0)
