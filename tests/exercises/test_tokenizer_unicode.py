"Solutions to the exercises of 02_tokenizer/04_unicode."
import unicodedata

from nbformers.tokenizer.unicode import AlignedText, char_rows, normal_form
from . import judged

JOINER = '\u200d'

def letters(text):
    out = []
    for c in text:
        stays = unicodedata.category(c)[0] == 'M' or c == JOINER or '\U0001f3fb' <= c <= '\U0001f3ff'
        flag = lambda s: all('\U0001f1e6' <= x <= '\U0001f1ff' for x in s)
        if out and (stays or out[-1].endswith(JOINER) or (flag(c) and len(out[-1]) == 1 and flag(out[-1]))): out[-1] += c
        else: out.append(c)
    return out

def test_letters_are_what_a_reader_counts(): judged('tokenizer.unicode', 1, letters, list, lambda text: letters(unicodedata.normalize('NFC', text)))

def longest_parts(n): return sorted(map(chr, range(0x30000)), key=lambda c: -len(normal_form(c, 'NFKC')))[:n]

def test_one_character_says_a_whole_sentence():
    judged('tokenizer.unicode', 2, longest_parts, lambda n: longest_parts(n)[::-1], lambda n: longest_parts(1)*n)
    assert 'SALLALLAHOU ALAYHE WASALLAM' in char_rows(longest_parts(1)[0])[0][-1]        # blessings upon him

def plain(text): return AlignedText(text).normalize('NFKD').filter(lambda c: unicodedata.category(c) != 'Mn').map(str.lower)

def find(text, word):
    clean, word, at, out = plain(text), plain(word).text, 0, []
    while (at := clean.text.find(word, at)) >= 0:
        out.append(clean.origin(at, at + len(word))); at += len(word)
    return out

def case_only(text, word): return [(i, i+len(word)) for i in range(len(text)) if text[i:i+len(word)].lower() == word.lower()]

def test_a_word_is_found_however_it_is_spelt(): judged('tokenizer.unicode', 3, find, case_only)
