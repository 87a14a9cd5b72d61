"""Answers that can be known: beam search against a list of all sentences, sampling against the exact probability of each answer (20,000 draws),
and against a plain search in twenty lines; results that batch mates and padding do not change."""
import itertools, math, os, random
from functools import lru_cache
import pytest, torch
import nbformers
from nbformers.generation.prepare import prepare
from tests.seeds import SEED
DRAWS = int(os.environ.get('DRAWS', 20000))
V, EOS = 5, 4

pytestmark = pytest.mark.usefixtures('quiet')

def small(seed, vocab=V, kind='llama', **kw):
    "A model whose weights are so large that its answers are no coin tosses."
    torch.manual_seed(seed)
    if kind == 'gpt2': m = nbformers.GPT2LMHeadModel(nbformers.GPT2Config(vocab_size=vocab, n_embd=16, n_layer=2, n_head=2, n_positions=64, **(dict(bos_token_id=0, eos_token_id=vocab-1, pad_token_id=0) | kw)))
    else: m = nbformers.LlamaForCausalLM(nbformers.LlamaConfig(vocab_size=vocab, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=2, max_position_embeddings=64,
                                                             **(dict(bos_token_id=0, eos_token_id=vocab-1, pad_token_id=0) | kw)))
    with torch.no_grad():
        for p in m.parameters(): p.add_(torch.randn_like(p)*(.4 if p.ndim > 1 else .1))
    return m.eval()

def sayer(model, prompt, raw=False, **kw):
    "Scores of the word after some words, each time from the beginning; rules see logits (`raw`) when one word at a time is drawn, log-probabilities with beams."
    @lru_cache(None)
    def say(words):
        ids = torch.tensor([[*prompt, *words]])
        with torch.no_grad(): s = model(input_ids=ids, use_cache=False).logits[:, -1].float()
        if not raw: s = s.log_softmax(-1)
        if kw: s = prepare(model, torch.tensor([prompt]), dict(max_new_tokens=8, **kw)).processors(ids, s)
        return s[0].double().tolist()
    return say

# beam search ---------------------------------------------------------------------------------------------------------
def all_sentences(say, n):
    "Every answer of up to n words, with the sum of its log-probabilities."
    out, todo = [], [(0., ())]
    for total, words in todo:
        for t, p in enumerate(say(words)):
            one = (total+p, words+(t,))
            (out if t == EOS or len(words)+1 == n else todo).append(one)
    return out

FLAGS = list(itertools.product((-1., 0., .5, 1., 2.), (True, False, 'never')))

@pytest.mark.parametrize('penalty,early', FLAGS)
def test_wide_beams_find_the_best_of_all_sentences(penalty, early):
    n, k = 4, 256                                                            # 256 open sentences of four words: none has to be dropped
    for seed in range(2):
        model, prompt = small(SEED+seed), [1, 2]
        every = sorted(((s/len(w)**penalty, w) for s, w in all_sentences(sayer(model, prompt), n)), reverse=True)
        out = model.generate(torch.tensor([prompt]), num_beams=k, num_return_sequences=6, max_new_tokens=n, length_penalty=penalty, early_stopping=early, return_dict_in_generate=True, output_scores=True)
        for row, got, (want, words) in zip(out.sequences, out.sequences_scores.tolist(), every):
            assert abs(got-want) < 1e-4
            ids = row[2:].tolist()
            assert tuple(ids[:len(words)]) == words and set(ids[len(words):]) <= {EOS, 0}

def plain_search(say, k, n, penalty, early, keep):
    "Beam search as one would write it down."
    open, done = [(0., ())], []
    for t in range(1, n+1):
        lot = sorted(((total+p, words+(i,)) for total, words in open for i, p in enumerate(say(words)) if p > -math.inf), reverse=True)[:2*k]
        over = lambda words: words[-1] == EOS or t == n
        done = sorted(done + [(s/t**penalty, w) for s, w in lot[:k] if over(w)], reverse=True)[:k]
        open = [(s, w) for s, w in lot if not over(w)][:k]
        if len(done) == k and open:
            hope = open[0][0]/(n if early == 'never' and penalty > 0 else t)**penalty
            if early is True or hope <= done[-1][0]: break
        if not open: break
    return done[:keep]

@pytest.mark.parametrize('penalty,early', FLAGS)
def test_narrow_beams_equal_a_plain_search(penalty, early):
    for seed in range(6):
        rng = random.Random(SEED*100+seed)
        model, prompt = small(SEED+seed, kind=rng.choice(['llama', 'gpt2'])), [rng.randrange(1, V-1) for _ in range(rng.randint(1, 4))]
        k, n = rng.choice([2, 3, 4, 6]), rng.choice([3, 6, 10])
        rules = rng.choice([{}, {}, dict(no_repeat_ngram_size=3), dict(min_new_tokens=2), dict(repetition_penalty=1.5)])
        want = plain_search(sayer(model, prompt, **rules), k, n, penalty, early, k)
        out = model.generate(torch.tensor([prompt]), num_beams=k, num_return_sequences=k, max_new_tokens=n, length_penalty=penalty, early_stopping=early, return_dict_in_generate=True, output_scores=True, **rules)
        scores = out.sequences_scores.tolist()
        for row, got, (score, words) in zip(out.sequences, scores, want):
            assert abs(got-score) < 1e-4*max(1, abs(score)), (k, n, rules)
            if min((abs(score-s) for s, w in want if w != words), default=1) > 1e-4: assert tuple(row[len(prompt):].tolist()[:len(words)]) == words

# sampling ------------------------------------------------------------------------------------------------------------
def fits(counts, p, draws):
    "Chi-square far inside what chance does; cells too rare to count are put together."
    counts, p = torch.as_tensor(counts).double(), torch.as_tensor(p).double()
    assert abs(float(p.sum())-1) < 1e-6 and counts[p < 1e-9].sum() == 0
    rare = p*draws < 5
    e, o = torch.cat((p[~rare]*draws, (p[rare].sum()*draws)[None])), torch.cat((counts[~rare], counts[rare].sum()[None]))
    chi, df = float(((o-e)[e > 1e-6]**2/e[e > 1e-6]).sum()), int((e > 1e-6).sum())-1
    assert chi < df + 4*(2*df)**.5 + 8, (chi, df)                            # far beyond the 0.1% point

def number(rows, v=V): # a row of words as one number
    return (rows*(v**torch.arange(rows.shape[1]-1, -1, -1))).sum(1)

MIXED = [dict(top_k=0), dict(top_k=0, temperature=.6, top_p=.8), dict(top_k=4, top_p=.9, min_p=.1), dict(top_k=0, top_p=.95, typical_p=.8, temperature=1.5), dict(top_k=0, temperature=2., top_h=.8),
         dict(top_k=0, epsilon_cutoff=.1, eta_cutoff=.3, renormalize_logits=True), dict(top_k=3, temperature=3., repetition_penalty=2.), dict(top_k=0, min_p=.3, no_repeat_ngram_size=1)]

@pytest.mark.parametrize('kw', MIXED, ids=lambda k: '+'.join(f'{a}={b}' for a, b in k.items()))
def test_three_drawn_words_have_their_exact_probability(kw):
    model, n = small(SEED, 8, eos_token_id=None), 3
    model.generation_config.eos_token_id = None
    prompt = [3, 4, 3]
    say = sayer(model, prompt, raw=True, do_sample=True, **kw)
    p = torch.zeros(8**n, dtype=torch.double)
    for words in itertools.product(range(8), repeat=n):
        one = 1.
        for i in range(n): one *= float(torch.tensor(say(words[:i])).softmax(-1)[words[i]]) if one > 0 else 0.
        p[int(number(torch.tensor([words]), 8))] = one
    torch.manual_seed(SEED)
    out = model.generate(torch.tensor([prompt]), do_sample=True, num_return_sequences=DRAWS, max_new_tokens=n, **kw)[:, 3:]
    fits(torch.bincount(number(out, 8), minlength=8**n), p, DRAWS)

def drawn_orders(p, m): # (cells in the order in which they are drawn, probability), none drawn twice
    def go(rest, prob, seen):
        if len(seen) == m or rest <= 1e-12: yield seen, prob; return
        for i, x in enumerate(p):
            if i not in seen and x > 0: yield from go(rest-x, prob*x/rest, (*seen, i))
    return go(1., 1., ())

@pytest.mark.parametrize('kw', [dict(top_k=0), dict(top_k=0, temperature=2.), dict(top_k=4), dict(top_k=0, temperature=.7, length_penalty=2.)], ids=lambda k: '+'.join(f'{a}={b}' for a, b in k.items()))
def test_beam_sampling_has_its_exact_probability(kw):
    "Two beams, two words of four or five: every order in which candidates can be drawn is gone through."
    v, k = 5 if kw['top_k'] else 4, 2
    model, prompt = small(SEED+1, v), [1, 2]
    model.generation_config.eos_token_id = None
    say, soft = sayer(model, prompt, do_sample=True, num_beams=k, **kw), lambda x: torch.tensor(x, dtype=torch.double).softmax(-1).tolist()
    p, memo = torch.zeros(v**2, dtype=torch.double), {}
    first = say(())
    for order, prob in drawn_orders(soft(first), 2*k):
        beams = tuple(sorted(order, key=lambda i: -first[i])[:k])                # the best of those drawn go on
        memo[beams] = memo.get(beams, 0) + prob
    for beams, prob in memo.items():
        total = [first[b]+x for b in beams for x in say((b,))]
        for order, q in drawn_orders(soft(total), 2*k):
            best = max(order[:k], key=lambda i: total[i])                        # answers that end are taken from the first k drawn
            p[beams[best//v]*v + best % v] += prob*q
    torch.manual_seed(SEED)
    draws = DRAWS//5                                                         # of a batch; DRAWS=100000 for 20,000
    out = model.generate(torch.tensor([prompt]).repeat(draws, 1), do_sample=True, num_beams=k, max_new_tokens=2, **kw)[:, 2:]
    fits(torch.bincount(number(out, v), minlength=v**2), p, draws)

# company -------------------------------------------------------------------------------------------------------------
WAYS = dict(greedy={}, beams=dict(num_beams=3), many=dict(num_beams=4, num_return_sequences=3, length_penalty=.5, early_stopping='never'), early=dict(num_beams=3, early_stopping=True),
    groups=dict(num_beams=4, num_beam_groups=2, diversity_penalty=.7), words=dict(num_beams=4, force_words_ids=[[5, 6]]), contrast=dict(penalty_alpha=.5, top_k=3), dola=dict(dola_layers='low'),
    static=dict(cache_implementation='static'), quantized=dict(cache_implementation='quantized'), offloaded=dict(cache_implementation='offloaded'), uncached=dict(use_cache=False), chunks=dict(prefill_chunk_size=2))
RULES = [{}, dict(repetition_penalty=1.6), dict(no_repeat_ngram_size=2), dict(encoder_repetition_penalty=1.5), dict(bad_words_ids=[[7], [3, 8]], min_new_tokens=3), dict(encoder_no_repeat_ngram_size=2),
         dict(sequence_bias=[[[5], 1.], [[3, 9], 4.]]), dict(exponential_decay_length_penalty=(2, 1.3)), dict(forced_eos_token_id=19, suppress_tokens=[4, 5]), dict(begin_suppress_tokens=[3, 4])]

@pytest.mark.parametrize('way', WAYS)
def test_batch_mates_and_padding_change_nothing(way):
    for seed in range(5):
        rng = random.Random(f'{SEED}{way}{seed}')
        model = small(rng.randrange(9), 20, rng.choice(['llama', 'gpt2']))
        lengths = [rng.randint(1, 9) for _ in range(rng.randint(2, 5))]
        rows, kw = [[rng.randrange(1, 19) for _ in range(n)] for n in lengths], dict(max_new_tokens=rng.choice([2, 7, 12]), **WAYS[way])
        rule = rng.choice(RULES)
        kw |= rule
        t, width, n = max(lengths), max(lengths)+rng.randint(0, 4), kw.get('num_return_sequences', 1)
        for left in (True, False):
            pad = lambda r, fill: [fill]*(width-len(r)) + r if left else r + [fill]*(width-len(r))
            ids, mask = torch.tensor([pad(r, rng.randrange(20)) for r in rows]), torch.tensor([pad([1]*len(r), 0) for r in rows])
            both = model.generate(ids, attention_mask=mask, **kw)
            for i, r in enumerate(rows):
                alone = model.generate(torch.tensor([r]), attention_mask=torch.ones(1, len(r), dtype=torch.long), **kw)
                for a, b in zip(alone[:, len(r):].tolist(), both[i*n:(i+1)*n, width:].tolist()):
                    end = next((j+1 for j, x in enumerate(a) if x == 19), len(a))
                    assert a[:end] == b[:end], (way, seed, left, rule)
