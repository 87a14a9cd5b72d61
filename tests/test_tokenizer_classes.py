"""Every tokenizer class by name: the same small vocabulary files, loaded by the reference and here; ids, pairs, decoding,
special tokens, token types, and saved files read by the other. Where the reference dropped a class, an older release's
answers are kept in tests/golden/tokenizer_classes.json (`PYTHONPATH=<transformers 4.57.6> python -m tests.test_tokenizer_classes` makes it)."""
import json, random, sys, warnings
from pathlib import Path

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

HERE = Path(__file__).parent
GOLDEN = HERE/'golden'/'tokenizer_classes.json'
PAGE = """Call me Ishmael. Some years ago—never mind how long precisely—having little or no money in my purse, and nothing
particular to interest me on shore, I thought I would sail about a little and see the watery part of the world. It is a
way I have of driving off the spleen and regulating the circulation. Whenever I find myself growing grim about the mouth;
whenever it is a damp, drizzly November in my soul; then, I account it high time to get to sea as soon as I can.
Café naïve façade 12345 67 don't I'll we've 東京 Москва العربية 🐋🌊 ½ ﬁ"""
ALPHABETS = ['abcdefghijklmnopqrstuvwxyz', 'ABCXYZ', '0123456789', '.,;:!?\'"-()[]/@#$%&*', 'àéîõüçñßøåæœ', 'абвгдежз', 'ابتثج', 'अआइकखग', '東京日本語漢字かなカナ', '한국어', '🐋🌊', 'αβγΣ']
ODD = [' \t\n\r\u00a0\u3000', '\u0301\u0308', '👩\u200d👧🇩🇪\ufe0f', '\u200b\ufeff', '½ﬁⅣ①℃', '\U0001d54f\U00020000', 'اﻻ\u064b\u0651', 'अ\u093e\u094d', 'ǅİ', '—~`^_+=|<>{}\\']

def texts(n=160, seed=0, odd=True, words=()):
    r = random.Random(seed)
    yield from ('', ' ', 'a', '  a  b  ', PAGE)
    for _ in range(n):
        parts = []
        for _ in range(r.randint(1, 9)):
            parts.append(r.choice([*words, 'the', 'whale', "don't", 'Call', 'me', 'x'*120, 'see the sea']) if r.random() < .4 else
                         ''.join(r.choice(r.choice(ALPHABETS + (ODD if odd else []))) for _ in range(r.randint(1, 6))))
            if r.random() < .7: parts.append(' ')
        yield ''.join(parts)

def wordpieces(special=('[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'), more=()):
    letters = sorted({c for a in ALPHABETS for c in a} | set(PAGE.lower()) - set(' \n'))
    words = sorted({w for w in PAGE.lower().replace('\n', ' ').replace('—', ' ').replace('.', ' ').replace(',', ' ').split()})
    return list(dict.fromkeys([*special, *more, *letters, *('##' + c for c in letters), *words, '##ing', '##ale']))

def lines(folder, name, pieces): (folder/name).write_text('\n'.join(pieces) + '\n', encoding='utf-8')
def config(folder, cls, **more): (folder/'tokenizer_config.json').write_text(json.dumps({'tokenizer_class': cls, **more}))

def wordpiece(folder, cls, special=None, file='vocab.txt', more=(), **options):
    lines(folder, file, wordpieces(special or ('[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'), more)); config(folder, cls, **options)

def byte_bpe(folder, cls, special=('<s>', '<pad>', '</s>', '<unk>', '<mask>'), **options):
    rust = Tokenizer(models.BPE())
    rust.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    rust.train_from_iterator([PAGE], trainers.BpeTrainer(vocab_size=450, special_tokens=list(special), initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    rust.model.save(str(folder)); config(folder, cls, **options)

def trained(end='</w>', lower=True, special=('<unk>',)):
    "Merges over characters and the vocabulary that belongs to them."
    rust = Tokenizer(models.BPE(end_of_word_suffix=end, unk_token=special[0]))
    rust.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    rust.train_from_iterator([PAGE.lower() if lower else PAGE], trainers.BpeTrainer(vocab_size=330, special_tokens=list(special), end_of_word_suffix=end, show_progress=False))
    model = json.loads(rust.to_str())['model']
    return model['vocab'], [m if isinstance(m, list) else m.split() for m in model['merges']]

def char_bpe(folder, cls, special=('<unk>',), style='</w>', head=True, tail='', lower=True, **options):
    vocab, merges = trained(lower=lower, special=special)
    if style == '@@': vocab = {t: i for i, t in enumerate(dict.fromkeys(t[:-4] if t.endswith('</w>') else t if t in special else t + '@@' for t in vocab))}
    (folder/'vocab.json').write_text(json.dumps(vocab, ensure_ascii=False), encoding='utf-8')
    (folder/'merges.txt').write_text(''.join(['#version: 0.2\n'] * head + [f'{a} {b}{tail}\n' for a, b in merges]), encoding='utf-8')
    config(folder, cls, **options)

def fairseq(folder, cls, **options):
    vocab, merges = trained(lower=False)
    pieces = dict.fromkeys(t[:-4] if t.endswith('</w>') else t + '@@' for t in vocab if t != '<unk>')
    lines(folder, 'vocab.txt', [f'{p} {i}' for i, p in enumerate(pieces)]); lines(folder, 'bpe.codes', [f'{a} {b} {i}' for i, (a, b) in enumerate(merges)]); config(folder, cls, **options)

def fsmt(folder, cls):
    vocab, merges = trained(special=('<s>', '<pad>', '</s>', '<unk>'))
    for side in ('src', 'tgt'): (folder/f'vocab-{side}.json').write_text(json.dumps(vocab, ensure_ascii=False), encoding='utf-8')
    lines(folder, 'merges.txt', [f'{a} {b} 1' for a, b in merges]); config(folder, cls, langs=['en', 'de'])

def rocbert(folder, cls):
    wordpiece(folder, cls)
    for name in ('word_shape', 'word_pronunciation'): (folder/f'{name}.json').write_text(json.dumps({p: i*3 % 71 for i, p in enumerate(wordpieces()) if i % 5 or i < 5}, ensure_ascii=False))

def letters(folder, cls, special=('<pad>', '<s>', '</s>', '<unk>', '|'), nested=None, **options):
    vocab = {t: i for i, t in enumerate([*special, *sorted({c for a in ALPHABETS[:5] for c in a} - set(special)), 'aa', 'ts'])}
    (folder/'vocab.json').write_text(json.dumps({nested: vocab, 'xxx': {t: i + 1 for t, i in vocab.items()}} if nested else vocab, ensure_ascii=False)); config(folder, cls, **options)

def esm(folder, cls): lines(folder, 'vocab.txt', ['<cls>', '<pad>', '<eos>', '<unk>', *'LAGVSERTIDPKQNFYMHWCXBUZO.-', '<null_1>', '<mask>']); config(folder, cls)
def nothing(folder, cls, **options): config(folder, cls, **options)
def myt5(folder, cls):
    (folder/'byte_maps.json').write_text(json.dumps({'decompose_map': {'41': 'e0 61', '43 61': 'e0 63 61'}, 'merge_map': {'74 68 65': 'e1 01', '74 68': 'e1 02', 'e0 61': '41', 'e0 63 61': '43 61'}})); config(folder, cls)
def cpmant(folder, cls): lines(folder, 'vocab.txt', ['<pad>', '<unk>', '<s>', '</s>', '<d>', '</d>', '</n>', '</_>', *[p for p in wordpieces(()) if not p.startswith('##')], '東京']); config(folder, cls)
def neox_japanese(folder, cls):
    lines(folder, 'vocab.txt', ['<|endoftext|>', '<|startoftext|>', '<SP>', '<BR>', '<TAB>', '<BLOCK>', '<KIGOU>', '<U2000U2BFF>', '<|emoji1|>', *(f'<|byte{i}|>' for i in range(256)), '東京,とうきょう', '東', '日本,日本国', *'abcdefghijklmnopqrstuvwxyz', 'the', 'wh,Wh', ',', '語'])
    (folder/'emoji.json').write_text(json.dumps({'emoji': {'🐋': '<|emoji1|>'}, 'emoji_inv': {'<|emoji1|>': '🐋'}})); config(folder, cls)
def japanese(folder, cls, **options): wordpiece(folder, cls, **options)

FUNNEL = ('<unk>', '<sep>', '<pad>', '<cls>', '<mask>', '<s>', '</s>')
GPT = ('<|endoftext|>',)
# class → (maker, options, what is special: seldom = words to strew in, plain = the reference's Python reads rare characters otherwise)
CASES = {
    **{c: (wordpiece, {}) for c in ('BertTokenizer', 'DistilBertTokenizer', 'ElectraTokenizer', 'MobileBertTokenizer', 'SqueezeBertTokenizer', 'ConvBertTokenizer', 'LxmertTokenizer', 'LayoutLMTokenizer', 'DPRContextEncoderTokenizer', 'DPRQuestionEncoderTokenizer', 'DPRReaderTokenizer')},
    'FunnelTokenizer': (wordpiece, dict(special=FUNNEL)), 'MPNetTokenizer': (wordpiece, dict(special=('<s>', '<pad>', '</s>', '[UNK]', '<mask>'))),
    'SplinterTokenizer': (wordpiece, dict(more=('[QUESTION]', '.'))), 'ProphetNetTokenizer': (wordpiece, dict(file='prophetnet.tokenizer', more=('[X_SEP]',), clean_up_tokenization_spaces=False), 'plain'),
    'RoCBertTokenizer': (rocbert, {}, 'plain'), 'RoFormerTokenizer': (wordpiece, dict(more=('東京', '日本'))), 'BertJapaneseTokenizer': (japanese, dict(word_tokenizer_type='mecab', more=('東京', '日本'))),
    **{c: (byte_bpe, {}) for c in ('RobertaTokenizer', 'BartTokenizer', 'LEDTokenizer', 'LongformerTokenizer', 'MvpTokenizer', 'BlenderbotTokenizer')},
    'DebertaTokenizer': (byte_bpe, dict(special=('[CLS]', '[PAD]', '[SEP]', '[UNK]', '[MASK]'))), 'CohereTokenizer': (byte_bpe, dict(special=('<PAD>', '<UNK>', '<CLS>', '<SEP>', '<MASK_TOKEN>', '<BOS_TOKEN>', '<|END_OF_TURN_TOKEN|>'))),
    **{c: (byte_bpe, dict(special=GPT)) for c in ('GPT2Tokenizer', 'CodeGenTokenizer', 'Qwen2Tokenizer', 'Qwen3_5Tokenizer')}, 'GPTNeoXTokenizer': (byte_bpe, dict(special=('<|endoftext|>', '<|padding|>'))),
    'CLIPTokenizer': (byte_bpe, dict(special=('<|startoftext|>', '<|endoftext|>'))),
    'WhisperTokenizer': (byte_bpe, dict(special=('<|endoftext|>', '<|startoftranscript|>', '<|en|>', '<|zh|>', '<|de|>', '<|translate|>', '<|transcribe|>', '<|startoflm|>', '<|startofprev|>', '<|nospeech|>', '<|notimestamps|>'), language='german', task='transcribe')),
    'ClvpTokenizer': (byte_bpe, dict(special=('[UNK]', '[STOP]', '<|endoftext|>', '[SPACE]'))),
    'OpenAIGPTTokenizer': (char_bpe, {}), 'HerbertTokenizer': (char_bpe, dict(special=('<s>', '<pad>', '</s>', '<unk>', '<mask>'), lower=False)),
    'CTRLTokenizer': (char_bpe, dict(style='@@')), 'BlenderbotSmallTokenizer': (char_bpe, dict(style='@@', special=('__null__', '__start__', '__end__', '__unk__', '__newln__'))),
    'PhobertTokenizer': (fairseq, {}), 'BertweetTokenizer': (fairseq, dict(normalization=True)),
    'XLMTokenizer': (char_bpe, dict(head=False, tail=' 3', special=('<unk>', '<s>', '</s>', '<pad>', *(f'<special{i}>' for i in range(10))))), 'FlaubertTokenizer': (char_bpe, dict(head=False, lower=False, special=('<unk>', '<s>', '</s>', '<pad>', *(f'<special{i}>' for i in range(10))))),
    'BioGptTokenizer': (char_bpe, dict(head=False, special=('<unk>', '<s>', '<pad>', '</s>'))), 'FSMTTokenizer': (fsmt, {}),
    **{c: (nothing, {}) for c in ('ByT5Tokenizer', 'PerceiverTokenizer', 'CanineTokenizer', 'DiaTokenizer')}, 'MyT5Tokenizer': (myt5, {}), 'EsmTokenizer': (esm, {}),
    'MgpstrTokenizer': (letters, dict(special=('[GO]', '[s]'))), 'CpmAntTokenizer': (cpmant, {}), 'GPTNeoXJapaneseTokenizer': (neox_japanese, {}),
    'Wav2Vec2CTCTokenizer': (letters, dict(do_lower_case=True)), 'Wav2Vec2PhonemeCTCTokenizer': (letters, dict(do_phonemize=False)), 'VitsTokenizer': (letters, dict(special=('<pad>', '<unk>'), phonemize=False)),
}
OPTIONAL = {'RoFormerTokenizer': 'rjieba', 'CpmAntTokenizer': 'rjieba', 'BertJapaneseTokenizer': 'fugashi', **dict.fromkeys(('XLMTokenizer', 'FlaubertTokenizer', 'BioGptTokenizer', 'FSMTTokenizer'), 'sacremoses'), 'BertweetTokenizer': 'emoji'}
made = {}

def build(name, folder):
    maker, options, *_ = CASES[name]
    maker(folder, name, **options)

@pytest.fixture(params=CASES)
def both(request, tmp_path_factory):
    transformers = pytest.importorskip('transformers')
    import nbformers
    name = request.param
    if name in OPTIONAL: pytest.importorskip(OPTIONAL[name])
    if name not in made:
        folder = tmp_path_factory.mktemp(name)
        build(name, folder)
        made[name] = getattr(nbformers, name).from_pretrained(folder), getattr(transformers, name).from_pretrained(folder), folder, name
    return made[name]

def inputs(name, ref, n=160):
    odd = 'plain' not in CASES[name][2:]
    return list(texts(n, seed=hash(name) % 1000 if False else len(name), odd=odd, words=[t for t in ref.all_special_tokens if t.strip() and t.isprintable()]))

def test_ids(both):
    ours, ref, _, name = both
    for t in inputs(name, ref):
        a, b = ours(t, verbose=False), ref(t, verbose=False)
        assert set(a) == set(b.keys()), (set(a), set(b.keys()))
        for k in a: assert list(a[k]) == list(b[k]), (k, t, ours.convert_ids_to_tokens(a['input_ids']), ref.convert_ids_to_tokens(b['input_ids']))
        assert ours.encode(t, add_special_tokens=False) == ref.encode(t, add_special_tokens=False)

def test_pairs_and_batches(both):
    ours, ref, _, name = both
    ts = [t for t in inputs(name, ref, 40) if t.strip()]
    for a, b in zip(ts, reversed(ts)):
        if not ref(b, add_special_tokens=False)['input_ids']: continue
        x, y = (tok(a, b, return_token_type_ids=True, return_special_tokens_mask=True, verbose=False) for tok in (ours, ref))
        for k in ('input_ids', 'token_type_ids', 'attention_mask', 'special_tokens_mask'): assert list(x[k]) == list(y[k]), (k, a, b)
    if ref.pad_token is None: return
    x, y = (tok(ts, padding=True, truncation=True, max_length=12) for tok in (ours, ref))
    for k in y.keys(): assert [list(r) for r in x[k]] == [list(r) for r in y[k]], k

def test_decoding(both):
    ours, ref, _, name = both
    for t in inputs(name, ref):
        ids = ref(t, verbose=False)['input_ids']
        for skip in (False, True): assert ours.decode(ids, skip_special_tokens=skip) == ref.decode(ids, skip_special_tokens=skip), (t, skip)
    assert ours.batch_decode([ids, ids[:3]]) == ref.batch_decode([ids, ids[:3]])

def test_special_tokens(both):
    ours, ref, _, _ = both
    assert len(ours) == len(ref) and ours.vocab_size == ref.vocab_size
    for role in ref.SPECIAL_TOKENS_ATTRIBUTES:
        assert getattr(ours, role) == getattr(ref, role), role
        assert getattr(ours, f'{role}_id') == getattr(ref, f'{role}_id'), role
    assert set(ours.all_special_tokens) == set(ref.all_special_tokens)
    assert ours.padding_side == ref.padding_side and ours.model_input_names == ref.model_input_names
    for pair in (False, True): assert ours.num_special_tokens_to_add(pair) == ref.num_special_tokens_to_add(pair)

def test_saved_files_read_by_the_other(both, tmp_path):
    ours, ref, _, name = both
    ours.save_pretrained(tmp_path/'ours'); ref.save_pretrained(tmp_path/'ref')
    there, here = type(ref).from_pretrained(tmp_path/'ours'), type(ours).from_pretrained(tmp_path/'ref')
    again = type(ours).from_pretrained(tmp_path/'ours')
    for t in inputs(name, ref, 40):
        want = ref(t, verbose=False)['input_ids']
        assert there(t, verbose=False)['input_ids'] == want, t
        assert here(t, verbose=False)['input_ids'] == want, t
        assert again(t, verbose=False)['input_ids'] == want, t
