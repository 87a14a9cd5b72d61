"""Text pipelines beside the reference's, over tiny models of many architectures: token classification, zero-shot classification and tables beside 5.23 as
it runs; question answering and text to text, which 5 dropped, beside stored answers of 4.57.6 (tasks.json). Both sides draw a model from its parameters'
names on disk and inputs from a seed. Answers are remade in that version's environment, and the whole sweep is run, by

    python -W ignore -m tests.golden.tasks make          (4.57.6)
    python -W ignore -m tests.golden.tasks [pattern]     (5.23)"""
import json, random, sys, tempfile, zlib
from pathlib import Path
import torch
from safetensors.torch import load_file, save_file
from .specs import noise

FILE = Path(__file__).parent/'tasks.json'
PAGE = ('Call me Ishmael. Some years ago never mind how long precisely having little or no money in my purse, and nothing particular to interest me on shore, '
        'I thought I would sail about a little and see the watery part of the world. Captain Ahab met Queequeg in Nantucket in 1851; the whale was white.')
SPECIAL = ['<pad>', '</s>', '<unk>', '<s>', '<mask>']
WIDE = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48, max_position_embeddings=400)
GPT = dict(n_embd=32, n_layer=2, n_head=4, n_positions=400)
PAIR = dict(d_model=32, encoder_layers=2, decoder_layers=2, encoder_attention_heads=4, decoder_attention_heads=4, encoder_ffn_dim=48, decoder_ffn_dim=48, max_position_embeddings=400, decoder_start_token_id=1)
T5 = dict(d_model=32, d_kv=8, d_ff=48, num_layers=2, num_heads=4, decoder_start_token_id=0)
ENCODERS = {'Bert': WIDE, 'DistilBert': dict(dim=32, n_layers=2, n_heads=4, hidden_dim=48, max_position_embeddings=400), 'Albert': WIDE | dict(embedding_size=16), 'Roberta': WIDE | dict(max_position_embeddings=410),
            'Electra': WIDE | dict(embedding_size=16), 'RemBert': WIDE | dict(input_embedding_size=16, output_embedding_size=16), 'SqueezeBert': WIDE | dict(embedding_size=32, q_groups=2, k_groups=2, v_groups=2, post_attention_groups=1, intermediate_groups=2, output_groups=2),
            'Camembert': WIDE | dict(max_position_embeddings=410), 'Ernie': WIDE, 'XLMRoberta': WIDE | dict(max_position_embeddings=410), 'RoFormer': WIDE, 'GPT2': GPT, 'Bloom': dict(hidden_size=32, n_layer=2, n_head=4), 'OPT': dict(hidden_size=32, word_embed_proj_dim=32, ffn_dim=48, num_hidden_layers=2, num_attention_heads=4, max_position_embeddings=400),
            'Llama': WIDE | dict(num_key_value_heads=2), 'Bart': PAIR, 'MBart': PAIR}
WRITERS = {'GPT2': GPT, 'Bloom': ENCODERS['Bloom'], 'OPT': ENCODERS['OPT'], 'Llama': ENCODERS['Llama'], **{k: WIDE | dict(num_key_value_heads=2, head_dim=8) for k in ('Mistral', 'Qwen3', 'Gemma')}, 'Qwen2': WIDE | dict(num_key_value_heads=2),
           'GPTNeoX': WIDE, 'GPTJ': GPT | dict(rotary_dim=4), 'Falcon': dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=4), 'StableLm': WIDE | dict(num_key_value_heads=2)}
SEQ2SEQ = {'T5': T5, 'UMT5': T5, 'Bart': PAIR, 'MBart': PAIR, 'Pegasus': PAIR, 'PLBart': PAIR, 'Blenderbot': PAIR, 'BlenderbotSmall': PAIR, 'M2M100': PAIR, 'Marian': PAIR | dict(decoder_start_token_id=0)}
HEAD = {'class': 'ForSequenceClassification', 'mask': 'ForMaskedLM', 'features': 'Model', 'write': 'ForCausalLM', 'token': 'ForTokenClassification', 'zero': 'ForSequenceClassification', 'qa': 'ForQuestionAnswering', **dict.fromkeys(('text', 'sum', 'trans'), 'ForConditionalGeneration')}
NONE = {'mask': {'GPT2', 'Bloom', 'OPT', 'Llama', 'Bart', 'MBart'}, 'features': {'Bart', 'MBart'}, 'token': {'Bart', 'MBart', 'Llama', 'OPT'}, 'qa': {'MBart', 'Camembert', 'Ernie', 'XLMRoberta', 'RoFormer'}}   # without that head, or others of its kind are enough
TASK = {'class': 'text-classification', 'mask': 'fill-mask', 'features': 'feature-extraction', 'write': 'text-generation', 'token': 'token-classification', 'zero': 'zero-shot-classification', 'qa': 'question-answering', 'text': 'text2text-generation', 'sum': 'summarization', 'trans': 'translation_en_to_de'}
STORED = {'qa', 'text', 'sum', 'trans'}   # dropped by 5
LABELS = ['O', 'B-PER', 'I-PER', 'B-LOC', 'I-LOC', 'MISC']

SINES = {'Pegasus', 'Marian', 'M2M100'}   # whose positions are no parameters

def configs(task): return SEQ2SEQ if task in ('text', 'sum', 'trans') else WRITERS if task == 'write' else ENCODERS
def kinds(task): return [k for k in configs(task) if k not in NONE.get(task, ())]

def pieces():
    "A vocabulary of words, halves of words and letters."
    words = sorted({w.strip('.,;').lower() for w in PAGE.split()})
    letters = sorted({c for w in words for c in w})
    return list(dict.fromkeys([*SPECIAL, '.', ',', ';', '-', "'", *words[::2], *(w[:3] for w in words), *('##'+w[3:] for w in words[::3] if w[3:]), *letters, *('##'+c for c in letters)]))

def tokenizer(hf, kind):
    "Words in pieces with a mark for those that go on (bert's way), or bytes (gpt-2's)."
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
    marked = kind in ('Bert', 'DistilBert', 'Albert', 'Electra', 'SqueezeBert', 'Ernie', 'RoFormer')
    raw = Tokenizer(models.WordPiece(dict(map(reversed, enumerate(pieces()))), unk_token='<unk>') if marked else models.BPE(unk_token='<unk>'))
    if marked: raw.normalizer, raw.pre_tokenizer, raw.decoder = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer(), decoders.WordPiece()
    else: raw.pre_tokenizer, raw.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    if not marked: raw.train_from_iterator([PAGE], trainers.BpeTrainer(vocab_size=300, special_tokens=SPECIAL, show_progress=False, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    frame = ('$A </s>', '$A </s> $B </s>') if kind in SEQ2SEQ and kind not in ENCODERS else ('<s> $A </s>', '<s> $A </s> $B:1 </s>:1')
    raw.post_processor = processors.TemplateProcessing(single=frame[0], pair=frame[1], special_tokens=[('<s>', 3), ('</s>', 1)])
    chat = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }} {% endfor %}"
    return hf.PreTrainedTokenizerFast(tokenizer_object=raw, chat_template=chat, pad_token='<pad>', eos_token='</s>', unk_token='<unk>', bos_token='<s>', cls_token='<s>', sep_token='</s>', mask_token='<mask>',
                                      model_max_length=80, model_input_names=['input_ids', 'attention_mask'] + (['token_type_ids'] if marked and kind not in ('DistilBert',) else []))

def alias(name):
    "One name for tensors that are one, whichever of them a version writes."
    for n in ('model.encoder.embed_tokens.weight', 'model.decoder.embed_tokens.weight', 'encoder.embed_tokens.weight', 'decoder.embed_tokens.weight'):
        if name == n: return 'model.shared.weight' if n.startswith('model') else 'shared.weight'
    return name

def build(hf, task, kind, folder):
    "A checkpoint of the reference, every parameter as its name says."
    tok = tokenizer(hf, kind)
    labels = LABELS if task == 'token' else ['contradiction', 'neutral', 'entailment'] if task == 'zero' else list('abcd')
    config = {**configs(task)[kind], 'vocab_size': len(tok), 'pad_token_id': 0, 'bos_token_id': 3, 'eos_token_id': 1, 'tie_word_embeddings': True}
    if task in ('token', 'zero', 'class'): config |= dict(id2label=dict(enumerate(labels)), label2id={l: i for i, l in enumerate(labels)})
    cfg = getattr(hf, kind + 'Config')(**config)
    name = kind + ('MTModel' if kind == 'Marian' else 'LMHeadModel' if kind == 'GPT2' and task == 'write' else HEAD[task])
    model = getattr(hf, name)(cfg)
    if HEAD[task] == 'ForConditionalGeneration': model.generation_config.update(forced_eos_token_id=None, forced_bos_token_id=None)
    model.save_pretrained(folder); tok.save_pretrained(folder)
    f = Path(folder)/'model.safetensors'
    disk = load_file(f)
    save_file({n: noise(alias(n), list(t.shape), 0) if t.is_floating_point() and 'final_logits_bias' not in n and not ('embed_positions' in n and kind in SINES) else t for n, t in disk.items()}, f, metadata=dict(format='pt'))
    return folder

def texts(rng, n, longest=40):
    "Sentences of the page's words, with some it does not know, accents, commas and bare whitespace."
    words = PAGE.replace('.', ' .').split() + ['é', 'Zürich', '☃', 'a-b', "don't", '中文', '  ', 'Ahab,', 'xyzzy']
    return [' '.join(rng.choice(words) for _ in range(rng.choice([1, 2, 4, 9, longest]))).strip() or 'sea' for _ in range(n)]

def calls(task, kind):
    "What is asked: positional inputs and call parameters."
    rng = random.Random(f'{task}/{kind}')
    xs = texts(rng, 5, 30)
    if task == 'token':
        for s in ('none', 'simple', 'first', 'average', 'max'): yield (xs,), dict(aggregation_strategy=s)
        yield (xs[0],), {}
        yield (xs[:1],), dict(ignore_labels=[])
        yield (['', xs[1]],), dict(aggregation_strategy='simple', ignore_labels=['PER'])
        yield (' '.join(texts(rng, 12, 30)),), dict(aggregation_strategy=rng.choice(['simple', 'max']), stride=rng.choice([0, 5, 16]))
        yield ([x.split() for x in xs],), dict(is_split_into_words=True, aggregation_strategy='first')
        yield (xs[4].split(),), dict(is_split_into_words=True, delimiter='--')
    if task == 'class':
        for kw in ({}, {'top_k': None}, {'top_k': 2}, {'function_to_apply': 'sigmoid'}): yield (xs,), kw
        yield (xs[0],), {}
        yield (xs[:1],), {'top_k': 1}
        yield ({'text': xs[1], 'text_pair': xs[2]},), {}
        yield (' '.join(texts(rng, 9, 30)),), dict(truncation=True, top_k=3)
    if task == 'mask':
        holed = [' '.join([*x.split()[:5], '<mask>', *x.split()[5:]]) for x in xs]
        for kw in ({}, {'top_k': 2}, {'targets': ['sea', 'whale']}, {'tokenizer_kwargs': {'truncation': True}}): yield (holed,), kw
        yield (holed[0],), {}
        yield (holed[:1],), {}
        yield (holed[0] + ' and <mask>',), dict(top_k=3)
    if task == 'features':
        yield (xs,), {}
        yield (xs[0],), dict(truncation=True, tokenize_kwargs={'max_length': 4})
        yield (xs[:1],), {}
    if task == 'write':
        for kw in ({}, {'return_full_text': False}, {'num_beams': 2, 'num_return_sequences': 2}, {'prefix': 'Call '}, {'return_tensors': True}, {'stop_sequence': 'e'}): yield (xs[:1] if 'return_tensors' in kw else xs,), dict(max_new_tokens=6, do_sample=False) | kw
        yield (xs[0],), dict(max_new_tokens=6, do_sample=False)
        yield ([{'role': 'user', 'content': xs[1]}],), dict(max_new_tokens=6, do_sample=False)
        yield ([[{'role': 'user', 'content': xs[1]}, {'role': 'assistant', 'content': 'sea'}], [{'role': 'user', 'content': xs[2]}]],), dict(max_new_tokens=6, do_sample=False)
    if task == 'zero':
        names = rng.sample(['sea', 'whale', 'money', 'a long label of words', 'Nantucket'], 3)
        for kw in ({}, {'multi_label': True}, {'hypothesis_template': 'It is {}!'}): yield (xs, names), kw
        yield (xs[0], names[0]), {}
        yield (xs[:1], ', '.join(names)), {}
        yield (' '.join(texts(rng, 9, 30)), names), {}
    if task == 'qa':
        ask = lambda x: dict(question=' '.join(texts(rng, 1, 2)[0].split()[:2]), context=x)
        for kw in ({}, {'top_k': 3}, {'top_k': 2, 'handle_impossible_answer': True}, {'align_to_words': False, 'top_k': 2}, {'max_answer_len': 2}): yield ([ask(x) for x in xs],), kw
        yield ([ask(xs[0])],), {}
        yield (ask(' '.join(texts(rng, 9, 30))),), dict(max_seq_len=rng.choice([48, 64]), doc_stride=rng.choice([4, 12]), top_k=4)
    if task in ('sum', 'trans'):
        for kw in ({}, {'num_beams': 1, 'min_length': 4}): yield (xs[:2],), dict(max_new_tokens=5) | kw
        yield (xs[0],), dict(max_new_tokens=5)
    if task == 'text':
        for kw in ({}, {'num_beams': 1}, {'num_return_sequences': 2}, {'clean_up_tokenization_spaces': True}): yield (xs[:3],), dict(max_new_tokens=6) | kw
        yield (xs[0],), dict(max_new_tokens=6)
        yield (' '.join(texts(rng, 9, 30)),), dict(max_new_tokens=4, truncation=True)

def ask(pipe, task, kind):
    "An answer for each call; `'refused'` where there is none."
    def one(a, kw):
        a = json.loads(json.dumps(a))
        if stream := kw.get('_stream'): a = [(x for x in a[0]), *a[1:]]
        kw = {k: v for k, v in kw.items() if k != '_stream'}
        try:
            with torch.no_grad(): return list(pipe(*a, **kw)) if stream else pipe(*a, **kw)
        except (ValueError, TypeError, KeyError, IndexError, RuntimeError) as e: return f'refused {e}' if '-v' in sys.argv else 'refused'
    return [one(a, kw) for a, kw in (*calls(task, kind), *odd(task, kind))]

ODD = ['', ' ', '☃', '🐳🐳 sea', 'é'*30, '\u202eaes eht', 'a\u0301\u0308 sea', '\u200b', 'Zürich 中文 الماء', '<s> sea </s>', 'sea\n\n\tsea', "'\"-- ;;", '\x00sea', 'SEA '*15]

def odd(task, kind):
    "What nobody should send and everybody does: nothing, blanks, marks that write from right to left, letters that are half a letter; one by one, in lists of one, in lists and as streams."
    rng, tie = random.Random(f'odd {task}/{kind}'), {'mask': lambda x: x + ' <mask>', 'qa': lambda x: dict(question='some years', context=x)}.get(task, lambda x: x)
    xs = [tie(x) for x in rng.sample(ODD, 6)]
    more = dict(max_new_tokens=3) if task in ('write', 'text', 'sum', 'trans') else {}
    more |= dict(do_sample=False) if task == 'write' else dict(aggregation_strategy=rng.choice(['none', 'simple', 'max'])) if task == 'token' else {}
    label = (['sea', 'land'],) if task == 'zero' else ()
    for x in xs[:3]: yield (x, *label), more
    for x in xs[3:5]: yield ([x], *label), more
    full = [x for x in xs if (x['context'] if task == 'qa' else x).strip()] or [tie('sea')]
    yield (full, *label), more
    if task != 'zero': yield (full,), more | dict(_stream=True)
    if task == 'class': yield ([[tuple(xs[:2])]],), {}

def reference(hf, task, folder):
    "The reference's pipeline; a batch of its own would pad texts, so it goes one by one."
    return hf.pipeline(TASK[task], folder, tokenizer=hf.PreTrainedTokenizerFast.from_pretrained(folder), device='cpu')

def plain(x):
    "Numbers of arrays as Python's."
    if isinstance(x, dict): return {k: plain(v) for k, v in x.items()}
    if isinstance(x, (list, tuple)): return [plain(v) for v in x]
    return x.tolist() if hasattr(x, 'tolist') else x

def wrong(ours, theirs, where='', eps=1e-5):
    "The first place where two answers differ, or nothing."
    if isinstance(theirs, float): return '' if abs(ours-theirs) <= eps*max(1, abs(theirs)) else f'{where}: {ours} for {theirs}'
    if isinstance(theirs, dict):
        if list(ours) != list(theirs): return f'{where}: keys {list(ours)} for {list(theirs)}'
        return next(filter(None, (wrong(ours[k], theirs[k], f'{where}.{k}', eps) for k in theirs)), '')
    if isinstance(theirs, list):
        if not isinstance(ours, list) or len(ours) != len(theirs): return f'{where}: {str(ours)[:120]} for {str(theirs)[:120]}'
        return next(filter(None, (wrong(a, b, f'{where}[{i}]', eps) for i, (a, b) in enumerate(zip(ours, theirs)))), '')
    return '' if ours == theirs else f'{where}: {ours!r} for {theirs!r}'

def real(x):
    "Answers of 4.57.6 without the spans that end before they begin: where fewer are possible than were asked for, it fills up with these, at a score of zero."
    if not isinstance(x, list): return x
    x = [real(v) for v in x if not (isinstance(v, dict) and v.get('score') == 0.)]
    return x

def compare(task, kind, stored=None):
    "What differs between this package's pipeline and the reference's, text by text and in batches."
    import transformers as hf, nbformers as nb
    with tempfile.TemporaryDirectory() as d:
        build(hf, task, kind, d)
        tok = nb.PreTrainedTokenizerFast.from_pretrained(d)
        ours = nb.pipeline(TASK[task], d, tokenizer=tok, device='cpu')
        theirs = [real(r) if kw.get('top_k', 1) > 1 else r for r, (_, kw) in zip(stored[f'{task}/{kind}'], (*calls(task, kind), *odd(task, kind)))] if stored else plain(ask(reference(hf, task, d), task, kind))
        said = [wrong(listed(plain(a), b), b, f'{task}/{kind}/{i}') for size in (None, 1) for i, (a, b) in enumerate(zip(ask(Sized(ours, size), task, kind), theirs))]
    return [s for s in said if s]

class Sized:
    "A pipeline called with a batch size."
    def __init__(self, pipe, size): self.pipe, self.size = pipe, size
    def __call__(self, *args, **kw): return self.pipe(*args, **kw, **({} if self.size is None else {'batch_size': self.size}))

def listed(ours, theirs):
    "The answers to one question as a list where the reference's are, which a span of score zero may have made one."
    if not isinstance(theirs, list): return ours
    if isinstance(ours, dict): return [ours]
    return [listed(a, b) for a, b in zip(ours, theirs)] if len(ours) == len(theirs) else ours

def stored(): return json.loads(FILE.read_text())

def make():
    import transformers as hf
    assert hf.__version__ == '4.57.6', f'this file is made by transformers 4.57.6, not {hf.__version__}'
    rows = {}
    for task in sorted(STORED):
        for kind in kinds(task):
            with tempfile.TemporaryDirectory() as d:
                try: rows[f'{task}/{kind}'] = plain(ask(reference(hf, task, build(hf, task, kind, d)), task, kind))
                except Exception as e: print(task, kind, 'FAILED', repr(e)[:300], flush=True); continue
            print(task, kind, flush=True)
    FILE.write_text('{\n' + ',\n'.join(f'{json.dumps(k)}: {json.dumps(v, separators=(",", ":"), ensure_ascii=False)}' for k, v in rows.items()) + '\n}\n')

def main(pattern=''):
    bad = 0
    for task in TASK:
        for kind in kinds(task):
            if pattern not in f'{task}/{kind}': continue
            try: said = compare(task, kind, stored() if task in STORED else None)
            except Exception as e: said = [repr(e)[:400]]
            bad += bool(said)
            print(task, kind, 'equal' if not said else f'{len(said)} DIFFER: {said[0]}', flush=True)
    return bad

if __name__ == '__main__': make() if sys.argv[1:] == ['make'] else sys.exit(main(*sys.argv[1:]))
