"Solutions to the exercises of 02_tokenizer/14_tiktoken."
import base64

from nbformers.config.hub import starter_folder
from nbformers.tokenizer.bpe import byte_alphabet
from nbformers.tokenizer.files import PreTrainedTokenizerFast
from nbformers.tokenizer.tiktoken import GPT2_SPLIT, rank_tokenizer, read_tiktoken
from . import judged

BYTE = {c: b for b, c in byte_alphabet().items()}
PAGE = "whenever I find myself growing grim about the mouth; whenever it is a damp, drizzly November in my soul; whenever I find myself involuntarily pausing"

def as_bytes(visible): return bytes(BYTE[c] for c in visible)

def by_rank(word, ranks):
    parts = [bytes([b]) for b in word]
    while len(parts) > 1:
        rank, i = min((ranks.get(a + b, 1e9), i) for i, (a, b) in enumerate(zip(parts, parts[1:])))
        if rank == 1e9: break
        parts[i:i+2] = [parts[i] + parts[i+1]]
    return parts

def learnt(ranks):
    out = []
    for token, rank in sorted(ranks.items(), key=lambda x: x[1]):
        if len(token) < 2: continue
        parts = by_rank(token, {t: r for t, r in ranks.items() if r < rank})
        if len(parts) == 2: out.append(tuple(parts))
    return out

def test_the_merges_of_training_come_back():
    judged('tokenizer.tiktoken', 1, learnt, lambda ranks: [(t[:1], t[1:]) for t in ranks if len(t) > 1], lambda ranks: [(t[:-1], t[-1:]) for t in ranks if len(t) > 1])

def write_tiktoken(rust):
    vocab = rust.get_vocab(with_added_tokens=False)
    return '\n'.join(f'{base64.b64encode(as_bytes(t)).decode()} {i}' for t, i in sorted(vocab.items(), key=lambda v: v[1]) if set(t) <= set(BYTE)).encode()

def test_a_rank_file_of_a_tokenizer():
    judged('tokenizer.tiktoken', 2, write_tiktoken, lambda rust: b'\n'.join(write_tiktoken(rust).split(b'\n')[1:]), lambda rust: b'')

def test_a_rank_file_gives_the_same_tokens():
    lm = PreTrainedTokenizerFast(tokenizer_file=starter_folder('starter/lm')/'tokenizer.json')
    rust = lm.backend_tokenizer
    again = rank_tokenizer(read_tiktoken(write_tiktoken(rust)), GPT2_SPLIT)
    assert [rust.id_to_token(i) for i in rust.encode(PAGE, add_special_tokens=False).ids] == again.encode(PAGE).tokens
