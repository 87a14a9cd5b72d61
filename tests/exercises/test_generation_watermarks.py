"Solutions to the exercises of `nbs/07_generate/15_watermarks.ipynb`."
import pytest, torch
from nbformers import AutoModelForCausalLM, AutoTokenizer
from nbformers.generation.loop import generate
from nbformers.generation.watermarks import WatermarkDetector, WatermarkingConfig
from . import judged

@pytest.fixture(scope='module')
def lm():
    torch.set_num_threads(1)
    tok, model = AutoTokenizer.from_pretrained('starter/lm'), AutoModelForCausalLM.from_pretrained('starter/lm')
    return tok, model, tok('And the king said', return_tensors='pt')['input_ids']

def write(lm, mark=None, rows=1, n=60, seed=0, **kw):
    _, model, prompt = lm
    torch.manual_seed(seed)
    return generate(model, prompt.repeat(rows, 1), watermarking_config=mark, **dict(do_sample=True, top_k=0) | kw, max_new_tokens=n, min_new_tokens=n)[:, prompt.shape[1]:]

def z(lm, mark, text): return torch.as_tensor(WatermarkDetector(lm[1].config, 'cpu', mark)(text, return_dict=True).z_score)

def test_an_attack(lm):
    "A replaced word spoils its own colour and its successor's, which it seeds. Of each five pairs three are left, of each two none: there the mark is lost, however long the text."
    mark = WatermarkingConfig(bias=2.5)
    text = write(lm, mark, rows=4, n=100)
    def attack(every):
        out = text.clone()
        out[:, ::every] = torch.randint(1, lm[1].config.vocab_size, out[:, ::every].shape, generator=torch.Generator().manual_seed(1))
        return float(z(lm, mark, out).mean())
    whole = float(z(lm, mark, text).mean())
    assert whole > 8
    for every in (10, 5, 3, 2): assert attack(every)/whole == pytest.approx(1-2/every, abs=.1)
    judged('generation.watermarks', 1, lambda every: 1-2/every, lambda every: 1-1/every, lambda every: 0.)

@torch.no_grad()
def gave_way(model, text, start):
    s = model(input_ids=text).logits[0].log_softmax(-1)
    return [(i, float(s[i-1].max()-s[i-1, text[0, i]])) for i in range(start, text.shape[1]) if int(s[i-1].argmax()) != text[0, i]]

def test_no_entropy_no_mark(lm):
    "Four of sixty words: the favourite gives way only where a green word is less than the bonus behind."
    _, model, prompt = lm
    P, mark = prompt.shape[1], WatermarkingConfig(bias=.5)
    text = torch.cat((prompt, write(lm, mark, do_sample=False, top_k=None)), 1)
    look, lead = mark.construct_processor(model.config.vocab_size), dict(gave_way(model, text, P))
    assert 1 <= len(lead) <= 8 and max(lead.values()) < .5 and all(text[0, i] in look.greenlist(text[0, :i]) for i in lead)
    assert z(lm, mark, text[:, P:])[0] < 3                                      # and nothing is found
    judged('generation.watermarks', 2, gave_way, lambda model, text, start: [], lambda model, text, start: [(i+1, x) for i, x in gave_way(model, text, start)])

def test_two_keys(lm):
    "The key with the larger z wrote it. Four words name it three times of four, thirty nearly always."
    keys = [WatermarkingConfig(bias=2.5, hashing_key=k) for k in (15485863, 32452843)]
    texts = [write(lm, k, rows=30, n=30, seed=3) for k in keys]
    def right(n): return float(torch.cat([z(lm, keys[i], t[:, :n]) > z(lm, keys[1-i], t[:, :n]) for i,t in enumerate(texts)]).float().mean())
    at = {n: right(n) for n in (4, 10, 30)}
    assert at[4] < .9 < at[10] and at[30] >= .98

def writer(cfg, keys, texts):
    z = torch.stack([torch.as_tensor(WatermarkDetector(cfg, 'cpu', WatermarkingConfig(bias=2.5, hashing_key=k))(texts, return_dict=True).z_score) for k in keys])
    return z.argmax(0).tolist()

def test_a_detector_of_two_keys():
    judged('generation.watermarks', 3, writer, lambda cfg, keys, texts: [0]*len(texts), lambda cfg, keys, texts: writer(cfg, keys[::-1], texts))
