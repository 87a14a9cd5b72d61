"""Mixtures of experts: decoding at batch 1 beside each of the ways in which the reference computes experts on a CPU, and reading a prompt.

    python bench/moe.py [--quick]          # or through bench/bench.py moe"""
import tempfile, sys
from pathlib import Path
import torch

sys.path.insert(0, str(Path(__file__).parent))
from bench import alternate, bandwidth, report

# Mixtral's proportions, smaller: width 1 to 3.5 inside an expert, eight experts of which two are used, four query heads to a key head
SHAPES = {
    'mixtral-1M': dict(vocab_size=512, hidden_size=64, intermediate_size=224, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=1),
    'mixtral-24M': dict(vocab_size=2048, hidden_size=256, intermediate_size=896, num_hidden_layers=4, num_attention_heads=8, num_key_value_heads=2),
    'mixtral-360M': dict(vocab_size=8192, hidden_size=768, intermediate_size=2688, num_hidden_layers=7, num_attention_heads=12, num_key_value_heads=3),
}

def models(name, folder):
    "The same random weights in both libraries, ours first."
    import nbformers, transformers
    to = Path(folder)/name
    if not to.exists():
        torch.manual_seed(0)
        m = transformers.AutoModelForCausalLM.from_config(transformers.MixtralConfig(**SHAPES[name], bos_token_id=0, eos_token_id=None))
        m.generation_config.eos_token_id = None
        m.save_pretrained(to)
    return tuple(lib.AutoModelForCausalLM.from_pretrained(to).eval() for lib in (nbformers, transformers))

def moe_decode(n, folder):
    "Greedy decoding of 32 tokens at batch 1 against 'eager', the default and 'batched_mm'; then one prompt of 256 tokens."
    limit = bandwidth()
    for name in SHAPES:
        ours, theirs = models(name, folder)
        ids, tokens = torch.arange(1, 17)[None], 32
        def of(model):
            with torch.inference_mode(): return model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=tokens, do_sample=False, pad_token_id=0)
        default = theirs.config._experts_implementation
        used = sum(p.nbytes for k, p in ours.named_parameters() if 'experts' not in k and 'embed' not in k) + sum(p.nbytes for k, p in ours.named_parameters() if 'experts' in k)//4
        for way in dict.fromkeys(('eager', default, 'batched_mm')):
            theirs.set_experts_implementation(way)
            assert torch.equal(of(ours), of(theirs)), f'{name}: greedy tokens differ'
            a, b = alternate(lambda: of(ours), lambda: of(theirs), n)
            report(f'decode {name}, {way}', tokens/a, tokens/b, 'tokens/s', more_is_better=True, note=f'reads {used*tokens/a/1e9:.1f} of {limit:.1f} GB/s' + (', its default' if way == default else ''))
        text = torch.arange(1, 257)[None]
        def read(model):
            with torch.inference_mode(): return model(text).logits
        for way in dict.fromkeys(('eager', default)):
            theirs.set_experts_implementation(way)
            assert (read(ours)-read(theirs)).abs().max() < 1e-3*read(theirs).abs().max(), f'{name}: logits differ'
            report(f'read 256, {name}, {way}', *(1e3*t for t in alternate(lambda: read(ours), lambda: read(theirs), n)), 'ms')

if __name__ == '__main__':
    with tempfile.TemporaryDirectory() as folder: moe_decode(3 if '--quick' in sys.argv else 7, folder)
