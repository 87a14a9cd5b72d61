"Solutions to the exercises of part 6."
import random

import pytest, torch

from nbformers import pipeline
from nbformers.pipelines.base import Pipeline, length_batches, windows
from nbformers.pipelines.pt_utils import KeyDataset

torch.set_grad_enabled(True)

def padded_work(lengths, window, size=8):
    "Padded tokens over real tokens when batches of `size` are cut from sorted windows."
    work = 0
    for w in windows(lengths, first=window, most=window):
        for group in length_batches(w, size=size): work += len(group)*max(w[i] for i in group)
    return work/sum(lengths)

def test_window_size():
    rng = random.Random(0)
    lengths = [max(3, int(rng.lognormvariate(3, .7))) for _ in range(1024)]
    waste = [padded_work(lengths, w) for w in (8, 16, 32, 64, 128, 256, 512)]
    assert all(a >= b for a, b in zip(waste, waste[1:]))
    assert waste[0]-waste[3] > 4*(waste[3]-waste[-1])   # most of the gain is there by 64

class Numbered(Pipeline):
    "Refuses an empty string and says where in the stream it stood."
    uses, seen = (), -1
    def _sanitize_parameters(self): return {}, {}, {}
    def preprocess(self, text):
        self.seen += 1
        if not text: raise ValueError(f'input {self.seen} is empty')
        return {'n': torch.tensor([len(text)])}
    def _forward(self, x): return x
    def postprocess(self, out): return int(out['n'][0])

def test_position_of_an_empty_string():
    assert Numbered(None)(['a', 'bb', 'ccc']) == [1, 2, 3]
    with pytest.raises(ValueError, match='input 5 is empty'): Numbered(None)(['a']*5 + [''] + ['b'])

def test_temperature_calibrates():
    from nbformers.trainer.reviews import movie_reviews
    pipe = pipeline('text-classification', model='starter/sentiment')
    rows = movie_reviews(n_train=8, n_test=200)['test']
    index = pipe.model.config.label2id
    z = torch.stack([torch.tensor([next(r['score'] for r in out if r['label'] == name) for name in sorted(index, key=index.get)])
                     for out in pipe([r['text'] for r in rows], top_k=None, function_to_apply='none', truncation=True)])
    y = torch.tensor([r['label'] for r in rows])
    logT = torch.zeros(1, requires_grad=True)
    fit = torch.optim.LBFGS([logT], max_iter=50)
    def loss():
        fit.zero_grad()
        l = torch.nn.functional.cross_entropy(z/logT.exp(), y)
        l.backward()
        return l
    before = float(loss().detach())
    fit.step(loss)
    assert float(loss().detach()) <= before+1e-6 and .2 < float(logT.exp()) < 10

def search(question, texts, features):
    v = torch.cat([f.mean(1) for f in features([question, *texts], return_tensors=True)])
    v = torch.nn.functional.normalize(v, dim=-1)
    return sorted(texts, key=lambda t: -float(v[0] @ v[1+texts.index(t)]))

def test_search():
    features = pipeline('feature-extraction', model='starter/minilm')
    texts = ['The stock exchange fell sharply.', 'A recipe for onion soup.', 'The kitten slept on the warm sill.']
    assert search('What did the cat do?', texts, features)[0] == texts[2]
    assert search('How do I cook dinner?', texts, features)[0] == texts[1]

def test_anagrams():
    pipe = pipeline('sentiment-analysis', model='starter/sentiment')
    class Anagram(type(pipe)):
        def preprocess(self, text, **kw): return super().preprocess(' '.join(''.join(sorted(w)) for w in text.split()), **kw)
    scrambled = Anagram(pipe.model, pipe.tokenizer)
    assert pipe('a wonderful film')[0]['score'] > scrambled('a wonderful film')[0]['score'] or scrambled('a wonderful film')[0]['label'] == 'NEGATIVE'

class Joined(KeyDataset):
    "Two columns with a separator between."
    def __init__(self, dataset, *keys, sep=' — '): self.dataset, self.keys, self.sep = dataset, keys, sep
    def __getitem__(self, i): return self.sep.join(self.dataset[i][k] for k in self.keys)

def test_joined_view():
    rows = [{'title': 'Bliss', 'text': 'A joy.'}, {'title': 'Bleak', 'text': 'A bore.'}]
    assert Joined(rows, 'title', 'text')[1] == 'Bleak — A bore.'
    pipe = pipeline('sentiment-analysis', model='starter/sentiment')
    assert [r['label'] for r in pipe(Joined(rows, 'title', 'text'))] == ['POSITIVE', 'NEGATIVE']

def test_first_sentence():
    write = pipeline('text-generation', model='starter/lm')
    torch.manual_seed(0)
    out = write('The king', stop_sequence='.', max_new_tokens=80)[0]['generated_text']
    assert out.count('.') <= 1 and (out.rstrip().endswith('.') or len(write.tokenizer(out)['input_ids']) >= 80)
