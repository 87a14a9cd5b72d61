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
    gpt_oss='GptOssForCausalLM', deepseek_v3='DeepseekV3ForCausalLM', qwen3_moe='Qwen3MoeForCausalLM', t5='T5ForConditionalGeneration', mbart='MBartForConditionalGeneration', t5gemma='T5GemmaForConditionalGeneration',
    **{'nllb-moe': 'NllbMoeForConditionalGeneration', 'switch_transformers': 'SwitchTransformersForConditionalGeneration'})

@pytest.fixture
def read(monkeypatch):
    "Bytes of keys and values that caches hand out."
    read, update, get = [], Cache.update, Cache.__getitem__
    def note(kv): read.append(sum(x.nbytes for x in kv)); return kv
    monkeypatch.setattr(Cache, 'update', lambda self, *args: note(update(self, *args)))
    monkeypatch.setattr(Cache, '__getitem__', lambda self, i: note(get(self, i)))
    return read

@torch.no_grad()
@pytest.mark.parametrize('model_type', WRITERS)
def test_a_step(model_type, read):
    name = WRITERS[model_type]
    cls = getattr(nbformers, name)
    inputs = inspect.signature(cls.forward).parameters
    both, ids = 'decoder_input_ids' in inputs, torch.randint(5, 30, (2, 13), generator=torch.Generator().manual_seed(0))
    for cfg in draw(model_type, name)[:3]:
        torch.manual_seed(0)
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            model = cls(cls.config_class(**cfg)).eval()
        if not both: model.config.is_encoder_decoder, model.config.is_decoder = False, True
        model.set_attn_implementation('eager')
        start = dict(input_ids=ids[:, :9], decoder_input_ids=ids[:, :12]) if both else dict(input_ids=ids[:, :12])
        out = model(**start, use_cache=True, return_dict=True)
        kw = dict(encoder_outputs=(out.encoder_last_hidden_state,), decoder_input_ids=ids[:, 12:]) if both else dict(input_ids=ids[:, 12:])
        read.clear()
        with FlopCounterMode(display=False) as f: model(**kw, past_key_values=out.past_key_values, use_cache=True)
        cost = decoding_cost(model, 2, 12, source=9 if both else 0)
        assert cost.cache == sum(read)
        assert cost.flops == pytest.approx(f.get_total_flops(), rel=.03)       # experts are mixed, norms may be products
        assert 0 < cost.weights < sum(p.nbytes for p in model.parameters()) + 1

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

def test_an_encoder_is_done():
    t5 = nbformers.T5ForConditionalGeneration(nbformers.T5Config(d_model=16, d_kv=8, d_ff=16, num_layers=2, num_decoder_layers=1, num_heads=2, vocab_size=30))
    long, short = (decoding_cost(t5, 1, 3, source=n) for n in (50, 10))
    assert long.weights == short.weights < sum(p.nbytes for p in t5.decoder.parameters()) + 1 and long.cache-short.cache == 40*2*16*4

def test_this_machine():
    m = measure_machine(megabytes=8)
    assert 1e7 < m.bandwidth < 1e13 and 1e8 < m.compute < 1e16 and 'GB/s' in repr(m)
