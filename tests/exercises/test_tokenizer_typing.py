"Solutions to the exercises of 02_tokenizer/16_typing."
import html
from collections import Counter

import pytest
from nbformers.config.hub import starter_folder
from nbformers.tokenizer.files import PreTrainedTokenizerFast
from nbformers.tokenizer.widgets import _coloured, token_rows
from . import judged

@pytest.fixture(scope='module')
def lm(): return PreTrainedTokenizerFast(tokenizer_file=starter_folder('starter/lm')/'tokenizer.json')

def changed(tokenizer, text):
    def tokens(t): return Counter(r.id for r in token_rows(tokenizer, t, False))
    whole = tokens(text)
    return [(c, (whole - tokens(text[:i] + text[i+1:])).total()) for i, c in enumerate(text)]

def test_some_characters_hold_a_word_together(lm):
    judged('tokenizer.widgets', 1, changed, lambda tok, text: [(c, 1) for c in text], lambda tok, text: changed(tok, text)[1:])
    counts = [n for _, n in changed(lm, 'antidisestablishmentarianism')]
    assert min(counts) >= 1 and max(counts) > min(counts)

def side_by_side(tokenizers, text):
    rows = {n: token_rows(t, text, False) for n, t in tokenizers.items()}
    return '<table>' + ''.join(f'<tr><td>{html.escape(n)}</td><td>{len(r)}</td><td>{_coloured(text, r)}</td></tr>' for n, r in rows.items()) + '</table>'

def unescaped(tokenizers, text):
    rows = {n: token_rows(t, text, False) for n, t in tokenizers.items()}
    return '<table>' + ''.join(f'<tr><td>{n}</td><td>{len(r)}</td><td>{text}</td></tr>' for n, r in rows.items()) + '</table>'

def test_a_foreign_sentence_costs_more(lm):
    judged('tokenizer.widgets', 2, side_by_side, unescaped, lambda tokenizers, text: '<table></table>')
    count = {t: len(token_rows(lm, t, False)) for t in ('the sea and the whale are great', 'das Meer und der Wal sind sehr groß')}
    english, german = (n/len(t) for t, n in count.items())
    assert german > english
