"Solutions to the exercises of part 6."
import math, random

import torch

from nbformers import pipeline
from nbformers.pipelines.base import Pipeline, length_batches, windows
from nbformers.pipelines.pt_utils import KeyDataset
from . import judged

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
    judged('pipelines.base', 1, padded_work, lambda lengths, window: max(lengths)*len(lengths)/sum(lengths), lambda lengths, window: padded_work(lengths, 16))

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
    class Nameless(Numbered):
        def preprocess(self, text):
            if not text: raise ValueError('an input is empty')
            return {'n': torch.tensor([len(text)])}
    judged('pipelines.base', 2, Numbered, Nameless, len)

def test_temperature_calibrates():
    from nbformers.trainer.reviews import movie_reviews
    pipe = pipeline('text-classification', model='starter/sentiment')
    rows = movie_reviews(n_train=8, n_test=200)['test']
    index = pipe.model.config.label2id
    z = torch.stack([torch.tensor([next(r['score'] for r in out if r['label'] == name) for name in sorted(index, key=index.get)])
                     for out in pipe([r['text'] for r in rows], top_k=None, function_to_apply='none', truncation=True)])
    y = torch.tensor([r['label'] for r in rows])
    loss = lambda t: float(torch.nn.functional.cross_entropy(z/t, y))
    T = temperature(z, y)
    assert loss(T) <= loss(1.)+1e-6 and .2 < T < 10
    judged('pipelines.text_classification', 1, temperature, lambda z, y: 1., lambda z, y: float(z.std()))

def temperature(z, y):
    "The one with the least cross-entropy, by its gradient."
    logT = torch.zeros(1, requires_grad=True)
    fit = torch.optim.LBFGS([logT], max_iter=100, tolerance_grad=1e-9, tolerance_change=1e-12, line_search_fn='strong_wolfe')
    def loss():
        fit.zero_grad()
        l = torch.nn.functional.cross_entropy(z/logT.exp(), y)
        l.backward()
        return l
    fit.step(loss)
    return float(logT.exp())

def search(question, texts, features):
    v = torch.cat([f.mean(1) for f in features([question, *texts], return_tensors=True)])
    v = torch.nn.functional.normalize(v, dim=-1)
    return sorted(texts, key=lambda t: -float(v[0] @ v[1+texts.index(t)]))

def test_search():
    features = pipeline('feature-extraction', model='starter/minilm')
    texts = ['The stock exchange fell sharply.', 'A recipe for onion soup.', 'The kitten slept on the warm sill.']
    assert search('What did the cat do?', texts, features)[0] == texts[2]
    judged('pipelines.feature_extraction', 1, lambda q, t: search(q, t, features), lambda q, t: sorted(t), lambda q, t: search(q, t, features)[::-1], lambda q, t: search(q, t, features)[:1])

def score(fill, text):
    "A pseudo-log-likelihood: each token hidden in turn."
    words = text.split()
    return sum(math.log(fill(' '.join([*words[:i], '[MASK]', *words[i+1:]]), targets=[w])[0]['score']) for i, w in enumerate(words))

def test_pseudo_log_likelihood():
    def product(fill, text): return math.exp(score(fill, text))
    def all_hidden(fill, text): return math.log(fill(' '.join('[MASK]' for _ in text.split()), targets=['C'])[0]['score'])
    judged('pipelines.fill_mask', 1, score, product, all_hidden)

def test_anagrams():
    pipe = pipeline('sentiment-analysis', model='starter/sentiment')
    class Anagram(type(pipe)):
        def preprocess(self, text, **kw): return super().preprocess(' '.join(''.join(sorted(w)) for w in text.split()), **kw)
    scrambled = Anagram(pipe.model, pipe.tokenizer)
    class Sorted(type(pipe)):
        def preprocess(self, text, **kw): return super().preprocess(''.join(sorted(text)), **kw)
    judged('pipelines.factory', 1, Anagram, type(pipe), Sorted)
    assert pipe('a wonderful film')[0]['score'] > scrambled('a wonderful film')[0]['score'] or scrambled('a wonderful film')[0]['label'] == 'NEGATIVE'

class Joined(KeyDataset):
    "Two columns with a separator between."
    def __init__(self, dataset, *keys, sep=' — '): self.dataset, self.keys, self.sep = dataset, keys, sep
    def __getitem__(self, i): return self.sep.join(self.dataset[i][k] for k in self.keys)

def test_joined_view():
    rows = [{'title': 'Bliss', 'text': 'A joy.'}, {'title': 'Bleak', 'text': 'A bore.'}]
    class First(KeyDataset):
        def __init__(self, dataset, *keys, sep=' — '): super().__init__(dataset, keys[0])
    judged('pipelines.pt_utils', 1, Joined, First)
    assert Joined(rows, 'title', 'text')[0] == 'Bliss — A joy.'

def sentences(write, prompt, n):
    texts = [r['generated_text'] for r in write(prompt, stop_sequence='.', max_new_tokens=80, num_return_sequences=n, do_sample=True)]
    return [(t, len(t.split())) for t in texts]

def test_first_sentence():
    def unstopped(write, prompt, n): return [(t := r['generated_text'], len(t.split())) for r in write(prompt, max_new_tokens=80, num_return_sequences=n, do_sample=True)]
    judged('pipelines.text_generation', 1, sentences, unstopped, lambda write, prompt, n: [(t, len(t)) for t, _ in sentences(write, prompt, n)])

def inside_words(text, e):
    "Whether an entity starts or ends in the middle of a word."
    inside = lambda i: 0 < i < len(text) and text[i-1].isalnum() and text[i].isalnum()
    return inside(e['start']) or inside(e['end'])

def to_bio(label):
    "A BIOES label in BIO."
    return {'S': 'B', 'E': 'I'}.get(label[:1], label[:1]) + label[1:] if label[:2] in ('S-', 'E-') else label

def test_strict_entities_and_bioes():
    from nbformers.pipelines.token_classification import merge_tags
    story = 'Captain Ahab sailed'
    assert inside_words(story, dict(start=0, end=10))
    judged('pipelines.token_classification', 1, lambda text, found: [e for e in found if not inside_words(text, e)], lambda text, found: found, lambda text, found: [])
    judged('pipelines.token_classification', 2, to_bio, lambda l: l, lambda l: l.replace('S', 'B').replace('E', 'I'))
    assert [list(g) for g in merge_tags([to_bio(l) for l in ('S-PER', 'B-PER', 'I-PER', 'E-PER', 'O')])] == [[0], [1, 2, 3], [4]]

def test_sums_of_logits_order_spans_as_products_do():
    from nbformers.pipelines.question_answering import best_spans, end_points, span_matrix
    torch.manual_seed(0)
    yes = torch.ones(8).bool()
    s, e = torch.randn(8), torch.randn(8)
    product = best_spans(span_matrix(end_points(s, yes), end_points(e, yes), 4), 26, yes)
    total = {(i, j): float(s[i]+e[j]) for i in range(8) for j in range(i, min(i+4, 8))}
    assert [(i, j) for i, j, _ in product] == sorted(total, key=total.get, reverse=True)[:len(product)]
    judged('pipelines.question_answering', 1, (False, True), (True, True), (False, False))      # each stretch has a sum of its own under its softmax

def test_band_of_the_answer():
    from nbformers.pipelines.question_answering import best_spans, span_matrix
    yes = torch.ones(5).bool()
    s, e = torch.tensor([0., .9, .1, 0, 0]), torch.tensor([0., .1, .9, 0, 0])
    scores = [best_spans(span_matrix(s, e, n), 1, yes)[0][2] for n in range(1, 6)]
    assert scores[0] < scores[1] and len(set(scores[1:])) == 1      # once it fits, the band does not matter
    def by_length(s, e): return [float(span_matrix(s, e, n).max()) for n in range(1, 11)]
    judged('pipelines.question_answering', 2, by_length, lambda s, e: by_length(e, s), lambda s, e: [float(s.max()*e.max())]*10)

class NearestLabel(torch.nn.Module):
    "Entailment of a label is how many of its words the text has."
    def __init__(self, tok):
        super().__init__()
        from types import SimpleNamespace
        self.one, self.config = torch.nn.Parameter(torch.ones(1)), SimpleNamespace(label2id={'contradiction': 0, 'entailment': 1}, id2label={})
    def forward(self, input_ids, attention_mask, token_type_ids):
        z = torch.tensor([[0., float(len(set(r[t == 0].tolist()) & set(r[t == 1].tolist()) - {0, 101, 102}))] for r, t in zip(input_ids, token_type_ids)])
        return {'logits': z}

def zero_shot():
    from nbformers import AutoTokenizer, ZeroShotClassificationPipeline
    tok = AutoTokenizer.from_pretrained('starter/minilm')
    return ZeroShotClassificationPipeline(NearestLabel(tok), tok, device='cpu')

def averaged(pipe, text, labels, templates):
    rows = [dict(zip(r['labels'], r['scores'])) for r in (pipe(text, labels, hypothesis_template=t) for t in templates)]
    return {l: sum(r[l] for r in rows)/len(rows) for l in labels}

def test_mean_over_templates():
    mean = averaged(zero_shot(), 'the sea is an example of this text', ['sea', 'land'], ('This example is {}.', 'This text is about {}.', '{}'))
    assert mean['sea'] > mean['land'] and abs(sum(mean.values())-1) < 1e-6
    def unsorted(pipe, text, labels, templates): return dict(zip(labels, [sum(c)/len(c) for c in zip(*(pipe(text, labels, hypothesis_template=t)['scores'] for t in templates))]))
    judged('pipelines.zero_shot_classification', 1, averaged, unsorted, lambda pipe, text, labels, templates: averaged(pipe, text, labels, templates[:1]))

def corrected(pipe, text, labels):
    prior, read = (dict(zip(r['labels'], r['scores'])) for r in (pipe('N/A', labels), pipe(text, labels)))
    return dict(zip(labels, torch.tensor([math.log(read[l]/prior[l]) for l in labels]).softmax(-1).tolist()))

def test_favourites_before_anything_was_read():
    pipe, labels = zero_shot(), ['n', 'land']
    prior = pipe('N/A', labels)
    assert prior['labels'][0] == 'n'                                # a favourite of the template
    assert corrected(pipe, 'the land, N', labels)['land'] > .5
    judged('pipelines.zero_shot_classification', 2, corrected, lambda pipe, text, labels: (r := pipe(text, labels)) and dict(zip(r['labels'], r['scores'])))

def test_a_reversing_phrase_book():
    from nbformers.pipelines.text2text_generation import Text2TextGenerationPipeline
    class ReversalPipeline(Text2TextGenerationPipeline): name = 'reversed'
    judged('pipelines.text2text_generation', 1, ReversalPipeline, Text2TextGenerationPipeline)

def compute(answer):
    "What a table's answer asks for."
    numbers = [float(c) for c in answer['cells']] if answer['aggregator'] in ('SUM', 'AVERAGE') else answer['cells']
    return {'SUM': lambda: sum(numbers), 'AVERAGE': lambda: sum(numbers)/len(numbers), 'COUNT': lambda: len(numbers), 'NONE': lambda: ', '.join(numbers)}[answer['aggregator']]()

def test_compute():
    def summed(answer): return sum(map(float, answer['cells'])) if answer['aggregator'] != 'NONE' else ', '.join(answer['cells'])
    judged('pipelines.table_question_answering', 1, compute, summed)
