"""Groups of beams, required words and contrastive search for every architecture that Transformers 4.45.2 has (5 dropped the three), and greedy search
and beams for those that 5 dropped altogether. Only what was written is stored, in generation/registry.json: models are drawn from their parameters' names
on disk and prompts from a seed, on both sides. The older version is asked text by text, this package for the padded batch, unless places in a batch are
for sale (experts that may be full). Remade in that version's environment:

    python -W ignore -m tests.golden.registry [model type ...]"""
import copy, importlib, json, random, sys, tempfile, zlib
from pathlib import Path
import torch
from safetensors.torch import load_file, save_file
from tests.parity.cases import CASES
from tests.parity.generating import crowded, row, writers
from tests.parity.harness import draw
from .specs import SPECS, generator, noise

FILE = Path(__file__).parent/'generation'/'registry.json'
DROPPED = {'open-llama': 'OpenLlamaForCausalLM', 'gptsan-japanese': 'GPTSanJapaneseForConditionalGeneration'}
WORDS = 40   # words of every vocabulary

def plain(config, inside=False):
    "A drawn configuration of the parity sweep in the words of 4.45: few words, plain rotary positions, no router's loss."
    if not isinstance(config, dict): return config
    config = {k: plain(v, True) for k,v in config.items() if k not in ('rope_parameters', 'output_router_logits', 'num_labels', 'problem_type', 'dtype') and (inside or k != 'add_cross_attention')}
    for k in ('vocab_size', 'decoder_vocab_size', 'src_vocab_size', 'tgt_vocab_size'):
        if config.get(k): config[k] = WORDS
    if 'head_dim' in config: config['head_dim'] = 8
    if 'tie_word_embeddings' in config: config['tie_word_embeddings'] = True   # untied, older files name some tables otherwise
    if config.get('max_position_embeddings', 99) < 40: config['max_position_embeddings'] = 40
    if (config.get('pad_token_id') or 0) >= WORDS: config['pad_token_id'] = config['decoder_start_token_id'] = WORDS-1
    return config

# what 4.45.2 reads otherwise or not at all
OTHERWISE = {'cohere': dict(rope_theta=1e4), 'phi3': dict(sliding_window=None), 'gemma': dict(hidden_act='gelu_pytorch_tanh'), 'gemma2': dict(sliding_window=64),
             'qwen2_moe': dict(qkv_bias=True, sliding_window=64), 'switch_transformers': dict(expert_capacity=64)}   # who finds an expert full is handed on twice

def alias(name):
    "One name for tensors that are one, whichever of them a version writes."
    if name == 'model.encoder.embed_tokens.weight': return 'model.decoder.embed_tokens.weight'
    return name.replace('.decoder.bias', '.bias')

def rewrite(folder):
    "Every parameter of a checkpoint as its name says; returns a number that knows the names and shapes."
    f = Path(folder)/'model.safetensors'
    disk = load_file(f)
    names = {n: list(t.shape) for n,t in sorted(disk.items()) if t.is_floating_point()}
    save_file({n: noise(alias(n), names[n], 0)*(not n.startswith('lm_head') or not n.endswith('bias')) if n in names else t for n,t in disk.items()}, f, metadata=dict(format='pt'))
    return zlib.crc32(json.dumps(sorted({alias(n): s for n,s in names.items()}.items())).encode())

def prompt(model_type, kind, i, pad, side):
    "Ids and a mask: one, two or three rows, padded on one side or not at all."
    g = generator('generate', model_type, kind, i)
    b, t = (int(torch.randint(1, 4, (1,), generator=g)), int(torch.randint(3, 8, (1,), generator=g)))
    ids, mask = torch.randint(4, WORDS-4, (b, t), generator=g), torch.ones(b, t, dtype=torch.long)
    ids[ids == pad] = WORDS-5
    for r in range(1, b if side else 0):
        k = int(torch.randint(0, t-1, (1,), generator=g))
        where = slice(0, k) if side == 'left' else slice(t-k, t)
        mask[r, where], ids[r, where] = 0, pad
    return dict(input_ids=ids, attention_mask=mask)

def flags(model_type, kind, i, pad):
    "What is asked."
    rng = random.Random(f'{model_type}/{kind}/{i}')
    ends = [t for t in (2, 9, 17, 23, 31) if t != pad]
    kw = dict(max_new_tokens=rng.choice([5, 8]), pad_token_id=pad, eos_token_id=ends[:rng.choice([1, 3, 4])], do_sample=False)
    left = rng.sample([t for t in range(10, WORDS-4) if t not in ends], 9)
    word = lambda n: [left.pop() for _ in range(n)]
    k = rng.choice([2, 4, 6])
    if kind == 'group': kw |= dict(num_beams=k, num_beam_groups=rng.choice([g for g in (2, 3) if k % g == 0]), diversity_penalty=rng.choice([.5, 2.]), length_penalty=rng.choice([0., 1., 2.]),
                                   early_stopping=rng.choice([True, False, 'never']), num_return_sequences=rng.randint(1, k))
    if kind == 'force': kw |= dict(num_beams=k, force_words_ids=rng.choice([[word(1)], [word(2)], [[word(1), word(2)]]]), length_penalty=rng.choice([0., 1.]), num_return_sequences=rng.randint(1, k))
    if kind == 'contrastive': kw |= dict(penalty_alpha=rng.choice([.4, .7]), top_k=rng.choice([3, 5]))
    if kind == 'beam': kw |= dict(num_beams=k, length_penalty=rng.choice([0., 1., 2.]), early_stopping=rng.choice([True, False]), num_return_sequences=rng.randint(1, k))
    return kw

def questions(model_type): return [(kind, i) for kind in ('group', 'force', 'contrastive', *(('greedy', 'beam') if model_type in DROPPED else ())) for i in range(2)]

def ask(model, model_type, kind, i, pad, side, alone=False):
    "One answer, without the prompt, as lists of words: of the batch, or of its rows alone. 4.45.2 ends groups of beams with the first end token, whichever ended them."
    x, kw = prompt(model_type, kind, i, pad, side), flags(model_type, kind, i, pad)
    texts = []
    for part in [row(x, r) for r in range(len(x['input_ids']))] if alone else [x]:
        texts += model.generate(**part, **kw)[:, 0 if model.config.is_encoder_decoder else part['input_ids'].shape[1]:]
    out = torch.nn.utils.rnn.pad_sequence(texts, batch_first=True, padding_value=pad)
    if kind == 'beam': out[torch.isin(out, torch.tensor(kw['eos_token_id'])).cumsum(1) > 0] = kw['eos_token_id'][0]   # and what follows an end is a matter of taste
    if kind in ('group', 'force'): out[torch.isin(out, torch.tensor(kw['eos_token_id']))] = kw['eos_token_id'][0]
    return out.tolist()

# faults of 4.45.2 that these questions met; with each mended its answers are ours
def mend_positions(model):
    "RoBERTa's kin tell positions by which ids are not `pad`, so a written `pad` stays at no place; 5.23 hands positions over. Here: those of the mask."
    plain, first = model.prepare_inputs_for_generation, model.config.pad_token_id+1
    def prepare(input_ids, attention_mask, **kw):
        x = plain(input_ids, attention_mask=attention_mask, **kw)
        return x | dict(position_ids=(attention_mask.cumsum(1)-1+first)[:, -x['input_ids'].shape[1]:])
    model.prepare_inputs_for_generation = prepare

def mend_last_state(model):
    "BioGPT's last of `hidden_states` lacks the final norm, and contrastive search compares those; in 5.23, as in every other model, it has it."
    def normed(m, args, kw, out):
        if out.hidden_states: out.hidden_states = (*out.hidden_states[:-1], out.last_hidden_state)
    model.biogpt.register_forward_hook(normed, with_kwargs=True)

def mend_mask(model):
    "BertGeneration makes no mask where there is to be a cache, so the words of a prompt look ahead; 5.23 has one."
    def causal(m, args, kw):
        if kw['attention_mask'] is None: kw['attention_mask'] = torch.full((args[0].shape[1],)*2, torch.finfo(args[0].dtype).min).triu(1)[None, None]
        return args, kw
    model.bert.encoder.register_forward_pre_hook(causal, with_kwargs=True)

def mend_experts(model):
    "Switch looks for the experts that are wanted in a mask turned round and not reshaped back, so it passes some over; their tokens stay as they were."
    def every(self, x):
        wanted, probs, logits = self.router(x)
        out = x.clone()
        for i,expert in enumerate(self.experts.values()): out[wanted[..., i].bool()] = expert(x[wanted[..., i].bool()])
        return probs*out, (logits, wanted.argmax(-1))
    for m in model.modules():
        if hasattr(m, 'router'): m.forward = every.__get__(m)

def mend(model, model_type):
    if model_type == 'switch_transformers': mend_experts(model)
    if model_type == 'biogpt': mend_last_state(model)
    if model_type == 'bert-generation': mend_mask(model)
    if model_type == 'mt5': model.lm_head.weight = model.shared.weight   # 5.23's is always the table, unless the file says otherwise
    if not model.config.is_encoder_decoder and hasattr(sys.modules[type(model).__module__], 'create_position_ids_from_input_ids'): mend_positions(model)
    if model_type == 'gptsan-japanese':   # its cache is made of the usual tuples, but nobody wrote how to reorder them
        type(model)._reorder_cache = staticmethod(lambda past, rows: tuple(tuple(x.index_select(0, rows) for x in layer) for layer in past))
    return model

def build(cls, config): # EncoderDecoderConfig is made of two others
    return cls.config_class(**copy.deepcopy(config))

def make(model_type, name):
    import transformers
    config = plain(draw(model_type, name)[0] if model_type in CASES else SPECS[model_type]['configs'][0])
    config |= OTHERWISE.get(model_type, {})
    if model_type == 'jetmoe': config |= dict(kv_channels=config.pop('head_dim'), num_attention_heads=config['num_key_value_heads']*config['num_experts_per_tok'])
    cls = getattr(transformers, name, None) or getattr(importlib.import_module(f'transformers.models.deprecated.{model_type.replace("-", "_")}.modeling_{model_type.replace("-", "_")}'), name)
    with tempfile.TemporaryDirectory() as d:
        mend(cls(build(cls, config)), model_type).save_pretrained(d)
        crc = rewrite(d)
        model = mend(cls.from_pretrained(d, attn_implementation='eager').eval(), model_type)
    pad = config.get('pad_token_id', 0)
    side = None if crowded(config) else 'right' if model.config.is_encoder_decoder else 'left'
    answers = dict(config=config, pad=pad, names=crc, side=side)
    for kind,i in questions(model_type):
        try: answers[f'{kind}/{i}'] = ask(model, model_type, kind, i, pad, side, side is not None)
        except Exception as e: print(model_type, name, kind, f'{type(e).__name__}: {e}'[:160], flush=True)
    return answers

def main(only=()):
    import transformers
    assert transformers.__version__ == '4.45.2', f'this file is made by transformers 4.45.2, not {transformers.__version__}'
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES, DEPRECATED_MODELS
    rows = json.loads(FILE.read_text()) if FILE.exists() and only else {}
    for model_type,name in [*writers(), *DROPPED.items()]:
        if model_type not in CONFIG_MAPPING_NAMES and model_type not in DROPPED or only and model_type not in only: continue
        try: rows[f'{model_type}/{name}'] = made = make(model_type, name)
        except Exception as e: print(model_type, name, 'FAILED', repr(e)[:200], flush=True); continue
        print(model_type, name, len(made)-4, made['side'], flush=True)
    FILE.write_text('{\n' + ',\n'.join(f'{json.dumps(k)}: {json.dumps(v, separators=(",", ":"))}' for k,v in sorted(rows.items())) + '\n}\n')
    print(len(rows), 'classes,', FILE.stat().st_size//1024, 'KB')

if __name__ == '__main__': main(sys.argv[1:])
