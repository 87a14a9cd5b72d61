"Solutions to the exercises of 02_tokenizer/23_char_relatives."
import re

def restyle(pieces, style):
    "Pieces with `</w>` as WordPiece ('##'), SentencePiece ('▁') or `@@` would write them."
    out, first = [], True
    for p in pieces:
        last, bare = p.endswith('</w>'), p.removesuffix('</w>')
        out.append({'##': bare if first else '##' + bare, '▁': '▁' + bare if first else bare, '@@': bare if last else bare + '@@'}[style])
        first = last
    return out

def test_three_habits():
    pieces = ['un', 'able</w>', 'whale</w>']
    assert restyle(pieces, '##') == ['un', '##able', 'whale']
    assert restyle(pieces, '▁') == ['▁un', 'able', '▁whale']
    assert restyle(pieces, '@@') == ['un@@', 'able', 'whale']

def hashtag_words(tag): return re.findall(r'[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+', tag)

def test_hashtags():
    assert hashtag_words('#MobyDickRocks') == ['Moby', 'Dick', 'Rocks']
    assert hashtag_words('#whale2024') == ['whale', '2024'] and hashtag_words('#NASAWhale') == ['NASA', 'Whale']
