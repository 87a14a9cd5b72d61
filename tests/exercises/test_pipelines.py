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
    found = [dict(start=0, end=10), dict(start=8, end=12), dict(start=13, end=19)]
    assert [inside_words(story, e) for e in found] == [True, False, False]
    assert [list(g) for g in merge_tags([to_bio(l) for l in ('S-PER', 'B-PER', 'I-PER', 'E-PER', 'O')])] == [[0], [1, 2, 3], [4]]

def test_sums_of_logits_order_spans_as_products_do():
    from nbformers.pipelines.question_answering import best_spans, end_points, span_matrix
    torch.manual_seed(0)
    yes = torch.ones(8).bool()
    s, e = torch.randn(8), torch.randn(8)
    product = best_spans(span_matrix(end_points(s, yes), end_points(e, yes), 4), 26, yes)
    total = {(i, j): float(s[i]+e[j]) for i in range(8) for j in range(i, min(i+4, 8))}
    assert [(i, j) for i, j, _ in product] == sorted(total, key=total.get, reverse=True)[:len(product)]

def test_band_of_the_answer():
    from nbformers.pipelines.question_answering import best_spans, span_matrix
    yes = torch.ones(5).bool()
    s, e = torch.tensor([0., .9, .1, 0, 0]), torch.tensor([0., .1, .9, 0, 0])
    scores = [best_spans(span_matrix(s, e, n), 1, yes)[0][2] for n in range(1, 6)]
    assert scores[0] < scores[1] and len(set(scores[1:])) == 1      # once it fits, the band does not matter

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

def test_mean_over_templates():
    pipe, labels = zero_shot(), ['sea', 'land']
    rows = [dict(zip(r['labels'], r['scores'])) for r in (pipe('the sea is an example of this text', labels, hypothesis_template=t) for t in ('This example is {}.', 'This text is about {}.', '{}'))]
    mean = {l: sum(r[l] for r in rows)/3 for l in labels}
    assert mean['sea'] > mean['land'] and abs(sum(mean.values())-1) < 1e-6

def test_favourites_before_anything_was_read():
    pipe, labels = zero_shot(), ['n', 'land']
    prior, read = (dict(zip(r['labels'], torch.tensor(r['scores']).log().tolist())) for r in (pipe('N/A', labels), pipe('the land, N', labels)))
    assert prior['n'] > prior['land']                               # a favourite of the template
    assert read['land']-prior['land'] > read['n']-prior['n']

def test_a_reversing_phrase_book():
    from nbformers.pipelines.text2text_generation import Text2TextGenerationPipeline
    class ReversalPipeline(Text2TextGenerationPipeline): name = 'reversed'
    from types import SimpleNamespace
    from nbformers import AutoTokenizer
    tok = AutoTokenizer.from_pretrained('starter/minilm')
    class Book(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.one = torch.nn.Parameter(torch.ones(1))
            self.config, self.generation_config = SimpleNamespace(is_encoder_decoder=True, task_specific_params={'reverse': {'prefix': 'reverse: '}}), SimpleNamespace(to_diff_dict=dict)
        def can_generate(self): return True
        def generate(self, input_ids, attention_mask=None, **kw): return torch.stack([torch.cat([r[:1], r[3:-1].flip(0)]) for r in input_ids])
    assert ReversalPipeline(Book(), tok, task='reverse', device='cpu')('one two three') == [{'reversed_text': 'three two one'}]

def compute(answer):
    "What a table's answer asks for."
    numbers = [float(c) for c in answer['cells']] if answer['aggregator'] in ('SUM', 'AVERAGE') else answer['cells']
    return {'SUM': lambda: sum(numbers), 'AVERAGE': lambda: sum(numbers)/len(numbers), 'COUNT': lambda: len(numbers), 'NONE': lambda: ', '.join(numbers)}[answer['aggregator']]()

def test_compute():
    assert [compute(dict(aggregator=a, cells=['2', '4'])) for a in ('SUM', 'AVERAGE', 'COUNT', 'NONE')] == [6, 3, 2, '2, 4']
