"Solutions to the exercises of 02_tokenizer/16_typing."
import html
from collections import Counter

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from nbformers.config.hub import starter_folder
from nbformers.tokenizer.files import PreTrainedTokenizerFast
from nbformers.tokenizer.widgets import _coloured, token_rows

@pytest.fixture(scope='module')
def lm(): return PreTrainedTokenizerFast(tokenizer_file=starter_folder('starter/lm')/'tokenizer.json')

def changed(tokenizer, text):
    def tokens(t): return Counter(r.id for r in token_rows(tokenizer, t, False))
    whole = tokens(text)
    return [(c, (whole - tokens(text[:i] + text[i+1:])).total()) for i, c in enumerate(text)]

def test_some_characters_hold_a_word_together(lm):
    word = 'antidisestablishmentarianism'
    found = changed(lm, word)
    assert ''.join(c for c, _ in found) == word and all(n >= 1 for _, n in found)
    assert max(n for _, n in found) > min(n for _, n in found)

def side_by_side(tokenizers, text):
    rows = {n: token_rows(t, text, False) for n, t in tokenizers.items()}
    return '<table>' + ''.join(f'<tr><td>{html.escape(n)}</td><td>{len(r)}</td><td>{_coloured(text, r)}</td></tr>' for n, r in rows.items()) + '</table>'

def test_a_foreign_sentence_costs_more(lm):
    words = Tokenizer(models.WordLevel({'?': 0}, unk_token='?')); words.pre_tokenizer = pre_tokenizers.Whitespace()
    both = {'lm': lm, 'words': PreTrainedTokenizerFast(tokenizer_object=words)}
    english, german = 'the sea and the whale are great', 'das Meer und der Wal sind sehr groß'
    count = {t: len(token_rows(lm, t, False)) for t in (english, german)}
    assert count[german]/len(german) > count[english]/len(english)
    shown = side_by_side(both, german)
    assert shown.count('<tr>') == 2 and f'<td>{count[german]}</td>' in shown and 'groß'[:2] in shown
