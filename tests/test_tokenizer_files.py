"""Tokenizer files as other programs write them: SentencePiece models, tiktoken ranks, tekken. Compared with the programs
that made them and with the reference's tokenizers loaded from the same files."""
import base64, io, json, random, shutil, sys
from pathlib import Path

import pytest

from nbformers.tokenizer.loading import load_tokenizer
from nbformers.tokenizer.sentencepiece import read_sentencepiece, sentencepiece_tokenizer
from nbformers.tokenizer.tiktoken import rank_tokenizer, read_tiktoken, tekken_tokenizer
from tests.real_tokenizers import folder

spm = pytest.importorskip('sentencepiece')

SENTENCEPIECE = {'mistral_v1': 'tokenizer.model', 'mistral_v2': 'tokenizer.model', 'mistral_v3': 'tokenizer.model', 'mistral_v7': 'tokenizer.model', 't5_seqio': 'spiece.model',
                 'botchan_bpe': 'tokenizer.model', 'botchan_unigram': 'sentencepiece.bpe.model', 'kyoto_unigram': 'spiece.model', 'jurassic2': 'spiece.model'}
LETTERS = list('abc def ghi  .,!?\n\t12ABC') + list('éüñ漢字かな한Жאبक🙂ﬁ①Ａ\u00a0\xad') + ['👩\u200d👩\u200d👧', ' the', ' and']

def texts(n, seed=0):
    rng = random.Random(seed)
    return [''.join(rng.choices(LETTERS, k=rng.randint(0, 24))) for _ in range(n)]

@pytest.mark.parametrize('name', SENTENCEPIECE)
def test_sentencepiece_itself(name):
    "Ids of the program that made the file. Where Rust's rule for normalisation differs (a mark behind a rewritten letter), only such texts may differ."
    path = folder(name)/SENTENCEPIECE[name]
    sp, theirs = read_sentencepiece(path), spm.SentencePieceProcessor(model_file=str(path))
    assert [theirs.id_to_piece(i) for i in range(len(theirs))] == [p for p, _, _ in sp.pieces]
    assert [theirs.get_score(i) for i in range(len(theirs))] == [s for _, s, _ in sp.pieces]
    assert (theirs.unk_id(), theirs.bos_id(), theirs.eos_id(), theirs.pad_id()) == (sp.unk_id, sp.bos_id, sp.eos_id, sp.pad_id)
    ours = sentencepiece_tokenizer(sp)
    bad = [t for t in texts(600) if ours.encode(t, add_special_tokens=False).ids != theirs.encode(t)]
    marked = [t for t in bad if sp.charsmap and any(c in t for c in '\u200d\u00a0\xad')]
    score = lambda ids: sum(sp.pieces[i][1] for i in ids)
    tied = [t for t in bad if sp.algorithm == 'unigram' and abs(score(ours.encode(t).ids) - score(theirs.encode(t))) < 1e-3]   # 32-bit sums there, 64-bit here
    assert [t for t in bad if t not in marked and t not in tied] == []
    assert len(tied) <= 2 and len(bad) <= 25
    back = [t for t in texts(300, 1) if ours.decode(ours.encode(t).ids) != theirs.decode(theirs.encode(t)) and theirs.unk_id() not in theirs.encode(t) and t not in bad]
    assert back == []

def reference(path, cls='LlamaTokenizer', **kw):
    import transformers
    return getattr(transformers, cls).from_pretrained(path, **kw)

@pytest.mark.parametrize('name', ['mistral_v1', 'mistral_v2', 'mistral_v3'])
@pytest.mark.parametrize('legacy', [True, False])
def test_llama_from_model(name, legacy, tmp_path):
    "LlamaTokenizer from the same file. Runs of spaces differ: the reference orders merges by id, the file's scores (and every published tokenizer.json) put them last."
    shutil.copy(folder(name)/'tokenizer.model', tmp_path)
    (tmp_path/'tokenizer_config.json').write_text(json.dumps({'tokenizer_class': 'LlamaTokenizer', 'legacy': legacy, 'add_bos_token': True}))
    ours, theirs = load_tokenizer(tmp_path), reference(tmp_path)
    assert type(ours).__name__ == 'LlamaTokenizer' and set(ours.all_special_tokens) == set(theirs.all_special_tokens)
    for t in [t.replace('\n', '').replace('\t', '') for t in texts(200)] + ['a<s>b', '[INST] a [/INST]']:
        t = ' '.join(t.split(' '))
        if '  ' in t or t[:1] == ' ': continue
        a, b = ours(t, return_offsets_mapping=True), theirs(t, return_offsets_mapping=True)
        assert (a.input_ids, a.offset_mapping, ours.decode(a.input_ids)) == (b.input_ids, b.offset_mapping, theirs.decode(b.input_ids)), t

RANKS = {'llama3_ranks': 'tokenizer.model', 'llama4_ranks': 'tokenizer.model', 'whisper_en': 'gpt2.tiktoken', 'whisper': 'multilingual.tiktoken'}

def tiktoken_ids(ranks, word):
    "tiktoken's rule, straight from its description: merge the neighbours of lowest rank until none can be merged."
    if word in ranks: return [ranks[word]]
    parts = [bytes([b]) for b in word]
    while len(parts) > 1:
        best = min(range(len(parts)-1), key=lambda i: ranks.get(parts[i] + parts[i+1], 1 << 60))
        if parts[best] + parts[best+1] not in ranks: break
        parts[best:best+2] = [parts[best] + parts[best+1]]
    return [ranks[p] for p in parts]

@pytest.mark.parametrize('name', RANKS)
def test_ranks(name):
    import regex
    from nbformers.tokenizer.tiktoken import CL100K_SPLIT, GPT2_SPLIT, O200K_SPLIT, tiktoken_tokenizer
    ranks = read_tiktoken(folder(name)/RANKS[name])
    pattern = GPT2_SPLIT if name.startswith('whisper') else O200K_SPLIT if name.startswith('llama4') else CL100K_SPLIT
    ours, cut = tiktoken_tokenizer(folder(name)/RANKS[name]), regex.compile(pattern)
    for t in texts(300):
        assert ours.encode(t).ids == [i for w in cut.findall(t) for i in tiktoken_ids(ranks, w.encode())], t
        assert ours.decode(ours.encode(t).ids) == t

def test_gpt2_ranks_are_gpt2():
    "The rank file and vocab.json with merges.txt are one vocabulary."
    gpt2 = load_tokenizer(folder('gpt2_vocab'))
    ours = rank_tokenizer(read_tiktoken(folder('whisper_en')/'gpt2.tiktoken'), __import__('nbformers.tokenizer.tiktoken', fromlist=['x']).GPT2_SPLIT)
    for t in texts(500): assert ours.encode(t).ids == gpt2(t).input_ids

@pytest.mark.parametrize('name', ['tekken_240718', 'tekken_240911'])
def test_tekken(name):
    ours = tekken_tokenizer(folder(name)/'tekken.json')
    said = json.loads((folder(name)/'tekken.json').read_bytes())
    import regex
    n, cut = said['config']['default_num_special_tokens'], regex.compile(said['config']['pattern'])
    ranks = {base64.b64decode(r['token_bytes']): r['rank'] for r in said['vocab'][:said['config']['default_vocab_size']-n]}
    assert ours.get_vocab_size() == said['config']['default_vocab_size']
    for t in texts(200):
        assert ours.encode(t).ids == [i+n for w in cut.findall(t) for i in tiktoken_ids(ranks, w.encode())], t
    assert ours.token_to_id('<s>') == 1 and ours.token_to_id('[INST]') == 3
    assert ours.encode('a[INST]b').ids[1] == 3

@pytest.mark.parametrize('name,kind', [('llama3_ranks', 'PreTrainedTokenizerFast'), ('tekken_240718', 'PreTrainedTokenizerFast'), ('mistral_v3', 'LlamaTokenizer')])
def test_loads(name, kind, tmp_path):
    tok = load_tokenizer(folder(name))
    assert type(tok).__name__ == kind and tok.decode(tok('Hello world').input_ids, skip_special_tokens=True) == 'Hello world'
    assert tok.bos_token_id is not None
    tok.save_pretrained(tmp_path)
    assert load_tokenizer(tmp_path)('Hello  world, 漢字 ①').input_ids == tok('Hello  world, 漢字 ①').input_ids

def test_llama3_matches_the_reference():
    pytest.importorskip('tiktoken')
    ours, theirs = load_tokenizer(folder('llama3_ranks')), reference(folder('llama3_ranks'), 'PreTrainedTokenizerFast')
    for t in texts(300):
        a, b = ours(t, return_offsets_mapping=True), theirs(t, return_offsets_mapping=True)
        assert (a.input_ids, a.offset_mapping) == (b.input_ids, b.offset_mapping), t

def test_a_file_alone():
    path = folder('mistral_v1')/'tokenizer.model'
    assert load_tokenizer(path)('Hello world').input_ids == spm.SentencePieceProcessor(model_file=str(path)).encode('Hello world')
    tok = load_tokenizer(folder('tekken_240718')/'tekken.json')
    assert tok.bos_token == '<s>' and tok.pad_token_id == 11

# bad files

def saved(tmp_path, data, name='tokenizer.model'):
    (tmp_path/name).write_bytes(data)
    return tmp_path/name

@pytest.mark.parametrize('data', [b'\n', b'\n\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff', b'\n\x7fabc', b'\n\x02\n\x05', b'\x0f', b'\n\x04\x0d\0\0\0', b'\n\x03\n\x01\xff', b'', b'\x10\x01', b'\n\x02\x08\x01', b'\n\x03\x12\x01a', b'\n\x84\x80\x08\n\x80\x80\x08' + b'a'*131072 + b'\x12\0\x1a\0'])
def test_no_sentencepiece(data, tmp_path):
    with pytest.raises(ValueError, match='SentencePiece model'): read_sentencepiece(data)
    with pytest.raises(ValueError): load_tokenizer(saved(tmp_path, data))

@pytest.mark.parametrize('data', [b'', b'YQ== 0\nYg==\n', b'YQ== 0\n!!! 1\n', b'YQ== 0\nYQ== 1\n', b'YQ== -4\n', b'YQ== x\n'])
def test_no_ranks(data):
    with pytest.raises(ValueError, match='line|no lines'): read_tiktoken(data)

@pytest.mark.parametrize('said', [{}, {'config': {}}, {'config': {'pattern': 'x'}, 'vocab': [{'rank': 0}]}, [], {'config': {'pattern': 'x'}, 'vocab': [{'rank': 0, 'token_bytes': '!'}]}])
def test_no_tekken(said, tmp_path):
    with pytest.raises(ValueError, match='tekken'): tekken_tokenizer(saved(tmp_path, json.dumps(said).encode(), 'tekken.json'))

def test_word_models_are_refused(tmp_path):
    out = io.BytesIO()
    spm.SentencePieceTrainer.train(sentence_iterator=iter(['a b c']*9), model_writer=out, vocab_size=6, model_type='word', minloglevel=2)
    with pytest.raises(ValueError, match="trained as 'word'"): load_tokenizer(saved(tmp_path, out.getvalue()))

@pytest.mark.parametrize('name,start', [('whisper', 50258), ('whisper_en', 50257)])
def test_whisper_ranks(name, start):
    "OpenAI's files hold the ranks alone; the special tokens behind them have the numbers that the models were trained with."
    tok = load_tokenizer(folder(name))
    assert type(tok).__name__ == 'WhisperTokenizer'
    assert tok.convert_tokens_to_ids(['<|endoftext|>', '<|startoftranscript|>', '<|en|>', '<|transcribe|>', '<|notimestamps|>', '<|0.00|>', '<|30.00|>']) == [start-1, start, start+1, start+101, start+105, start+106, start+1606]
    assert tok.convert_ids_to_tokens(tok('Hello').input_ids) == ['<|startoftranscript|>', '<|notimestamps|>', 'Hello', '<|endoftext|>']
    assert tok.decode(tok('Hello, world').input_ids, skip_special_tokens=True) == 'Hello, world'
