"""SentencePiece's kin: each class built from one small `.model` beside the reference's class of that name."""
import functools, io, json, random, warnings

import pytest

from nbformers.tokenizer.loading import find_class, load_tokenizer

spm = pytest.importorskip('sentencepiece')
pytest.importorskip('transformers')

TEXT = '''Call me Ishmael. Some years ago, never mind how long precisely, having little or no money in my purse, and nothing particular to interest me on shore,
I thought I would sail about a little and see the watery part of the world. Çà et là, l'été naïf; Größe, façade; 3,000 whales in 1851! What? "Aye," he said.
It is a way I have of driving off the spleen and regulating the circulation. 漢字 かな カナ 한국어 русский язык def f(x): return x + 1'''.replace('\n', ' ').split('. ')

@functools.cache
def model(kind='unigram', pieces=('<unk>', '<s>', '</s>'), symbols='', control='', size=0, rule='nmt_nfkc', bytes=False):
    "A small SentencePiece file whose first ids are `pieces`."
    out, at = io.BytesIO(), lambda *names: next((i for i, p in enumerate(pieces) if p in names), -1)
    spm.SentencePieceTrainer.train(sentence_iterator=iter(TEXT*3), model_writer=out, model_type=kind, vocab_size=size or (480 if bytes else 240), hard_vocab_limit=False, minloglevel=2,
        unk_id=at('<unk>', '[UNK]'), bos_id=at('<s>', '<bos>'), eos_id=at('</s>', '<eos>'), pad_id=at('<pad>', '[PAD]'), unk_piece=next(p for p in pieces if 'unk' in p.lower()),
        bos_piece=next((p for p in pieces if p in ('<s>', '<bos>')), '<s>'), eos_piece=next((p for p in pieces if p in ('</s>', '<eos>')), '</s>'), pad_piece=next((p for p in pieces if p in ('<pad>', '[PAD]')), '<pad>'),
        user_defined_symbols=[*filter(None, symbols.split())], control_symbols=[*filter(None, control.split())], normalization_rule_name=rule, byte_fallback=bytes, character_coverage=.9999 if not bytes else .98)
    return out.getvalue()

T5, LLAMA, ALBERT = ('<pad>', '</s>', '<unk>'), ('<unk>', '<s>', '</s>'), ('<pad>', '<unk>')
GEMMA = ('<pad>', '<eos>', '<bos>', '<unk>')
# class → how its file was made
UNIGRAM = {
    'T5Tokenizer': dict(pieces=T5), 'VideoPrismTokenizer': dict(pieces=T5), 'LasrTokenizer': dict(pieces=T5), 'XLMRobertaTokenizer': {}, 'CamembertTokenizer': dict(pieces=LLAMA),
    'AlbertTokenizer': dict(pieces=ALBERT, control='[CLS] [SEP] [MASK]'), 'FNetTokenizer': dict(pieces=ALBERT, control='[CLS] [SEP] [MASK]'),
    'RemBertTokenizer': dict(pieces=('<pad>', '<s>', '<unk>'), control='[CLS] [SEP] [MASK]'), 'XLNetTokenizer': dict(control='<cls> <sep> <pad> <mask> <eod> <eop>'),
    'BigBirdTokenizer': dict(pieces=('<pad>', '<s>', '</s>', '<unk>'), symbols='[SEP] [MASK] [CLS]'), 'DebertaV2Tokenizer': dict(pieces=('[PAD]', '[UNK]'), control='[CLS] [SEP] [MASK]'),
    'PegasusTokenizer': dict(pieces=('<pad>', '</s>', '<unk>')), 'MBartTokenizer': {}, 'MBart50Tokenizer': {},
}
BPE = {'ReformerTokenizer': dict(pieces=('<unk>', '</s>'), kind='bpe'), 'LlamaTokenizer': dict(kind='bpe', bytes=True, rule='identity'), 'CodeLlamaTokenizer': dict(kind='bpe', bytes=True, rule='identity', symbols='▁<PRE> ▁<MID> ▁<SUF> ▁<EOT>'),
       'Tipsv2Tokenizer': dict(kind='bpe', bytes=True, pieces=('<pad>', '<unk>')), 'SeamlessM4TTokenizer': dict(kind='bpe', symbols='__eng__ __fra__')}

def write(tmp_path, name, data, **config):
    cls = find_class(name)
    (tmp_path/cls.vocab_files_names['vocab_file']).write_bytes(data)
    (tmp_path/'tokenizer_config.json').write_text(json.dumps({'tokenizer_class': name, **config}))
    return tmp_path

def both(folder, name, **kw):
    import transformers
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        return load_tokenizer(folder, **kw), getattr(transformers, name).from_pretrained(folder, **kw)

WORDS = ['Call', 'me', 'whale', 'été', 'naïf', 'Größe', '漢字', 'カナ', '한국어', 'язык', '3,000', '1851!', '"Aye,"', "``it''", 'def f(x):', 'ﬁne', 'Ａ１', '🙂', 'ÇÀ', 'x', '\n', '\t', '  ', '<unk>', '<mask>', '[MASK]', '</s>']
def texts(n=60, seed=0):
    rng = random.Random(seed)
    return ['', ' ', 'Call me Ishmael.', 'a <mask> b', 'x [MASK] y', *(rng.choice(('', ' ')).join(rng.choices(WORDS, k=rng.randint(1, 8))) for _ in range(n))]

def equal(ours, theirs, samples=None, offsets=True):
    assert len(ours) == len(theirs)
    assert set(ours.all_special_tokens) == set(theirs.all_special_tokens)
    assert ours.get_vocab() == theirs.get_vocab()
    assert (ours.padding_side, ours.model_max_length, ours.model_input_names, ours.special_tokens_map) == (theirs.padding_side, theirs.model_max_length, theirs.model_input_names, theirs.special_tokens_map)
    kw = dict(return_offsets_mapping=True) if offsets else {}
    for t in samples or texts():
        a, b = ours(t, return_token_type_ids=True, return_special_tokens_mask=True, **kw), theirs(t, return_token_type_ids=True, return_special_tokens_mask=True, **kw)
        assert dict(a) == {k: b[k] for k in a}, t
        for skip in (False, True): assert ours.decode(a.input_ids, skip_special_tokens=skip) == theirs.decode(b['input_ids'], skip_special_tokens=skip), t
    if ours.pad_token is None: return
    pair = dict(text=['Call me', 'été'], text_pair=['little money', '<unk> x'], padding=True, return_token_type_ids=True)
    a, b = ours(**pair), theirs(**pair)
    assert dict(a) == {k: b[k] for k in a}

def spaceless(samples): return [t for t in samples if '  ' not in t and '\n' not in t]

@pytest.mark.parametrize('name', UNIGRAM)
def test_unigram(name, tmp_path):
    ours, theirs = both(write(tmp_path, name, model(**UNIGRAM[name])), {'FNetTokenizer': 'AlbertTokenizer'}.get(name, name))
    if name in ('FNetTokenizer', 'RemBertTokenizer'):   # 5.23 loses their [CLS] A [SEP] when it reads a .model; 4.57 has it, and so have the published tokenizer.json
        assert ours.convert_ids_to_tokens(ours('').input_ids) == ['[CLS]', '[SEP]']
        for t in texts(): assert ours(t, add_special_tokens=False).input_ids == theirs(t, add_special_tokens=False)['input_ids']
    else: equal(ours, theirs)

@pytest.mark.parametrize('name', BPE)
def test_bpe(name, tmp_path):
    equal(*both(write(tmp_path, name, model(**BPE[name])), name), spaceless(texts()))
