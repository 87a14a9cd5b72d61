"""Tiny checkpoints under the names that documents use, laid out as the Hub's cache, so that a documented line runs word for
word and without a network. Weights are random, made by the reference library; tokenizers are trained on the page below."""
import hashlib, json, shutil
from pathlib import Path
import torch
import transformers as hf
hf.utils.logging.disable_progress_bar()
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

PAGE = """Call me Ishmael. Some years ago - never mind how long precisely - having little or no money in my purse, and nothing
particular to interest me on shore, I thought I would sail about a little and see the watery part of the world. We are very
happy to show you the library. We hope you don't hate it. I love this! This is terrible, a waste of an evening. The secret to
baking a really good cake is a warm oven and a list of colors: red, blue. Hey, can you tell me any fun things to do in New
York? You are a sassy, wise-cracking robot as imagined by Hollywood circa 1986. It is the best of times; the capital of France
is Paris. Du bist sehr nett, Müller. Which animals live in the sea? Whales, seals and 12 kinds of fish.""".replace('\n', ' ')
SPECIAL = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]']
CHAT = ("{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>\n' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}")

def wordpiece(**config):
    "A BERT tokenizer."
    t = Tokenizer(models.WordPiece(unk_token='[UNK]'))
    t.normalizer, t.pre_tokenizer, t.decoder = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer(), decoders.WordPiece()
    t.train_from_iterator([PAGE], trainers.WordPieceTrainer(vocab_size=300, special_tokens=SPECIAL, show_progress=False))
    t.post_processor = processors.TemplateProcessing(single='[CLS] $A [SEP]', pair='[CLS] $A [SEP] $B:1 [SEP]:1', special_tokens=[('[CLS]', 2), ('[SEP]', 3)])
    return t, dict(tokenizer_class='BertTokenizer', model_max_length=64, do_lower_case=True, pad_token='[PAD]', unk_token='[UNK]',
                   cls_token='[CLS]', sep_token='[SEP]', mask_token='[MASK]') | config

def byte_level(special=('<|endoftext|>',), size=400, template=None, **config):
    "A byte-level tokenizer: GPT-2's, RoBERTa's, Qwen's."
    t = Tokenizer(models.BPE())
    t.pre_tokenizer, t.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    t.train_from_iterator([PAGE], trainers.BpeTrainer(vocab_size=size, special_tokens=list(special), initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    t.post_processor = processors.ByteLevel(trim_offsets=False)
    if template: t.post_processor = processors.TemplateProcessing(**template, special_tokens=[(s, t.token_to_id(s)) for s in special])
    return t, config

def gpt2_tokenizer(): return byte_level(tokenizer_class='GPT2Tokenizer', bos_token='<|endoftext|>', eos_token='<|endoftext|>', unk_token='<|endoftext|>', model_max_length=64)

def roberta_tokenizer():
    return byte_level(('<s>', '<pad>', '</s>', '<unk>', '<mask>'), template=dict(single='<s> $A </s>', pair='<s> $A </s> </s> $B </s>'), tokenizer_class='RobertaTokenizer',
        bos_token='<s>', eos_token='</s>', cls_token='<s>', sep_token='</s>', pad_token='<pad>', unk_token='<unk>', mask_token='<mask>', model_max_length=64)

def spaced_tokenizer():
    "RoBERTa's for texts that are already words: each begins with a space."
    t, config = roberta_tokenizer()
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    t.post_processor = processors.RobertaProcessing(('</s>', t.token_to_id('</s>')), ('<s>', t.token_to_id('<s>')), add_prefix_space=True)
    return t, config | dict(add_prefix_space=True)

def t5_tokenizer():
    return byte_level(('<pad>', '</s>', '<unk>'), template=dict(single='$A </s>', pair='$A </s> $B </s>'), tokenizer_class='PreTrainedTokenizerFast', eos_token='</s>', pad_token='<pad>', unk_token='<unk>', model_max_length=64)

def chat_tokenizer(cls='PreTrainedTokenizerFast', bos=None):
    special = [*( [bos] if bos else []), '<|im_start|>', '<|im_end|>', '<|endoftext|>']
    more = dict(bos_token=bos) if bos else {}
    return byte_level(special, template=dict(single=f'{bos} $A', pair=f'{bos} $A {bos} $B') if bos else None, tokenizer_class=cls,
                      eos_token='<|im_end|>', model_max_length=256, chat_template=CHAT, **({} if bos else dict(pad_token='<|endoftext|>')), **more)

SMALL = dict(hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4, max_position_embeddings=256)
MAKE = {  # model_type: (tokenizer, the reference's configuration, keys)
    'bert': (wordpiece, 'BertConfig', dict(SMALL, max_position_embeddings=64)),
    'roberta': (roberta_tokenizer, 'RobertaConfig', dict(SMALL, max_position_embeddings=66, type_vocab_size=1)),
    'layoutlm': (wordpiece, 'LayoutLMConfig', dict(SMALL, max_position_embeddings=64)),
    'layoutlm-roberta': (spaced_tokenizer, 'LayoutLMConfig', dict(SMALL, max_position_embeddings=66, type_vocab_size=1)),   # as impira's
    'gpt2': (gpt2_tokenizer, 'GPT2Config', dict(n_embd=32, n_layer=2, n_head=4, n_positions=64)),
    'llama': (lambda: chat_tokenizer(bos='<|begin_of_text|>'), 'LlamaConfig', dict(SMALL, num_key_value_heads=2)),
    'mistral': (lambda: chat_tokenizer(bos='<|begin_of_text|>'), 'MistralConfig', dict(SMALL, num_key_value_heads=2, sliding_window=16)),
    'qwen2': (lambda: chat_tokenizer('Qwen2Tokenizer'), 'Qwen2Config', dict(SMALL, num_key_value_heads=2)),
    'bart': (lambda: roberta_tokenizer(), 'BartConfig', dict(d_model=32, encoder_layers=2, decoder_layers=2, encoder_attention_heads=4, decoder_attention_heads=4, encoder_ffn_dim=48, decoder_ffn_dim=48, max_position_embeddings=256, forced_eos_token_id=None)),
    't5': (t5_tokenizer, 'T5Config', dict(d_model=32, d_kv=8, d_ff=48, num_layers=2, num_heads=4, decoder_start_token_id=0)),
    'qwen3': (lambda: chat_tokenizer('Qwen2Tokenizer'), 'Qwen3Config', dict(SMALL, num_key_value_heads=2, head_dim=16, tie_word_embeddings=True)),
}

def make(folder, model_type, auto='AutoModel', seed=0, dtype=torch.float32, **config):
    "One checkpoint: the reference's class for `auto`, and its tokenizer."
    folder = Path(folder)
    tok, cls, keys = MAKE[model_type]
    t, tc = tok()
    ids = {k: t.token_to_id(tc[f'{k}_token']) for k in ('pad', 'bos', 'eos') if tc.get(f'{k}_token') is not None}
    cfg = getattr(hf, cls)(**{**dict(vocab_size=t.get_vocab_size(), **keys, **{f'{k}_token_id': ids.get(k) for k in ('pad', 'bos', 'eos')}), **config})
    torch.manual_seed(seed)
    model = getattr(hf, auto).from_config(cfg).eval()
    with torch.no_grad():
        for n, p in model.named_parameters(): p.add_(torch.randn_like(p)*(.1 if p.ndim < 2 else .3/p.shape[-1]**.5))
    model.to(dtype).save_pretrained(folder)
    t.save(str(folder/'tokenizer.json'))
    (folder/'tokenizer_config.json').write_text(json.dumps(tc))
    return folder

STARS = {i: f'{i+1} star{"s" if i else ""}' for i in range(5)}
HUB = {  # the name in the document: (model_type, Auto class, keys)
    'google-bert/bert-base-uncased': ('bert', 'AutoModelForMaskedLM', {}),
    'nlptown/bert-base-multilingual-uncased-sentiment': ('bert', 'AutoModelForSequenceClassification', dict(id2label=STARS, label2id={v: k for k, v in STARS.items()})),
    'textattack/bert-base-uncased-SST-2': ('bert', 'AutoModelForSequenceClassification', dict(id2label={0: 'NEGATIVE', 1: 'POSITIVE'}, label2id={'NEGATIVE': 0, 'POSITIVE': 1})),
    'dslim/bert-base-NER': ('bert', 'AutoModelForTokenClassification', dict(id2label={0: 'O', 1: 'B-PER', 2: 'I-PER'}, label2id={'O': 0, 'B-PER': 1, 'I-PER': 2})),
    'deepset/roberta-base-squad2': ('roberta', 'AutoModelForQuestionAnswering', {}),
    'facebook/bart-large-mnli': ('bart', 'AutoModelForSequenceClassification', dict(id2label={0: 'contradiction', 1: 'neutral', 2: 'entailment'}, label2id={'contradiction': 0, 'neutral': 1, 'entailment': 2})),
    'sshleifer/distilbart-cnn-12-6': ('bart', 'AutoModelForSeq2SeqLM', {}),
    'google-t5/t5-base': ('t5', 'AutoModelForSeq2SeqLM', dict(task_specific_params={f'translation_en_to_{l}': dict(prefix=f'translate English to {n}: ', num_beams=2) for l, n in (('de', 'German'), ('fr', 'French'))})),
    'FacebookAI/roberta-base': ('roberta', 'AutoModelForMaskedLM', {}),
    'openai-community/gpt2': ('gpt2', 'AutoModelForCausalLM', {}),
    'meta-llama/Meta-Llama-3-8B-Instruct': ('llama', 'AutoModelForCausalLM', dict(dtype=torch.bfloat16)),
    'meta-llama/Llama-2-7b-hf': ('llama', 'AutoModelForCausalLM', {}),
    'mistralai/Mistral-7B-v0.1': ('mistral', 'AutoModelForCausalLM', {}),
    'HuggingFaceH4/zephyr-7b-beta': ('mistral', 'AutoModelForCausalLM', {}),
    'Qwen/Qwen2.5-0.5B-Instruct': ('qwen2', 'AutoModelForCausalLM', {}),
    'Qwen/Qwen3-0.6B': ('qwen3', 'AutoModelForCausalLM', dict(dtype=torch.bfloat16)),
}
ABSENT = {  # documented names whose architecture the library does not have yet: their config alone
    'distilbert/distilbert-base-uncased': dict(model_type='distilbert', architectures=['DistilBertForMaskedLM']),
    'facebook/opt-1.3b': dict(model_type='opt', architectures=['OPTForCausalLM']),
    'openai/whisper-large-v3': dict(model_type='whisper', architectures=['WhisperForConditionalGeneration']),
}
TAGS = {'openai-community/gpt2': ('v2.0.1',)}

def place(cache, repo, folder, tags=()):
    "Put a folder into a Hub cache as the `main` of a repository."
    top = Path(cache)/f"models--{repo.replace('/', '--')}"
    sha = hashlib.sha1(repo.encode()).hexdigest()
    (top/'refs').mkdir(parents=True)
    for r in ('main', *tags): (top/'refs'/r).write_text(sha)
    shutil.copytree(folder, top/'snapshots'/sha)
    return top/'snapshots'/sha

def hub(cache, work):
    "All of the above."
    made = {}
    for i, (repo, (kind, auto, keys)) in enumerate(HUB.items()):
        key = (kind, auto, str(keys))
        if key not in made: made[key] = make(Path(work)/str(i), kind, auto, seed=i, **keys)
        place(cache, repo, made[key], TAGS.get(repo, ()))
    for repo, config in ABSENT.items():
        f = Path(work)/repo.replace('/', '-')
        f.mkdir(); (f/'config.json').write_text(json.dumps(config))
        place(cache, repo, f)
    return Path(cache)
