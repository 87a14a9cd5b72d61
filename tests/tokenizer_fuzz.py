"""Random text from every corner of Unicode through real tokenizers: ours beside the Rust library reading the same file, and
beside the reference library. Everything follows from the seed, which is printed.

    python tests/tokenizer_fuzz.py [NAME …] [--strings 20000] [--seed N]      # make fuzz
"""
import argparse, base64, gzip, importlib.util, json, os, random, sys, time, unicodedata, warnings
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
if __name__ == '__main__': sys.path.insert(0, str(ROOT))
from tokenizers import Tokenizer  # noqa: E402
from tests.real_tokenizers import TOKENIZERS, folder  # noqa: E402

# Where the reference rebuilds a tokenizer from its class instead of reading tokenizer.json, and so departs from the file:
# GPT-4o's digits fall apart under GPT-2's splitter, Llama 2's text after a special token loses its `▁`. There the
# reference is asked for the file itself.
PLAIN = {'gpt4o', 'llama2'}
# Files that it reads only with other libraries, beside a tokenizer.json of the same vocabulary; special tokens are left out.
TWINS = {'llama3_ranks': 'llama3', 'whisper_en': 'gpt2'}
# It takes the merges of a .model by their ids, not by their scores, and cuts runs of spaces otherwise than they were trained:
# there the SentencePiece library itself is the yardstick, special tokens left out. (Its dummy space also stands before a text
# that begins with a space, the Rust library's does not: so texts begin with a letter.)
SENTENCEPIECE = {'mistral_v1', 'mistral_v2', 'mistral_v3', 'mistral_v7'}

class SentencePiece:
    "The library that trained a .model, as far as it can be compared: ids and text."
    def __init__(self, path):
        import sentencepiece
        self.of = sentencepiece.SentencePieceProcessor(model_file=str(path))
    def __call__(self, texts, **kw): return {'input_ids': [self.of.encode(t) for t in texts]}
    def decode(self, rows): return self.of.decode(rows)

# Files that the reference reads by rules of its own: what made them is asked, OpenAI's library with the pattern that the file's
# maker wrote down, special tokens left out (pip install tiktoken; without it they are left to their chapter's tests).
RANKS = {'whisper': r"""'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+""", 'tekken_240718': None, 'tekken_240911': None,
         'llama4_ranks': r"""[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"""}
FILES = {'whisper': 'multilingual.tiktoken', 'llama4_ranks': 'tokenizer.model'}

class Ranks:
    "tiktoken over Whisper's or Llama 4's ranks, or over a tekken file, whose first ids are special tokens."
    def __init__(self, name):
        import tiktoken
        self.first, pattern, lines = 0, RANKS[name], lambda f: (l.split() for l in f.read_bytes().splitlines() if l)
        if pattern: ranks = {base64.b64decode(token): int(rank) for token, rank in lines(folder(name)/FILES[name])}
        else:
            d = json.loads((folder(name)/'tekken.json').read_text(encoding='utf-8'))
            pattern, self.first = d['config']['pattern'], d['config']['default_num_special_tokens']
            ranks = {base64.b64decode(v['token_bytes']): v['rank'] for v in d['vocab'][:d['config']['default_vocab_size'] - self.first]}
        self.of = tiktoken.Encoding(name, pat_str=pattern, mergeable_ranks=ranks, special_tokens={})
    def __call__(self, texts, **kw): return {'input_ids': [[i + self.first for i in self.of.encode(t, disallowed_special=())] for t in texts]}
    def decode(self, rows): return [self.of.decode([i - self.first for i in row]) for row in rows]

class Clip:
    "The reference's class, its vocabulary written from CLIP's file of merges: 256 letters for bytes, the same at the end of a word, the merges."
    def __init__(self):
        import transformers
        with gzip.open(folder('clip')/'bpe_simple_vocab_16e6.txt.gz', 'rt', encoding='utf-8') as f: merges = [tuple(l.split()) for l in f.read().split('\n')[1:49152 - 256 - 2 + 1]]
        plain = [chr(b) for b in (*range(33, 127), *range(161, 173), *range(174, 256))]
        letters = plain + [chr(256 + i) for i in range(256 - len(plain))]
        words = letters + [f'{c}</w>' for c in letters] + [''.join(m) for m in merges] + ['<|startoftext|>', '<|endoftext|>']
        self.of = transformers.CLIPTokenizer(vocab={w: i for i, w in enumerate(words)}, merges=merges)
    def __call__(self, texts, **kw): return {'input_ids': self.of(texts, add_special_tokens=False)['input_ids']}
    def decode(self, rows): return self.of.batch_decode(rows)

OTHERS = (SentencePiece, Ranks, Clip)                        # ids and text are compared, no offsets

def _blocks():
    "Assigned characters in runs of 128 code points, each run a little alphabet."
    out = []
    for start in range(0, 0x32000, 128):
        found = ''.join(c for c in map(chr, range(start, start+128)) if unicodedata.category(c) not in ('Cn', 'Cs', 'Co'))
        if found: out.append(found)
    return out
BLOCKS = _blocks()
EVERYDAY = ['abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', '0123456789', ' \t\n\r\f\v\u00a0\u1680\u2003\u2028\u2029\u202f\u3000\u200b\u2060', '.,;:!?\'"-—()[]{}<>/\\|@#$%^&*_+=~`',
            'àéîõüçñßøåæœÀÉ', 'абвгдежзАБ', 'ابتثجحخ\u064b\u0651\u0640', 'אבגדה\u05b0', 'अआइकखग\u093e\u094d', 'กขคงจ\u0e31\u0e34\u0e48', '東京日本語漢字中国', 'かなカナﾊﾝｶｸｰ', '한국어말', '\u1112\u1161\u11ab',
            '\u0301\u0308\u0327\u20dd\u0489', '\x00\x01\x07\x08\x1b\x7f\x80\x85\x9f\ufffd\ufeff\u200e\u202e\u2066', '½ﬁﬀⅣ①℃㎏ℌ𝔸', 'αβγΣςΩ', 'ıİǅẞﬅ', '\ue000\uf8ff\U000f0000', '▁▁Ġ̇ĊĠ##@@</w>']
EMOJI = ['🐋', '👩\u200d👩\u200d👧\u200d👦', '🇩🇪🇫🇷', '👍🏽', '❤\ufe0f', '1\ufe0f\u20e3', '🏴\U000e0067\U000e0062\U000e007f', '☺\ufe0e', '🫠']
WORDS = ['the', ' the', 'The', "don't", "I'll've", 'unfathomable', 'http://a.b/c?d=e&f', 'def f(x):\n    return x', '  ', '   \n\n \n', '\t\t', '3.14159', '1,000,000', '<0x41>', '<0x', '[MASK', '[UNK]', '<|', '|>', '<s', '</s>>', '<extra_id_0>', '\r\n', 'ﷺ', 'Straße', 'ÅÅÅ', 'e\u0301\u0301', 'Ａｂｃ', '😀'*3]

def strings(n, seed, special=()):
    "`n` strings; `special` are the tokenizer's own added tokens, which are strewn into every third."
    r, special = random.Random(seed), list(special)
    if len(special) > 60: special = special[:40] + r.sample(special, 20)
    def part(with_special):
        k = r.random()
        if with_special and k < .3:
            t = r.choice(special)
            return r.choice((t, t, t, f' {t}', f'{t} ', f' {t} ', t[:-1], t[1:], t.lower(), t*2))
        if k < .45: return r.choice(WORDS)
        if k < .50: return r.choice(EMOJI)
        if k < .55: return r.choice(r.choice(EVERYDAY))*r.randint(2, 40)
        if k < .85: a = r.choice(EVERYDAY)
        else: a = r.choice(BLOCKS)
        return ''.join(r.choice(a) for _ in range(r.randint(1, 8)))
    for i in range(n):
        if i % 1000 == 999: yield ''.join(r.choice(r.choice(EVERYDAY)) for _ in range(r.randint(1000, 6000))); continue  # one very long word or wall of text
        if i % 250 == 249: yield r.choice(r.choice(EVERYDAY))*r.randint(100, 3000); continue
        with_special, glue = bool(special) and i % 3 == 0, r.choice(('', '', ' ', '  ', '\n'))
        yield glue.join(part(with_special) for _ in range(int(r.triangular(0, 14, 3))))

def load(name):
    "Ours, the reference's, and the Rust tokenizer of the file (`None` where there is none)."
    import transformers
    from nbformers import AutoTokenizer
    where = folder(name)
    ours = AutoTokenizer.from_pretrained(where)
    if name in SENTENCEPIECE: return ours, SentencePiece(where/'tokenizer.model'), None
    if name in RANKS: return ours, Ranks(name), None
    if name == 'clip': return ours, Clip(), None
    theirs = (transformers.PreTrainedTokenizerFast if name in PLAIN else transformers.AutoTokenizer).from_pretrained(folder(TWINS.get(name, name)))
    rust = None
    if (where/'tokenizer.json').is_file():
        rust = Tokenizer.from_file(str(where/'tokenizer.json'))
        rust.no_truncation(); rust.no_padding()
        rust.add_special_tokens([t for t in ours.all_special_tokens if rust.token_to_id(t) is not None])   # a class may name a token special that its file does not
    return ours, theirs, rust

def differences(ours, theirs, rust, n, seed, special=True, batch=256):
    "Compare on `n` strings; yields `(text, what differs, ours, the other's)`."
    added = ours.get_added_vocab()
    texts = [t for t in strings(n, seed, added if special else ()) if special or not any(a in t for a in added)]
    if isinstance(theirs, SentencePiece): texts = [f'a{t}' for t in texts]
    kw = dict(add_special_tokens=special, return_offsets_mapping=True, return_attention_mask=False, return_token_type_ids=False, verbose=False)
    for i in range(0, len(texts), batch):
        part = texts[i:i+batch]
        a, b = ours(part, **kw), theirs(part, **kw)
        pairs = [('ids', a['input_ids'], b['input_ids'])]
        if isinstance(theirs, OTHERS): pairs += [('decoded', ours.batch_decode(a['input_ids']), theirs.decode(a['input_ids']))]
        else:
            pairs += [('offsets', a['offset_mapping'], b['offset_mapping'])]
            decoded = {skip: ours.batch_decode(a['input_ids'], skip_special_tokens=skip) for skip in (False, True)}
            pairs += [(f'decoded, skip={skip}', d, theirs.batch_decode(a['input_ids'], skip_special_tokens=skip)) for skip, d in decoded.items()]
        if rust is not None:
            c = rust.encode_batch(part)
            pairs += [("ids, Rust's", a['input_ids'], [e.ids for e in c]), ("offsets, Rust's", a['offset_mapping'], [e.offsets for e in c])]
            if not ours.clean_up_tokenization_spaces or ours._is_bpe: pairs += [(f"decoded, Rust's, skip={skip}", d, rust.decode_batch(a['input_ids'], skip_special_tokens=skip)) for skip, d in decoded.items()]
        if special and part:                                 # one of them alone: another way through the code
            one = part[seed % len(part)]
            pairs += [('alone', [ours.encode(one), ours(one, verbose=False)['input_ids'], ours.tokenize(one)], [theirs.encode(one), theirs(one, verbose=False)['input_ids'], theirs.tokenize(one)])]
        for what, x, y in pairs:
            if x != y: yield next((one if what == 'alone' else t, what, p, q) for t, p, q in zip(part, x, y) if p != q)

def report(name, n, seed, limit=5):
    "Differences of one tokenizer as text, none if it is right."
    found = []
    for t, what, x, y in differences(*load(name), n, seed, name not in {*TWINS, *SENTENCEPIECE, *RANKS, 'clip'}):
        found.append(f'{name}: {what} differ for {t[:300]!r}\n  ours  {str(x)[:400]}\n  other {str(y)[:400]}')
        if len(found) == limit: break
    return found

def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('names', nargs='*', help='default: all')
    p.add_argument('--strings', type=int, default=20_000, help='for each tokenizer')
    p.add_argument('--seed', type=int, default=None)
    a = p.parse_args()
    warnings.filterwarnings('ignore')
    import transformers
    transformers.logging.set_verbosity_error()
    seed = random.SystemRandom().randrange(10**6) if a.seed is None else a.seed
    print(f'{a.strings} strings for each tokenizer, seed {seed}', flush=True)
    names, bad, start = a.names or NAMES, [], time.time()
    for name in names:
        t = time.time()
        found = report(name, a.strings, seed)
        print(f"{name:18}{'same' if not found else 'DIFFERENT':10}{time.time() - t:7.1f} s", *found, sep='\n' if found else '', flush=True)
        bad += [name] if found else []
    print(f"{len(names) - len(bad)} of {len(names)} tokenizers: ids, offsets and decoded text the same on {a.strings} strings, seed {seed}, {time.time() - start:.0f} s")
    return bool(bad)

NAMES = [n for n in TOKENIZERS if n not in RANKS or importlib.util.find_spec('tiktoken')]

if __name__ == '__main__':
    os.environ.setdefault('TOKENIZERS_PARALLELISM', 'false')
    sys.exit(main())
