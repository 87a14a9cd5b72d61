"Checked solutions of the exercises of the chapters behind the scripts (29 to 33)."
import contextlib, copy, tempfile
import pytest, torch
from torch import nn
from . import judged

# 29 stems
def test_stems_know_no_meaning():
    from nbformers.trainer.stems import stem
    for a, b in (('universal', 'university'), ('generally', 'generous'), ('news', 'new')): assert (stem(a) == stem(b)) == (a != 'news')   # news is looked up
    assert len({stem(w) for w in ('go', 'went', 'gone')}) == 3
    one, three = ('universal', 'university', 'universe'), ('go', 'went', 'gone')
    judged('trainer.stems', 1, (one, three), (three, one), (one, ('walk', 'walks', 'walking')), (('news', 'new', 'newly'), three))

def test_stems_raise_scores_of_the_unrelated():
    from nbformers.trainer.scores import rouge
    a, b = 'he is walking while talking and hoping', 'the banks were walked past, talked about and hoped for'
    assert rouge([a], [b], use_stemmer=True)['rouge1'] > rouge([a], [b])['rouge1'] + 20    # a word a stem: three more in common
    judged('trainer.stems', 2, (a, b), (a, a), ('the sea is cold', 'his ship was lost'))

# 30 scores
def chrf(prediction, reference, n=6, beta=2):
    from collections import Counter
    grams = lambda t, k: Counter(t[i:i+k] for i in range(len(t)-k+1))
    a, b = (''.join(t.split()) for t in (prediction, reference))
    ps, rs = [], []
    for k in range(1, n+1):
        x, y = grams(a, k), grams(b, k)
        if not x or not y: continue
        same = (x & y).total()
        ps.append(same/x.total()); rs.append(same/y.total())
    p, r = sum(ps)/len(ps), sum(rs)/len(rs)
    return 100*(1+beta**2)*p*r/(beta**2*p+r) if p and r else 0.

def test_chrf():
    assert chrf('the cat', 'the cat') == pytest.approx(100) and chrf('xyz', 'abc') == 0
    assert chrf('the cats', 'the cat') > chrf('the dog', 'the cat')            # a wrong ending costs little
    assert chrf('the', 'the cat') < chrf('the cat', 'the')                     # recall counts more than precision
    judged('trainer.scores', 1, chrf, lambda a, b: chrf(a, b, beta=1), lambda a, b: chrf(a, b, n=2), lambda a, b: chrf(b, a))

def test_words_without_neighbours():
    from nbformers.trainer.scores import bleu, rouge
    a, b = 'a b c d e f', 'b a d c f e'
    assert rouge([a], [b])['rouge1'] == 100 and bleu([a], [b])['precisions'][0] == 100
    counts = {tuple(a.split()[i:i+2]) for i in range(5)} & {tuple(b.split()[i:i+2]) for i in range(5)}
    assert not counts                                                          # no pair in common: unsmoothed BLEU is 0
    judged('trainer.scores', 2, (a, b), (a, a), (a, 'g h i j k l'), ('a b', 'b a'))

# 31 scripts
def describe(parts):
    return {k: (len(v), {c: (type(v[0][c]).__name__, max(len(t) for t in v[c]) if isinstance(v[0][c], str) else None) for c in v.column_names}) for k, v in parts.items()}

def test_describe(tmp_path):
    from nbformers.trainer.scripts import DataArguments, read_data
    (tmp_path/'a.csv').write_text('text,label\nsea,1\nocean,0\n')
    assert describe(read_data(DataArguments(train_file=str(tmp_path/'a.csv')))) == dict(train=(2, dict(text=('str', 5), label=('int', None))))
    judged('trainer.scripts', 1, describe, lambda parts: {k: (len(v), {c: ('str', None) for c in v.column_names}) for k, v in parts.items()}, lambda parts: {k: (1, d) for k, (_, d) in describe(parts).items()})

def read_files(pattern):
    import glob
    from datasets import concatenate_datasets
    from nbformers.trainer.scripts import read_file
    return concatenate_datasets([read_file(f) for f in sorted(glob.glob(str(pattern)))])

def test_read_files(tmp_path):
    for i in range(3): (tmp_path/f'{i}.jsonl').write_text('{"text": "%d"}\n' % i)
    assert read_files(tmp_path/'*.jsonl')['text'][:] == ['0', '1', '2']
    judged('trainer.scripts', 2, read_files, lambda pattern: read_files(pattern.replace('*', 'a')))

# 32 the loop
class Toy(nn.Module):
    def __init__(self): super().__init__(); self.net = nn.Linear(4, 3)
    def forward(self, x, labels=None): return dict(loss=nn.functional.cross_entropy(self.net(x), labels))

X = torch.randn(24, 4, generator=torch.Generator().manual_seed(0))
DATA = [dict(x=x, labels=-100 if i % 5 else int(x[0] > 0)) for i, x in enumerate(X)]

def loop_of(model, **kw):
    from nbformers.trainer.bare import Loop, LoopArguments
    return Loop(model, DATA, torch.utils.data.default_collate, LoopArguments(**dict(output_dir=tempfile.mkdtemp(), learning_rate=.1, seed=1, use_cpu=True, max_grad_norm=0.) | kw))

def gradient(share_of, **kw):
    torch.manual_seed(0); model = Toy(); loop = loop_of(model, **kw)
    update = next(iter(loop.updates(0)))
    for batch, share in update: loop.backward(model(**batch)['loss']*share_of(share, update))
    return model.net.weight.grad

def test_wrong_way_is_wrong():
    whole = gradient(lambda s, u: s, per_device_train_batch_size=8)
    right = gradient(lambda s, u: s, per_device_train_batch_size=4, gradient_accumulation_steps=2)
    wrong = gradient(lambda s, u: 1/len(u), per_device_train_batch_size=4, gradient_accumulation_steps=2)
    assert torch.allclose(whole, right, atol=1e-6) and (whole-wrong).abs().max() > 1e-3
    def off(make, batch=4):
        def grad(share, *sizes):
            loop = make(*sizes)
            for b, s in next(iter(loop.updates(0))): loop.backward(loop.model(**b)['loss']*(share or s))
            return loop.plain.net.weight.grad
        whole = grad(None, 8, 1)
        return [(grad(share, batch, 2)-whole).abs().max() for share in (None, 1/2)]
    judged('trainer.bare', 1, off, lambda make: off(make)[::-1], lambda make: (0., 1.), lambda make: off(make, 2))

def fit_ema(loop, decay):
    model, mean = loop.plain, copy.deepcopy(loop.plain)
    for epoch in loop.epochs():
        for update in loop.updates(epoch):
            for batch, share in update: loop.backward(model(**batch)['loss']*share)
            loop.step()
            with torch.no_grad():
                for w, p in zip(mean.parameters(), model.parameters()): w.mul_(decay).add_(p, alpha=1-decay)
    return mean

def test_average_of_weights():
    torch.manual_seed(0); a = Toy(); start = copy.deepcopy(a)
    b = copy.deepcopy(a)
    train = lambda model, decay: fit_ema(loop_of(model, per_device_train_batch_size=8, num_train_epochs=2), decay)
    assert torch.equal(train(a, 0.).net.weight, a.net.weight)                # no memory: the newest weights
    assert torch.equal(train(b, 1.).net.weight, start.net.weight)              # nothing but memory: the first ones
    judged('trainer.bare', 2, fit_ema, lambda loop, decay: fit_ema(loop, 1-decay), lambda loop, decay: copy.deepcopy(loop.plain), lambda loop, decay: (fit_ema(loop, decay), loop.plain)[1])

# 33 recipes
def lost(rows, tokens_per_row, size, batch=1000):
    drop = lambda n: n*tokens_per_row % size
    full, rest = divmod(rows, batch)
    return (full*drop(batch)+drop(rest))/(rows*tokens_per_row)

def test_lost_tokens():
    from nbformers.trainer.recipes import joined_blocks
    assert lost(500_000, 20, 1024) == pytest.approx(.0272)                     # 20,000 tokens make 19 blocks and 544 left over
    kept = sum(len(b) for i in range(0, 50, 10) for b in joined_blocks(dict(input_ids=[[1]*7]*10), 16)['input_ids'])
    assert lost(50, 7, 16, 10) == pytest.approx(1-kept/350)
    judged('trainer.recipes', 1, lost, lambda rows, per, size, batch: lost(rows, per, size, rows), lambda rows, per, size, batch: batch*per % size/(batch*per))

def strided_blocks(ids, size, stride):
    out, seen = [], 0
    for at in range(0, len(ids), stride):
        block = ids[at:at+size]
        out.append(dict(input_ids=block, labels=[-100 if at+i < seen else t for i, t in enumerate(block)]))
        seen = at+len(block)
        if seen == len(ids): break
    return out

def test_strided_blocks():
    blocks = strided_blocks(list(range(20)), 8, 5)
    assert [i for b in blocks for i in b['labels'] if i != -100] == list(range(20))
    assert all(len(b['input_ids']) == 8 for b in blocks[:-1]) and blocks[1]['input_ids'][:3] == blocks[0]['input_ids'][5:]
    twice = lambda ids, size, stride: [dict(b, labels=b['input_ids']) for b in strided_blocks(ids, size, stride)]
    judged('trainer.recipes', 2, strided_blocks, twice, lambda ids, size, stride: strided_blocks(ids, size, size))
