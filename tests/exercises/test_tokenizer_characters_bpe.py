"Solutions to the exercises of 02_tokenizer/23_char_relatives."
import re
from . import judged

def restyle(pieces, style):
    "Pieces with `</w>` as WordPiece ('##'), SentencePiece ('▁') or `@@` would write them."
    out, first = [], True
    for p in pieces:
        last, bare = p.endswith('</w>'), p.removesuffix('</w>')
        out.append({'##': bare if first else '##' + bare, '▁': '▁' + bare if first else bare, '@@': bare if last else bare + '@@'}[style])
        first = last
    return out

def test_three_habits(): judged('tokenizer.char_kin', 1, restyle, lambda pieces, style: [p.removesuffix('</w>') for p in pieces], lambda pieces, style: restyle(pieces, '##'))

def hashtag_words(tag): return re.findall(r'[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+', tag)

def test_hashtags(): judged('tokenizer.char_kin', 2, hashtag_words, lambda tag: re.findall('[A-Z]?[a-z]+|[0-9]+|[A-Z]', tag), lambda tag: [tag[1:]])
