"Solutions of the exercises in nbs/07_generate/18_healing.ipynb."
import random
from nbformers.generation import healing
from nbformers.generation.loop import generate
from . import judged

TEXT = ('And it came to pass in those days, that there went out a decree from the king, that all the children of the land should come into the wilderness before the Lord, '
        'and the people went up every man to his own city, and the captain spoke unto them with a great voice')

def finishes(model, tok, words, i, letters, heals):
    cut = ' '.join(words[:i]) + ' ' + words[i][:letters]
    kw = dict(token_healing=True, tokenizer=tok) if heals else {}
    out = tok.decode(generate(model, **tok(cut, return_tensors='pt'), max_new_tokens=4, do_sample=False, eos_token_id=None, **kw)[0])
    return (out.split(' ') + [''])[i].strip('.,;:') == words[i].strip('.,;:')

def test_how_often_does_it_matter(lm):
    "Of words that were cut, several times as many are finished as the text finished them."
    tok, model = lm
    rng, words, right = random.Random(0), TEXT.split(' '), {True: 0, False: 0}
    for i in [i for i, w in enumerate(words) if i > 2 and len(w) > 3]:
        n = rng.randint(1, len(words[i])-1)
        for heals in right: right[heals] += finishes(model, tok, words, i, n, heals)
    assert right[True] > 2*right[False] > 0 or right[True] > 5 > right[False]
    judged('generation.healing', 1, finishes, lambda model, tok, words, i, letters, heals: finishes(model, tok, words, i, letters, False), lambda *a: True)

def test_the_price_of_the_bonus(lm, monkeypatch):
    "The larger the bonus, the fewer complete words become others."
    tok, model = lm
    words = TEXT.split(' ')
    def changed(model, tok, prompts):
        ids = [tok(p, return_tensors='pt')['input_ids'] for p in prompts]
        return sum(generate(model, x, max_new_tokens=1, do_sample=False, token_healing=True, tokenizer=tok)[0, :-1].tolist() != x[0].tolist() for x in ids)
    def by(bonus):
        monkeypatch.setattr(healing, 'BONUS', bonus)
        return changed(model, tok, [' '.join(words[:i]) for i in range(3, len(words))])
    at = [by(b) for b in (-3., 0., 1., 4.)]
    assert at == sorted(at, reverse=True) and at[0] > at[-1]
    judged('generation.healing', 2, changed, lambda model, tok, prompts: 0, lambda model, tok, prompts: len(prompts)-changed(model, tok, prompts))
