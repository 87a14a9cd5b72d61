"Solutions to the exercises of 28_places."
from html.parser import HTMLParser

from tokenizers import pre_tokenizers

from nbformers.tokenizer.places import MarkupLMTokenizer

def scaled(boxes, width, height):
    "Boxes in pixels as thousandths of the page."
    clip = lambda v, size: max(0, min(1000, round(1000*v/size)))
    return [[clip(x0, width), clip(y0, height), clip(x1, width), clip(y1, height)] for x0, y0, x1, y1 in boxes]

def test_scaled():
    assert scaled([[85, 110, 425, 220]], 850, 1100) == [[100, 100, 500, 200]]
    assert scaled([[-5, 0, 900, 1200]], 850, 1100) == [[0, 0, 1000, 1000]]

class Paths(HTMLParser):
    "Words of a page and the way to each; a step is numbered when its parent had the tag before."
    def __init__(self): super().__init__(); self.stack, self.seen, self.words, self.paths = [], [{}], [], []
    def handle_starttag(self, tag, attrs):
        n = self.seen[-1][tag] = self.seen[-1].get(tag, 0) + 1
        self.stack.append(tag if n == 1 else f'{tag}[{n}]'); self.seen.append({})
    def handle_endtag(self, tag): self.stack.pop(); self.seen.pop()
    def handle_data(self, text):
        for w in text.split(): self.words.append(w); self.paths.append('/' + '/'.join(self.stack))

def paths(html):
    "Words of a page, and their paths."
    p = Paths(); p.feed(html)
    return p.words, p.paths

def test_paths():
    words, found = paths('<html><body><p>Call me</p><div><p>Ishmael</p></div><p>.</p></body></html>')
    assert words == ['Call', 'me', 'Ishmael', '.']
    assert found == ['/html/body/p', '/html/body/p', '/html/body/div/p', '/html/body/p[2]']
    vocab = {c: i for i, c in enumerate(['<s>', '<pad>', '</s>', '<unk>', '<mask>', *sorted(pre_tokenizers.ByteLevel.alphabet())])}
    tok = MarkupLMTokenizer(vocab, tags_dict={'html': 0, 'body': 1, 'div': 2, 'p': 3}, max_depth=4)
    row = tok(words, xpaths=found)
    assert row.xpath_tags_seq[-3:-1] == [[0, 1, 2, 3], [0, 1, 3, 5]] and row.xpath_subs_seq[-2] == [0, 0, 2, 1001]
