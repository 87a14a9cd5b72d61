"Solutions of the exercises in nbs/07_generate/18_healing.ipynb."
import random
from nbformers.generation import healing
from nbformers.generation.loop import generate

TEXT = ('And it came to pass in those days, that there went out a decree from the king, that all the children of the land should come into the wilderness before the Lord, '
        'and the people went up every man to his own city, and the captain spoke unto them with a great voice')

def test_how_often_does_it_matter(lm):
    "Of words that were cut, several times as many are finished as the text finished them."
    tok, model = lm
    rng, words, right = random.Random(0), TEXT.split(' '), {True: 0, False: 0}
    for i in [i for i, w in enumerate(words) if i > 2 and len(w) > 3]:
        cut = ' '.join(words[:i]) + ' ' + words[i][:rng.randint(1, len(words[i])-1)]
        for heals in right:
            kw = dict(token_healing=True, tokenizer=tok) if heals else {}
            out = tok.decode(generate(model, **tok(cut, return_tensors='pt'), max_new_tokens=4, do_sample=False, eos_token_id=None, **kw)[0])
            right[heals] += (out.split(' ') + [''])[i].strip('.,;:') == words[i].strip('.,;:')
    assert right[True] > 2*right[False] > 0 or right[True] > 5 > right[False]

def test_the_price_of_the_bonus(lm, monkeypatch):
    "The larger the bonus, the fewer complete words become others."
    tok, model = lm
    words = TEXT.split(' ')
    def changed(bonus):
        monkeypatch.setattr(healing, 'BONUS', bonus)
        ids = [tok(' '.join(words[:i]), return_tensors='pt')['input_ids'] for i in range(3, len(words))]
        return sum(generate(model, x, max_new_tokens=1, do_sample=False, token_healing=True, tokenizer=tok)[0, :-1].tolist() != x[0].tolist() for x in ids)
    assert changed(0.) >= changed(1.) >= changed(4.) and changed(-3.) > changed(4.)
