"The tokenizer against the reference library, loaded from the same files: every option of the call, fuzzed text, saving, threads."
import itertools, json, random, shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

transformers = pytest.importorskip('transformers')
from nbformers.config.hub import starter_folder  # noqa: E402
from nbformers.tokenizer import loading  # noqa: E402
from nbformers.tokenizer.base import PreTrainedTokenizerBase  # noqa: E402
from nbformers.tokenizer.loading import load_tokenizer  # noqa: E402

PAGE = """Call me Ishmael. Some years ago—never mind how long precisely—having little or no money in my purse, and nothing
particular to interest me on shore, I thought I would sail about a little and see the watery part of the world. It is a
way I have of driving off the spleen and regulating the circulation. Whenever I find myself growing grim about the mouth;
whenever it is a damp, drizzly November in my soul; then, I account it high time to get to sea as soon as I can.
Café naïve façade 12345 67 don't I'll we've 東京 Москва العربية 🐋🌊 ½ ﬁ"""

def minilm(folder):
    try: src = starter_folder('starter/minilm')
    except Exception as e: pytest.skip(f'needs the MiniLM package: {e}')
    for p in src.glob('*.json'): shutil.copy(p, folder/p.name)
    shutil.copy(src/'vocab.txt', folder/'vocab.txt')
    (folder/'config.json').write_text('{"model_type": "bert"}')

def write(folder, rust, cls, model_type, **config):
    rust.save(str(folder/'tokenizer.json'))
    (folder/'tokenizer_config.json').write_text(json.dumps({'tokenizer_class': cls, **config}))
    (folder/'config.json').write_text(json.dumps({'model_type': model_type}))

def byte_level(size=500, special=('<|endoftext|>',)):
    rust = Tokenizer(models.BPE())
    rust.pre_tokenizer, rust.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    rust.train_from_iterator([PAGE], trainers.BpeTrainer(vocab_size=size, special_tokens=list(special), initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    return rust

def gpt2(folder):
    rust = byte_level()
    rust.post_processor = processors.ByteLevel(trim_offsets=False)
    write(folder, rust, 'GPT2Tokenizer', 'gpt2', model_max_length=64, pad_token='<|endoftext|>')

def chatml(folder):
    rust = byte_level(520, ('<|endoftext|>', '<|im_start|>', '<|im_end|>'))
    rust.normalizer = normalizers.NFC()
    write(folder, rust, 'PreTrainedTokenizerFast', 'granite', model_max_length=128, pad_token='<|endoftext|>', eos_token='<|im_end|>', padding_side='left',
          additional_special_tokens=['<|im_start|>'], chat_template="{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}")

def metaspace(folder):
    rust = Tokenizer(models.BPE(unk_token='<unk>', fuse_unk=True, byte_fallback=True))
    rust.pre_tokenizer = pre_tokenizers.Metaspace('▁', prepend_scheme='first', split=False)
    rust.decoder = decoders.Sequence([decoders.Replace('▁', ' '), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(' ', 1, 0)])
    rust.train_from_iterator(PAGE.split('\n'), trainers.BpeTrainer(vocab_size=500, special_tokens=['<unk>', '<s>', '</s>', *(f'<0x{i:02X}>' for i in range(256))], show_progress=False))
    spec = json.loads(rust.to_str()); spec['added_tokens'] = spec['added_tokens'][:3]
    rust = Tokenizer.from_str(json.dumps(spec))
    rust.post_processor = processors.TemplateProcessing(single='<s>:0 $A:0', pair='<s>:0 $A:0 <s>:1 $B:1', special_tokens=[('<s>', 1)])
    write(folder, rust, 'LlamaTokenizer', 'llama', model_max_length=64, pad_token='</s>', bos_token='<s>', eos_token='</s>', unk_token='<unk>')

def unigram(folder):
    rust = Tokenizer(models.Unigram())
    rust.normalizer, rust.pre_tokenizer, rust.decoder = normalizers.NFKC(), pre_tokenizers.Metaspace(), decoders.Metaspace()
    rust.train_from_iterator(PAGE.split('\n'), trainers.UnigramTrainer(vocab_size=150, special_tokens=['<pad>', '</s>', '<unk>'], unk_token='<unk>', show_progress=False))
    rust.post_processor = processors.TemplateProcessing(single='$A </s>', pair='$A </s> $B </s>', special_tokens=[('</s>', 1)])
    rust.add_special_tokens([AddedToken('<mask>', lstrip=True)])
    write(folder, rust, 'PreTrainedTokenizerFast', 'granite', model_max_length=32, pad_token='<pad>', eos_token='</s>', unk_token='<unk>', mask_token='<mask>', truncation_side='left')

def slow_bert(folder):
    minilm(folder)
    (folder/'tokenizer.json').unlink()

def slow_gpt2(folder):
    byte_level().model.save(str(folder))
    (folder/'tokenizer_config.json').write_text(json.dumps({'tokenizer_class': 'GPT2Tokenizer', 'model_max_length': 64, 'pad_token': '<|endoftext|>'}))
    (folder/'config.json').write_text('{"model_type": "gpt2"}')

def slow_roberta(folder):
    byte_level(520, ('<s>', '<pad>', '</s>', '<unk>', '<mask>')).model.save(str(folder))
    (folder/'tokenizer_config.json').write_text(json.dumps({'tokenizer_class': 'RobertaTokenizer', 'model_max_length': 64, 'add_prefix_space': True}))
    (folder/'special_tokens_map.json').write_text(json.dumps({'mask_token': {'content': '<mask>', 'lstrip': True, 'rstrip': False, 'normalized': False, 'single_word': False}}))
    (folder/'config.json').write_text('{"model_type": "roberta"}')

def slow_qwen(folder):
    byte_level(520, ('<|endoftext|>',)).model.save(str(folder))
    (folder/'tokenizer_config.json').write_text(json.dumps({'tokenizer_class': 'Qwen2Tokenizer', 'model_max_length': 64, 'pad_token': '<|endoftext|>',
        'added_tokens_decoder': {}, 'additional_special_tokens': []}))
    (folder/'added_tokens.json').write_text('{}')
    (folder/'config.json').write_text('{"model_type": "qwen2"}')

KINDS = dict(minilm=minilm, gpt2=gpt2, chatml=chatml, metaspace=metaspace, unigram=unigram, slow_bert=slow_bert, slow_gpt2=slow_gpt2, slow_roberta=slow_roberta, slow_qwen=slow_qwen)
made = {}

@pytest.fixture(params=KINDS)
def both(request, tmp_path_factory):
    if request.param not in made:
        folder = tmp_path_factory.mktemp(request.param)
        KINDS[request.param](folder)
        made[request.param] = load_tokenizer(folder), transformers.AutoTokenizer.from_pretrained(folder), folder
    return made[request.param]

def same(a, b):
    "Equal dictionaries of lists, tensors or arrays."
    assert set(a) == set(b.keys())
    for k in a:
        if isinstance(b[k], torch.Tensor): assert torch.equal(a[k], b[k]) and a[k].dtype == b[k].dtype, k
        elif isinstance(b[k], np.ndarray): np.testing.assert_array_equal(a[k], b[k])
        else: assert list(a[k]) == list(b[k]), k

ALPHABETS = ['abcdefghijklmnopqrstuvwxyz', 'ABCXYZ', '0123456789', ' \t\n\r\u00a0\u2028\u3000\u200b', '.,;:!?\'"-—()[]{}<>/\\|@#$%^&*_+=~`', 'àéîõüçñßøåæœ', 'абвгдежз', 'اﻻبتثج\u064b\u0651', 'अआइकखग\u093e\u094d',
             '東京日本語漢字かなカナ', '한국어', '🐋🌊👩\u200d👩\u200d👧🇩🇪\ufe0f', '\u0301\u0308\u0327', '\x00\x01\x7f\x85\ufffd\ufeff', '½ﬁⅣ①℃', 'αβγΣς', '\U0001d54f\U00020000']
WORDS = ['the', 'whale', 'unfathomable', '[MASK]', '[SEP]', '<|endoftext|>', '<|im_start|>', '</s>', '<mask>', '<s>', '##ing', "don't", '  ', '\n\n', 'x'*150, 'İstanbul', 'ǅ', '<0x41>', '▁sea', 'Ġsea']

def texts(n, seed=0):
    r = random.Random(seed)
    for _ in range(n):
        parts = []
        for _ in range(r.randint(0, 12)):
            parts.append(r.choice(WORDS) if r.random() < .3 else ''.join(r.choice(r.choice(ALPHABETS)) for _ in range(r.randint(1, 6))))
            if r.random() < .6: parts.append(' ')
        yield ''.join(parts)

def test_fuzzed_text(both):
    ours, ref, _ = both
    for t in texts(600):
        a, b = ours(t, return_offsets_mapping=True, verbose=False), ref(t, return_offsets_mapping=True, verbose=False)
        same(a, b)
        assert a.tokens() == b.tokens() and a.word_ids() == b.word_ids() and a.sequence_ids() == b.sequence_ids()
        for skip in (False, True): assert ours.decode(a['input_ids'], skip_special_tokens=skip) == ref.decode(b['input_ids'], skip_special_tokens=skip)
        assert ours.tokenize(t) == ref.tokenize(t)
        assert ours.encode(t) == ref.encode(t) and ours.encode(t, add_special_tokens=False) == ref.encode(t, add_special_tokens=False)

def test_against_the_rust_library_itself(both):
    ours, _, folder = both
    if not (folder/'tokenizer.json').is_file(): pytest.skip('slow files')
    rust = Tokenizer.from_file(str(folder/'tokenizer.json')); rust.no_truncation(); rust.no_padding()
    batch = list(texts(2000, 1))
    got = ours(batch, return_offsets_mapping=True, verbose=False)
    for i, e in enumerate(rust.encode_batch(batch)):
        assert got['input_ids'][i] == e.ids and got['offset_mapping'][i] == e.offsets
    assert ours.batch_decode(got['input_ids'], skip_special_tokens=True) == rust.decode_batch(got['input_ids'], skip_special_tokens=True)

LONG = PAGE.replace('\n', ' ')
INPUTS = {'one': ('Call me Ishmael.',), 'empty': ('',), 'long': (LONG,), 'pair': ('Call me Ishmael.', LONG), 'batch': (['It is a way I have', '', LONG],),
          'pairs': (['sea', LONG], [LONG, 'high time']), 'tuples': ([('sea', 'shore'), ('grim', 'about the mouth')],)}
OPTIONS = dict(padding=[False, True, 'max_length'], truncation=[None, True, 'only_first', 'only_second', 'longest_first'], max_length=[None, 9, 24], stride=[0, 2],
               return_overflowing_tokens=[False, True], padding_side=[None, 'left'], add_special_tokens=[True, False])

def outcome(f):
    try: return f()
    except BaseException as e: return e

def compared(ours, ref, args, kw):
    a, b = outcome(lambda: ours(*args, **kw)), outcome(lambda: ref(*args, **kw))
    if isinstance(b, BaseException): assert isinstance(a, ValueError), (args, kw, a, b); return 'error'
    if isinstance(a, BaseException): assert 'leaves no room' in str(a) or 'must be below' in str(a), (args, kw, repr(a)); return 'refused'
    same(a, b)
    return 'same'

@pytest.mark.filterwarnings('ignore')
@pytest.mark.parametrize('name', INPUTS)
def test_lengths(both, name):
    "Padding, truncation, windows, sides: combinations of all options."
    ours, ref, _ = both
    seen = []
    for n, values in enumerate(itertools.product(*OPTIONS.values())):
        if n % 5 != len(name) % 5: continue                   # a fifth for each input: together they cover every pair of options
        kw = {**dict(zip(OPTIONS, values)), 'verbose': False, 'return_offsets_mapping': True, 'return_special_tokens_mask': True, 'return_length': True}
        if kw['return_overflowing_tokens'] and name in ('pair', 'pairs') and kw['stride'] and kw['max_length'] == 24: continue    # thousands of windows, nothing new
        seen.append(compared(ours, ref, INPUTS[name], kw))
    assert seen.count('same') >= .5*len(seen)

@pytest.mark.parametrize('kw', [dict(return_tensors='pt', padding=True), dict(return_tensors='np', padding=True), dict(return_tensors='pt', padding='max_length', max_length=40, truncation=True), dict(pad_to_multiple_of=8, padding=True),
    dict(pad_to_multiple_of=8, padding=True, truncation=True, max_length=16), dict(return_token_type_ids=True), dict(return_token_type_ids=False), dict(return_attention_mask=False), dict(return_special_tokens_mask=True), dict(return_length=True),
    dict(return_offsets_mapping=True, padding=True), dict(return_offsets_mapping=True, return_tensors='pt', padding=True), dict(split_special_tokens=True), dict(max_length=7, truncation=True, return_overflowing_tokens=True, padding=True, return_tensors='pt'), dict(tokenizer_kwargs={'padding': 'max_length', 'max_length': 50, 'truncation': True})], ids=str)
def test_other_options(both, kw):
    ours, ref, _ = both
    for args in ([['Call me Ishmael.', 'sea</s> [SEP]<|endoftext|> side']], ['Call me Ishmael. [MASK]<|endoftext|>'], [['a', 'b c'], ['d e f', 'g']]):
        assert compared(ours, ref, args, {**kw, 'verbose': False}) in ('same', 'error')

def test_words(both):
    ours, ref, _ = both
    for args in ([['Call', 'me', 'Ishmael', '.']], [[['Call', 'me'], ['unfathomable', '', '🐋']]], [[['a', 'b']], [['c', 'd', 'e']]], [['a', 'b'], ['c']]):
        for kw in ({}, dict(padding=True, return_tensors='pt'), dict(truncation=True, max_length=8, return_overflowing_tokens=True)):
            a, b = outcome(lambda: ours(*args, is_split_into_words=True, **kw)), outcome(lambda: ref(*args, is_split_into_words=True, **kw))
            if isinstance(b, Exception): assert isinstance(a, Exception); continue
            same(a, b)
            for i in range(len(b.encodings)): assert a.word_ids(i) == b.word_ids(i) and a.sequence_ids(i) == b.sequence_ids(i)

def test_maps(both):
    ours, ref, _ = both
    batch = ['Call me Ishmael, unfathomable 🐋 café.', 'sea']
    a, b = ours(batch, ['shore', 'high time']), ref(batch, ['shore', 'high time'])
    for r in range(2):
        for c in range(len(batch[r])):
            assert a.char_to_token(r, c) == b.char_to_token(r, c) and a.char_to_word(r, c) == b.char_to_word(r, c)
        for t in range(len(b.encodings[r])):
            assert a.token_to_word(r, t) == b.token_to_word(r, t) and a.token_to_sequence(r, t) == b.token_to_sequence(r, t) and a.token_to_chars(r, t) == b.token_to_chars(r, t)
        for w in {w for w, s in zip(b.word_ids(r), b.sequence_ids(r)) if s == 0}:
            assert a.word_to_tokens(r, w) == b.word_to_tokens(r, w) and a.word_to_chars(r, w) == b.word_to_chars(r, w)
    assert a.char_to_token(0, 0, sequence_index=1) == b.char_to_token(0, 0, sequence_index=1)
    assert a.n_sequences == b.n_sequences == 2

def test_special_tokens(both):
    ours, ref, _ = both
    for k in ('bos_token', 'eos_token', 'unk_token', 'sep_token', 'pad_token', 'cls_token', 'mask_token'):
        assert getattr(ours, k) == getattr(ref, k) and getattr(ours, f'{k}_id') == getattr(ref, f'{k}_id'), k
    assert ours.all_special_tokens == ref.all_special_tokens and ours.all_special_ids == ref.all_special_ids
    assert (ours.vocab_size, len(ours), ours.get_vocab()) == (ref.vocab_size, len(ref), ref.get_vocab())
    assert ours.get_added_vocab() == ref.get_added_vocab() and ours.special_tokens_map == ref.special_tokens_map
    assert {i: repr(t) for i, t in ours.added_tokens_decoder.items()} == {i: repr(t) for i, t in ref.added_tokens_decoder.items()}
    for k in ('model_max_length', 'padding_side', 'truncation_side', 'model_input_names', 'pad_token_type_id', 'clean_up_tokenization_spaces'): assert getattr(ours, k) == getattr(ref, k), k
    assert [ours.num_special_tokens_to_add(p) for p in (False, True)] == [ref.num_special_tokens_to_add(p) for p in (False, True)]
    some = list(range(0, len(ours), 7))
    assert ours.convert_ids_to_tokens(some) == ref.convert_ids_to_tokens(some)
    assert ours.convert_tokens_to_ids(['whale', 'krakenkraken', ours.eos_token or ours.sep_token]) == ref.convert_tokens_to_ids(['whale', 'krakenkraken', ours.eos_token or ours.sep_token])

def test_adding_tokens(both):
    _, _, folder = both
    ours, ref = load_tokenizer(folder), transformers.AutoTokenizer.from_pretrained(folder)
    ours('warm the variants up', truncation=True, max_length=8)
    for t in (ours, ref):
        t.add_tokens(['kraken', AddedToken('leviathan', single_word=True, lstrip=True)])
        t.add_special_tokens({'cls_token': '<CLS>', 'extra_special_tokens': ['<A>', '<B>']})
        t.eos_token = '<A>'
    text = 'a krakens leviathan leviathans <CLS>x<A> <B>'
    for kw in ({}, dict(truncation=True, max_length=8)): same(ours(text, **kw), ref(text, **kw))
    ids = ref(text)['input_ids']
    assert ours.decode(ids, skip_special_tokens=True) == ref.decode(ids, skip_special_tokens=True)
    assert len(ours) == len(ref) and ours.all_special_tokens == ref.all_special_tokens and ours.eos_token_id == ref.eos_token_id

@pytest.mark.filterwarnings('ignore')
def test_pad(both):
    ours, ref, _ = both
    rows = [{k: v for k, v in ref(t, verbose=False).items()} for t in ('sea', LONG, 'high time', '')]
    for kw in ({}, dict(padding='max_length', max_length=200), dict(pad_to_multiple_of=8), dict(padding_side='left'), dict(return_tensors='pt'), dict(return_tensors='np'), dict(padding=False)):
        same(ours.pad(rows, **kw), ref.pad(rows, **kw))
        same(ours.pad({'input_ids': [r['input_ids'] for r in rows]}, **kw), ref.pad({'input_ids': [r['input_ids'] for r in rows]}, **kw))
    same(ours.pad(dict(rows[0]), padding='max_length', max_length=20), ref.pad(dict(rows[0]), padding='max_length', max_length=20))
    tensors = [{'input_ids': torch.tensor(r['input_ids'])} for r in rows[:2]]
    same(ours.pad(tensors), ref.pad(tensors))

def test_decode(both):
    ours, ref, _ = both
    batch = ref(['Call me Ishmael.', 'high time , is n\'t it ?'], padding=True, return_tensors='pt')['input_ids']
    for ids in (batch, batch[0], batch.tolist(), batch.numpy(), batch[0].numpy(), int(batch[0, 1]), list(batch[0])):
        for kw in ({}, dict(skip_special_tokens=True), dict(skip_special_tokens=True, clean_up_tokenization_spaces=True)):
            assert ours.decode(ids, **kw) == ref.decode(ids, **kw)
    assert ours.batch_decode(batch) == ref.batch_decode(batch)
    assert ours.decode({'input_ids': batch[0]}) == ref.decode(batch[0])
    tokens = ref.tokenize('Call me Ishmael, unfathomable.')
    assert ours.convert_tokens_to_string(tokens) == ref.convert_tokens_to_string(tokens)

@pytest.mark.parametrize('change', [False, True])
def test_saved_files_reload_here_and_in_the_reference(both, change, tmp_path):
    _, _, folder = both
    ours = load_tokenizer(folder)
    if change:
        ours.add_special_tokens({'mask_token': AddedToken('<M>', lstrip=True), 'extra_special_tokens': ['<A>']}); ours.add_tokens(['kraken'])
        ours.padding_side, ours.model_max_length, ours.chat_template = 'left', 77, '{{ messages[0].content }}'
    files = ours.save_pretrained(tmp_path)
    assert all(Path(f).is_file() for f in files)
    here, there = load_tokenizer(tmp_path), transformers.AutoTokenizer.from_pretrained(tmp_path)
    assert type(here) is type(ours)
    for t in (here, there):
        assert t.special_tokens_map == ours.special_tokens_map and len(t) == len(ours) and t.model_max_length == ours.model_max_length
        assert t.padding_side == ours.padding_side and t.chat_template == ours.chat_template
    plain = folder.name.startswith('slow_qwen')               # the reference's Qwen class forgets a token's flags when it loads
    for t in [*texts(200, 2), 'kraken <M><A> sea' if not plain else 'kraken<M><A> sea']:
        assert here.encode(t) == there.encode(t) == ours.encode(t)

def test_reference_saves_we_load(both, tmp_path):
    ours, ref, _ = both
    ref.save_pretrained(tmp_path)
    back = load_tokenizer(tmp_path)
    for t in texts(200, 3): assert back.encode(t) == ref.encode(t)
    assert back.special_tokens_map == ref.special_tokens_map and back.model_max_length == ref.model_max_length

def test_threads(both):
    "32 threads, each with settings of its own, on one object: as alone."
    _, _, folder = both
    ours = load_tokenizer(folder)
    batch = [LONG, 'sea', 'Call me Ishmael.']
    settings = [dict(padding=p, truncation=True, max_length=n, padding_side=s, stride=n % 3, return_overflowing_tokens=bool(n % 2), return_tensors=None) for n in range(8, 24) for p, s in (('max_length', 'left'), (True, 'right'))]
    settings += [dict(split_special_tokens=b, padding=b) for b in (True, False)]*2
    alone = [dict(load_tokenizer(folder)(batch, verbose=False, **s)) for s in settings]
    with ThreadPoolExecutor(32) as pool: got = list(pool.map(lambda s: dict(ours(batch, verbose=False, **s)), settings*8))
    assert got == alone*8

def test_train_new(both):
    ours, ref, folder = both
    lines, kind = PAGE.split('\n')*3, type(ours._rust.model).__name__
    size = 320 if kind == 'BPE' else 120
    a = ours.train_new_from_iterator(lines, size, new_special_tokens=['<new>'], show_progress=False)
    b = ref.train_new_from_iterator(lines, size, new_special_tokens=['<new>'], show_progress=False)
    assert a.all_special_tokens == b.all_special_tokens and a.eos_token == b.eos_token and type(a) is type(ours)
    if folder.name.startswith('slow_qwen'): assert set(pre_tokenizers.ByteLevel.alphabet()) <= set(a.get_vocab()); return      # the reference looks for the byte splitter under another key and loses bytes it did not see
    if kind != 'BPE': assert len(set(a.get_vocab()) ^ set(b.get_vocab())) < 12; return                                          # ties are broken at random by the Rust trainer
    assert a.get_vocab() == b.get_vocab()
    if folder.name.startswith('metaspace'): return                                                                              # the reference rebuilds this class without its unknown token
    for t in texts(200, 4): assert a.encode(t) == b.encode(t)

def test_targets_and_old_names(both):
    ours, ref, _ = both
    same(ours('sea', text_target='high time'), ref('sea', text_target='high time'))
    same(ours(text_target=['sea', 'high time'], padding=True), ref(text_target=['sea', 'high time'], padding=True))
    assert ours.encode_plus('sea')['input_ids'] == ref('sea')['input_ids']
    ids, more = ours.encode('Call me', add_special_tokens=False), ours.encode('high time', add_special_tokens=False)
    assert ours.build_inputs_with_special_tokens(ids) == ref('Call me')['input_ids']
    assert ours.build_inputs_with_special_tokens(ids, more) == ref('Call me', 'high time')['input_ids']
    assert ours.create_token_type_ids_from_sequences(ids, more) == ref('Call me', 'high time', return_token_type_ids=True)['token_type_ids']
    short = ours.prepare_for_model(ids*6, more*6, truncation=True, max_length=14)['input_ids']
    assert len(short) == 14 and set(short) <= set(ours.build_inputs_with_special_tokens(ids, more))

def test_errors_say_what_to_do(tmp_path):
    gpt2(tmp_path)
    config = json.loads((tmp_path/'tokenizer_config.json').read_text()); del config['pad_token']
    (tmp_path/'tokenizer_config.json').write_text(json.dumps(config))
    tok = load_tokenizer(tmp_path)
    with pytest.raises(ValueError, match='tokenizer.pad_token = tokenizer.eos_token'): tok(['a', 'b c'], padding=True)
    tok.pad_token = '[PAD]'
    with pytest.raises(ValueError, match='not in the vocabulary'): tok(['a', 'b c'], padding=True)
    tok.pad_token = tok.eos_token
    assert tok(['a', 'b c'], padding=True)['attention_mask'][0][-1] == 0
    for bad in (None, 3, ['a', None], [3]):
        with pytest.raises((ValueError, TypeError)): tok(bad)
    with pytest.raises(ImportError, match='PyTorch'): tok('a', return_tensors='tf')
    with pytest.raises(ValueError, match='-100'): tok.decode([1, -100])
    with pytest.raises(ValueError, match='padding=True'): tok(['a', 'b c d e'], return_tensors='pt')
    with pytest.warns(UserWarning, match='did you mean max_length'): tok('a', max_lengt=4)

@pytest.mark.parametrize('name,content,match', [('tokenizer.json', '{"version":', 'tokenizer.json'), ('tokenizer.json', '[]', 'tokenizer.json'), ('tokenizer_config.json', '{', 'not valid JSON'), ('tokenizer_config.json', '[1]', 'object'),
    ('tokenizer_config.json', '{"padding_side": "top"}', 'padding_side'), ('tokenizer_config.json', '{"added_tokens_decoder": {"9999": {"content": "<x>", "lstrip": false, "rstrip": false, "normalized": false, "single_word": false, "special": true}}}', 'do not belong together')])
def test_broken_files(tmp_path, name, content, match):
    gpt2(tmp_path)
    (tmp_path/name).write_text(content)
    with pytest.raises((ValueError, OSError), match=match): load_tokenizer(tmp_path)

def test_a_config_names_no_other_file(tmp_path):
    gpt2(tmp_path)
    other = tmp_path/'other'; other.mkdir(); metaspace(other)
    config = {**json.loads((tmp_path/'tokenizer_config.json').read_text()), 'tokenizer_file': str(other/'tokenizer.json'), 'vocab_file': '/etc/passwd', 'auto_map': {'AutoTokenizer': ['evil.Evil', None]}}
    before = load_tokenizer(tmp_path).encode('Call me')
    (tmp_path/'tokenizer_config.json').write_text(json.dumps(config))
    assert load_tokenizer(tmp_path).encode('Call me') == before

def test_backend_changes_by_hand_are_seen(tmp_path):
    gpt2(tmp_path)
    tok = load_tokenizer(tmp_path)
    tok('a b c d', truncation=True, max_length=3)
    tok.backend_tokenizer.post_processor = processors.TemplateProcessing(single='<|endoftext|> $A', pair='$A $B', special_tokens=[('<|endoftext|>', 0)])
    assert tok('a b c d', truncation=True, max_length=3)['input_ids'][0] == 0

def test_imports_without_torch(python):
    assert python("import sys, nbformers.tokenizer.loading as l; l.load_tokenizer; print([m for m in ('torch','transformers','jinja2','numpy.random','datasets') if m in sys.modules])") == '[]'

def test_isinstance_and_registry():
    assert issubclass(loading.find_class("BertTokenizerFast"), PreTrainedTokenizerBase)
    class Kraken(loading.PreTrainedTokenizer): pass
    assert loading.PreTrainedTokenizer.known.pop('Kraken') is Kraken
