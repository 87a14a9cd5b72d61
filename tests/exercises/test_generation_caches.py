"Solutions to the exercises of `nbs/07_generate/20_small_caches.ipynb`."
import pytest, torch
from nbformers import AutoModelForCausalLM
from nbformers.attention.cache import Cache
from nbformers.generation.loop import generate
from nbformers.generation.small_caches import QuantizedLayer, quantize
from . import judged

@pytest.fixture(scope='module')
def lm():
    torch.set_num_threads(1)
    model = AutoModelForCausalLM.from_pretrained('starter/lm')
    torch.manual_seed(0)
    text = generate(model, torch.randint(1, 4096, (6, 4)), max_new_tokens=100, do_sample=True, top_k=0, eos_token_id=None)
    with torch.no_grad(): return model, text, model(input_ids=text).logits.log_softmax(-1)

@torch.no_grad()
def harm(lm, make):
    "Nats between what the model says with exact keys and values and with those of `make`, per token."
    model, text, exact = lm
    cache = Cache(layers=[make() for _ in range(model.config.num_hidden_layers)])
    rough = torch.cat([model(input_ids=x, past_key_values=cache, use_cache=True).logits for x in text.split(8, 1)], 1).log_softmax(-1)
    return float((exact.exp()*(exact-rough)).sum(-1).mean())

def test_where_do_the_bits_go():
    "Two float32 numbers a group: 64 bits, shared by its members. With 16 members a four-bit number takes eight."
    for group,bits in ((16, 8.), (64, 5.), (256, 4.25)):
        x = torch.randn(4, 1024)
        assert sum(t.nbytes for t in quantize(x, 4, group)[:3])*8/x.numel() == bits == 4+64/group
    judged('generation.small_caches', 1, [4+64/g for g in (16, 64, 256)], [4, 4, 4], [6., 4.5, 4.125])

class Half(QuantizedLayer):
    "Rounds only some of what it holds: `rough` names keys, values or both, `sink` the tokens at the beginning that stay exact."
    def __init__(self, nbits=2, q_group_size=32, residual_length=8, rough='both', sink=0): self.rough, self.sink = rough, sink; super().__init__(nbits, q_group_size, residual_length)
    def open(self, packed, key): return packed if isinstance(packed, torch.Tensor) else super().open(packed, key)
    def close(self):
        k, v, first = self._k, self._v, []
        if self.sink and not self.pieces:
            first, k, v = [(self.sink, k[:, :, :self.sink], v[:, :, :self.sink])], k[:, :, self.sink:], v[:, :, self.sink:]
            self._k, self._v = k, v
        super().close()
        n, small_k, small_v = self.pieces.pop()
        self.pieces += first + [(n, k if self.rough == 'values' else small_k, v if self.rough == 'keys' else small_v)]

def test_keys_or_values(lm):
    "Rounded along the text, each channel with its own grids, keys stand it better than values do. Rounded within a token, where wide and narrow channels share a grid, they do not."
    class Within(Half):
        def open(self, packed, key): return super().open(packed, False)
        def close(self):
            self.pieces.append((self._k.shape[2], quantize(self._k.contiguous(), self.nbits, self.group), self._v))
            self._k = self._v = None
    keys, values, both = (harm(lm, lambda: Half(rough=what)) for what in ('keys', 'values', 'both'))
    assert keys < values < both and harm(lm, lambda: Within(2)) > 2*keys
    judged('generation.small_caches', 2, 'keys', 'values', 'both')

class Sink(Half):
    def __init__(self, *args): super().__init__(*args, sink=4)

class Exact(QuantizedLayer):
    def close(self): pass

@torch.no_grad()
def test_an_exact_beginning(lm):
    "By a twentieth or so: this model has not learnt to lean on its first tokens, it gives them hardly more than their share."
    model, text, _ = lm
    plain, sink = (harm(lm, lambda: Half(sink=n)) for n in (0, 4))
    assert .8*plain < sink < plain
    seen = [float(a[:, :, 20:, :4].sum(-1).mean()) for a in model(input_ids=text, output_attentions=True).attentions]
    assert max(seen) < .1
    judged('generation.small_caches', 3, Sink, QuantizedLayer, Exact)
