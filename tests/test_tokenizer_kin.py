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

# classes that call SentencePiece themselves in the reference

LITERAL = {'BertGenerationTokenizer': dict(pieces=('<pad>', '</s>', '<unk>', '<s>'), symbols='<::::>', kind='bpe'), 'GPTSw3Tokenizer': dict(pieces=('<pad>', '<unk>', '<s>', '<|endoftext|>'), kind='bpe', bytes=True),
           'SpeechT5Tokenizer': dict(pieces=('<s>', '<pad>', '</s>', '<unk>'), kind='char', size=90), 'SiglipTokenizer': dict(pieces=('<pad>', '</s>', '<unk>')), 'PLBartTokenizer': dict(kind='bpe')}

def slow_equal(ours, theirs, samples, **kw):
    "Ids and text; the reference's Python classes strip white space around special tokens in their own ways."
    vocab = theirs.get_vocab()
    if '__en__' not in ours.get_vocab():   # the reference forgets to add M2M100's languages
        assert len(ours) == len(theirs) and set(ours.all_special_tokens) == set(theirs.all_special_tokens)
        assert {t: i for t, i in ours.get_vocab().items() if vocab.get(t) != i} == {}
    for t in samples:
        a, b = ours(t), theirs(t)
        assert a.input_ids == b['input_ids'], (t, ours.convert_ids_to_tokens(a.input_ids), theirs.convert_ids_to_tokens(b['input_ids']))
    assert ours(samples[4], samples[5]).input_ids == theirs(samples[4], samples[5])['input_ids']

def plain(samples): return [t for t in samples if not any(m in t for m in ('<', '[MASK]', '000')) and t.strip()]

@pytest.mark.parametrize('name', LITERAL)
def test_literal(name, tmp_path):
    ours, theirs = both(write(tmp_path, name, model(**LITERAL[name])), name)
    slow_equal(ours, theirs, plain(texts()))

def vocabulary(data, extra=()):
    from nbformers.tokenizer.sentencepiece import read_sentencepiece
    pieces = [p for p, _, k in read_sentencepiece(data).pieces if k == 1]
    return {t: i for i, t in enumerate(['<s>', '<pad>', '</s>', '<unk>', *pieces[::-1][3:], *extra])}   # another order, three pieces missing

def test_m2m100(tmp_path):
    name = 'M2M100Tokenizer'
    write(tmp_path, name, b'')
    (tmp_path/'sentencepiece.bpe.model').write_bytes(model(kind='bpe')); (tmp_path/'vocab.json').write_text(json.dumps(vocabulary(model(kind='bpe'))))
    ours, theirs = both(tmp_path, name, src_lang='en', tgt_lang='fr')
    slow_equal(ours, theirs, plain(texts()))
    for lang in ('de', 'zh'):
        ours.src_lang = theirs.src_lang = lang
        assert (ours('été').input_ids, ours.get_lang_id(lang)) == (theirs('été')['input_ids'], theirs.get_lang_id(lang))
    a, b = ours('a', text_target='été'), theirs('a', text_target='été')
    assert dict(a) == dict(b)
    assert ours.decode(a.labels, skip_special_tokens=True) == 'été'
    ours.save_pretrained(tmp_path/'saved')
    assert load_tokenizer(tmp_path/'saved')('Call me').input_ids == ours('Call me').input_ids

@pytest.mark.parametrize('separate', [False, True])
def test_marian(separate, tmp_path):
    name = 'MarianTokenizer'
    (tmp_path/'tokenizer_config.json').write_text(json.dumps({'tokenizer_class': name, 'separate_vocabs': separate}))
    (tmp_path/'source.spm').write_bytes(model(kind='bpe')); (tmp_path/'target.spm').write_bytes(model())
    (tmp_path/'vocab.json').write_text(json.dumps(vocabulary(model(kind='bpe'), ['>>fr<<'])))
    if separate: (tmp_path/'target_vocab.json').write_text(json.dumps(vocabulary(model())))
    ours, theirs = both(tmp_path, name)
    slow_equal(ours, theirs, [*plain(texts()), '>>fr<< Call me', '>>xx<< Call'])
    for t in plain(texts(20, 1)):
        a, b = ours('x', text_target=t), theirs('x', text_target=t)
        assert dict(a) == dict(b)
        if theirs.unk_token_id not in a.labels: assert ours.decode(a.labels, skip_special_tokens=True) == theirs.decode(a.labels, skip_special_tokens=True)
    ours.save_pretrained(tmp_path/'saved')
    assert load_tokenizer(tmp_path/'saved')('Call me', text_target='me').labels == ours('Call me', text_target='me').labels

@pytest.mark.parametrize('langs', [None, 'mustc'])
def test_speech2text(langs, tmp_path):
    name, made = 'Speech2TextTokenizer', dict(pieces=('<s>', '<pad>', '</s>', '<unk>'), symbols=' '.join(f'<lang:{l}>' for l in 'pt fr ru nl ro it es de'.split()) if langs else '')
    write(tmp_path, name, b'', lang_codes=langs, do_upper_case=True)
    from nbformers.tokenizer.sentencepiece import read_sentencepiece
    (tmp_path/'sentencepiece.bpe.model').write_bytes(model(**made)); (tmp_path/'vocab.json').write_text(json.dumps(read_sentencepiece(model(**made)).vocab))
    ours, theirs = both(tmp_path, name)
    slow_equal(ours, theirs, plain(texts()))
    if langs:
        ours.tgt_lang = theirs.tgt_lang = 'de'
        assert ours('Call').input_ids == theirs('Call')['input_ids']
    assert ours.decode(ours('Call me').input_ids, skip_special_tokens=True) == 'CALL ME'

def test_bartpho(tmp_path):
    name = 'BartphoTokenizer'
    write(tmp_path, name, model(kind='bpe'))
    (tmp_path/'dict.txt').write_text(''.join(f'{p} {i}\n' for i, p in enumerate(list(vocabulary(model(kind='bpe')))[4:])), encoding='utf-8')
    slow_equal(*both(tmp_path, name), plain(texts()))

def test_nllb(tmp_path):
    "The reference leaves the languages out when it reads a .model; ids as NLLB was published with: pieces, 202 languages, <mask>."
    import transformers
    ours = load_tokenizer(write(tmp_path, 'NllbTokenizer', model(kind='bpe')), src_lang='fra_Latn', tgt_lang='deu_Latn')
    n = len(ours)
    assert ours.convert_tokens_to_ids(['<s>', '<pad>', '</s>', '<unk>', 'ace_Arab', 'zul_Latn', '<mask>']) == [0, 1, 2, 3, n-203, n-2, n-1]
    theirs = transformers.NllbTokenizer(vocab=ours.get_vocab(), merges=[tuple(m) for m in json.loads(ours.backend_tokenizer.to_str())['model']['merges']], src_lang='fra_Latn', tgt_lang='deu_Latn',
                                        _spm_precompiled_charsmap=__import__('nbformers.tokenizer.sentencepiece', fromlist=['x']).read_sentencepiece(model(kind='bpe')).charsmap)
    for t in texts():
        a, b = ours(t, text_target=t, return_offsets_mapping=True), theirs(t, text_target=t, return_offsets_mapping=True)
        assert dict(a) == {k: b[k] for k in a}, t
    assert ours._build_translation_inputs('a', src_lang='eng_Latn', tgt_lang='zul_Latn')['forced_bos_token_id'] == n-2
    with pytest.raises(ValueError, match='knows no language'): ours.src_lang = 'eng'

@pytest.mark.parametrize('name', ['MBartTokenizer', 'MBart50Tokenizer'])
def test_mbart_languages(name, tmp_path):
    ours, theirs = both(write(tmp_path, name, model()), name, src_lang='fr_XX', tgt_lang='de_DE')
    for kw in (dict(text='été', text_target='Größe'), dict(text=['a', 'b c'], text_target=['x', 'y'], padding=True)):
        a, b = ours(**kw), theirs(**kw)
        assert dict(a) == dict(b)
    ours.src_lang = theirs.src_lang = 'zh_CN'
    assert ours('漢字').input_ids == theirs('漢字')['input_ids']
    assert ours.lang_code_to_id == theirs.lang_code_to_id

def test_fill_in(tmp_path):
    ours, theirs = both(write(tmp_path, 'CodeLlamaTokenizer', model(**BPE['CodeLlamaTokenizer'])), 'CodeLlamaTokenizer')
    a, b = ours('def f(x):<FILL_ME>return x + 1'), theirs('def f(x):<FILL_ME>return x + 1')
    assert [t for t in ours.convert_ids_to_tokens(a.input_ids) if t[:2] == '▁<'] == ['▁<PRE>', '▁<SUF>', '▁<MID>']
    # the text behind the gap begins without a space, as in Code Llama's own program; the reference puts one
    assert ''.join(ours.convert_ids_to_tokens(b['input_ids'])).replace('<SUF>▁', '<SUF>') == ''.join(ours.convert_ids_to_tokens(a.input_ids))
    assert ours('def f(x):', suffix='return', suffix_first=True).tokens()[1:3] == ['▁<PRE>', '▁<SUF>']
    assert ours('def').input_ids == ours.encode('def')

# words with places

@pytest.mark.parametrize('name,made', [('LayoutXLMTokenizer', {}), ('UdopTokenizer', dict(pieces=T5))])
def test_boxes(name, made, tmp_path):
    "The reference has no converter for LayoutXLM's shifted ids: there it gets the vocabulary that ours has."
    import transformers
    ours = load_tokenizer(write(tmp_path, name, model(**made)))
    theirs = getattr(transformers, name).from_pretrained(tmp_path) if name == 'UdopTokenizer' else transformers.LayoutXLMTokenizer(vocab=[tuple(v) for v in json.loads(ours.backend_tokenizer.to_str())['model']['vocab']])
    words, boxes = ['Call', 'me', 'Größe', '3,000'], [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12], [13, 14, 15, 16]]
    for kw in (dict(text=words, boxes=boxes), dict(text=words, boxes=boxes, word_labels=[1, 2, 3, 4]), dict(text='How much?', text_pair=words, boxes=boxes), dict(text=[words, words[:2]], boxes=[boxes, boxes[:2]], padding=True)):
        a, b = ours(**kw), theirs(**kw)
        assert (a.input_ids, a.bbox) == (b['input_ids'], b['bbox']), kw
        if name == 'UdopTokenizer' and 'labels' in a: assert a.labels == b['labels']   # LayoutXLM's counts a word twice whose first piece is a bare `▁`

def test_nougat(tmp_path):
    import transformers
    from tokenizers import pre_tokenizers
    vocab = {c: i for i, c in enumerate(['<s>', '<pad>', '</s>', '<unk>', '[START_REF]', *sorted(pre_tokenizers.ByteLevel.alphabet()), '12', 'ab', 'Ġa'])}
    merges = [('1', '2'), ('a', 'b'), ('Ġ', 'a')]
    ours, theirs = find_class('NougatTokenizer')(vocab, merges), transformers.NougatTokenizer(vocab=vocab, merges=merges)
    for t in ('ab 12', 'x² ab\n\n3,000 [a]', 'ﬁ (a) [[b]]', ''):
        assert ours(t).input_ids == theirs(t, padding=False)['input_ids']

@pytest.mark.parametrize('name,made', {**UNIGRAM, **BPE, **LITERAL}.items())
def test_saved(name, made, tmp_path):
    "What is written loads as the same tokenizer, here and in the reference."
    import transformers
    tok = load_tokenizer(write(tmp_path, name, model(**made)))
    tok.save_pretrained(tmp_path/'saved', legacy_format=True)
    back = load_tokenizer(tmp_path/'saved')
    assert type(back) is type(tok) and len(back) == len(tok) and back.special_tokens_map == tok.special_tokens_map
    theirs = transformers.PreTrainedTokenizerFast.from_pretrained(tmp_path/'saved')
    for t in texts(20, 2):
        assert back(t).input_ids == tok(t).input_ids == theirs(t)['input_ids']
        assert back.decode(tok(t).input_ids) == tok.decode(tok(t).input_ids)
    spm.SentencePieceProcessor(model_file=str(tmp_path/'saved'/type(tok).vocab_files_names['vocab_file']))   # the file that was read, as it was
