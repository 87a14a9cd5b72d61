"What `decoding_cost` says against what a step does, for architectures that differ in what they keep and read."
import inspect, warnings
import pytest, torch
import nbformers
from nbformers.attention.cache import Cache
from nbformers.generation.cost import Machine, decoding_cost, measure_machine
from torch.utils.flop_counter import FlopCounterMode
pytest.importorskip('transformers')
from parity.harness import draw

WRITERS = dict(llama='LlamaForCausalLM', gpt2='GPT2LMHeadModel', mistral='MistralForCausalLM', gemma2='Gemma2ForCausalLM', bloom='BloomForCausalLM', falcon='FalconForCausalLM', gpt_neo='GPTNeoForCausalLM',
    gpt_bigcode='GPTBigCodeForCausalLM', cohere2='Cohere2ForCausalLM', bart='BartForCausalLM', bert='BertLMHeadModel', mixtral='MixtralForCausalLM', dbrx='DbrxForCausalLM', jetmoe='JetMoeForCausalLM',
    gpt_oss='GptOssForCausalLM', deepseek_v3='DeepseekV3ForCausalLM', qwen3_moe='Qwen3MoeForCausalLM')

class Noting(Cache):
    "A cache that adds up the bytes it hands out."
    read = 0
    def update(self, k, v, i, *args):
        k, v = super().update(k, v, i, *args)
        self.read += k.nbytes+v.nbytes
        return k, v

@torch.no_grad()
@pytest.mark.parametrize('model_type', WRITERS)
def test_a_step(model_type):
    name = WRITERS[model_type]
    cls = getattr(nbformers, name)
    for cfg in draw(model_type, name)[:3]:
        torch.manual_seed(0)
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            model = cls(cls.config_class(**cfg)).eval()
        model.config.is_encoder_decoder, model.config.is_decoder = False, True
        model.set_attn_implementation('eager')
        ids, cache = torch.randint(5, 50, (2, 13)), Noting(model.config)
        model(input_ids=ids[:, :12], past_key_values=cache, use_cache=True)
        cache.read, kw = 0, dict(logits_to_keep=1) if 'logits_to_keep' in inspect.signature(cls.forward).parameters else {}
        with FlopCounterMode(display=False) as f: model(input_ids=ids[:, 12:], past_key_values=cache, use_cache=True, **kw)
        cost = decoding_cost(model, 2, 12)
        assert cost.cache == cache.read
        assert cost.flops == pytest.approx(f.get_total_flops(), rel=.02)       # experts are mixed and routed besides
        assert 0 < cost.weights <= sum(p.nbytes for p in model.parameters())

def test_bounds():
    with torch.device('meta'): model = nbformers.LlamaForCausalLM(nbformers.LlamaConfig(vocab_size=1000, hidden_size=256, intermediate_size=512, num_hidden_layers=3, num_attention_heads=4))
    one, many = decoding_cost(model, 1, 100), decoding_cost(model, 8, 100)
    assert many.cache == 8*one.cache and many.flops == 8*one.flops and many.weights == one.weights + 7*256*4
    slow, fast = Machine(1e9, 1e12), Machine(1e12, 1e6)
    assert one.seconds(slow) == one.bytes/1e9 and one.seconds(fast) == one.flops/1e6 and one.seconds(Machine(1e9)) == one.bytes/1e9
    half = decoding_cost(model.to(torch.bfloat16), 1, 100)
    assert 2*half.bytes == one.bytes and half.flops == one.flops
    whole, steps = decoding_cost(model, new=50), [decoding_cost(model, length=n) for n in range(50)]
    head = 2*1000*256
    assert whole.flops == sum(s.flops for s in steps) - 49*head                # a prompt asks the head once
    for kw in (dict(batch=0), dict(new=0), dict(length=-1)):
        with pytest.raises(ValueError, match='at least'): decoding_cost(model, **kw)
    with pytest.raises(ValueError, match='encoder-decoder'): decoding_cost(nbformers.T5ForConditionalGeneration(nbformers.T5Config(d_model=16, d_kv=8, d_ff=16, num_layers=1, num_heads=2, vocab_size=30)))

def test_this_machine():
    m = measure_machine(megabytes=8)
    assert 1e7 < m.bandwidth < 1e13 and 1e8 < m.compute < 1e16 and 'GB/s' in repr(m)
