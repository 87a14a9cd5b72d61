"Solutions to the exercises of 02_tokenizer/14_tiktoken."
import base64, json

import pytest
from tokenizers import pre_tokenizers

from nbformers.config.hub import starter_folder
from nbformers.tokenizer.bpe import byte_alphabet, train_bpe
from nbformers.tokenizer.files import PreTrainedTokenizerFast
from nbformers.tokenizer.tiktoken import GPT2_SPLIT, rank_tokenizer, read_tiktoken

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
    vocab, merges = train_bpe([PAGE], 330)
    ranks = {as_bytes(t): i for t, i in vocab.items()}
    assert learnt(ranks) == [(as_bytes(a), as_bytes(b)) for a, b in merges]

def write_tiktoken(rust):
    vocab = rust.get_vocab(with_added_tokens=False)
    return '\n'.join(f'{base64.b64encode(as_bytes(t)).decode()} {i}' for t, i in sorted(vocab.items(), key=lambda v: v[1]) if set(t) <= set(BYTE)).encode()

def test_a_rank_file_of_a_tokenizer():
    lm = PreTrainedTokenizerFast(tokenizer_file=starter_folder('starter/lm')/'tokenizer.json')
    rust = lm.backend_tokenizer
    ranks = read_tiktoken(write_tiktoken(rust))
    again = rank_tokenizer(ranks, GPT2_SPLIT)
    split = json.loads(rust.to_str())['pre_tokenizer']
    words = [w for w, _ in rust.pre_tokenizer.pre_tokenize_str(PAGE)]
    mine = [w for w, _ in again.pre_tokenizer.pre_tokenize_str(PAGE)]
    if words != mine: pytest.skip(f'the starter cuts otherwise: {split}')
    assert [rust.id_to_token(i) for i in rust.encode(PAGE, add_special_tokens=False).ids] == again.encode(PAGE).tokens
