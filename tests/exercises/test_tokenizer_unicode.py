"Solutions to the exercises of 02_tokenizer/04_unicode."
import unicodedata

from nbformers.tokenizer.unicode import AlignedText, char_rows, normal_form

JOINER = '\u200d'

def letters(text):
    out = []
    for c in text:
        stays = unicodedata.category(c)[0] == 'M' or c == JOINER or '\U0001f3fb' <= c <= '\U0001f3ff'
        flag = lambda s: all('\U0001f1e6' <= x <= '\U0001f1ff' for x in s)
        if out and (stays or out[-1].endswith(JOINER) or (flag(c) and len(out[-1]) == 1 and flag(out[-1]))): out[-1] += c
        else: out.append(c)
    return out

def test_letters_are_what_a_reader_counts():
    assert letters('ne\u0301') == ['n', 'e\u0301']
    assert letters('👨‍👩‍👧!') == ['👨‍👩‍👧', '!']
    assert letters('👍🏽👍') == ['👍🏽', '👍']
    assert letters('🇫🇷🇩🇪') == ['🇫🇷', '🇩🇪']
    assert letters('हिन्दी')[0] == 'हि' and letters('') == []

def longest_parts(n): return sorted(map(chr, range(0x30000)), key=lambda c: -len(normal_form(c, 'NFKC')))[:n]

def test_one_character_says_a_whole_sentence():
    first, second = longest_parts(2)
    assert first == 'ﷺ' and len(normal_form(first, 'NFKC')) == 18
    assert 'SALLALLAHOU ALAYHE WASALLAM' in char_rows(first)[0][-1]        # blessings upon him
    assert len(normal_form(second, 'NFKC')) < 18

def plain(text): return AlignedText(text).normalize('NFKD').filter(lambda c: unicodedata.category(c) != 'Mn').map(str.lower)

def find(text, word):
    clean, word, at, out = plain(text), plain(word).text, 0, []
    while (at := clean.text.find(word, at)) >= 0:
        out.append(clean.origin(at, at + len(word))); at += len(word)
    return out

def test_a_word_is_found_however_it_is_spelt():
    text = 'CAFÉ, cafe\u0301s, ｃａｆé and a coﬀee'
    assert [text[a:b] for a, b in find(text, 'Cafe')] == ['CAFÉ', 'cafe', 'ｃａｆé']
    assert [text[a:b] for a, b in find(text, 'coffee')] == ['coﬀee']
    assert find(text, 'tea') == []
