"""Answers of decoding strategies that Transformers 5 dropped, made by an older one (4.45.2): groups of beams, required words,
contrastive search, DoLa. Run in that version's environment: `python -W ignore -m tests.golden.make_generation`."""
import json, random
from pathlib import Path
import torch

TO = Path(__file__).parent/'generation'
WORDS = 40

def models():
    from transformers import BartConfig, BartForConditionalGeneration, GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM
    made = dict(
        llama=LlamaForCausalLM(LlamaConfig(vocab_size=WORDS, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
                                           pad_token_id=0, eos_token_id=2, bos_token_id=1)),
        gpt2=GPT2LMHeadModel(GPT2Config(vocab_size=WORDS, n_embd=32, n_layer=2, n_head=4, n_positions=64, pad_token_id=3, eos_token_id=2, bos_token_id=1)),
        bart=BartForConditionalGeneration(BartConfig(vocab_size=WORDS, d_model=32, encoder_layers=2, decoder_layers=2, encoder_attention_heads=4, decoder_attention_heads=4,
            encoder_ffn_dim=40, decoder_ffn_dim=40, max_position_embeddings=64, pad_token_id=1, eos_token_id=2, bos_token_id=0, decoder_start_token_id=3,
            forced_eos_token_id=None, attn_implementation='eager')))
    for m in made.values():
        g = torch.Generator().manual_seed(0)
        with torch.no_grad():
            for n, p in sorted(m.named_parameters()):
                one = 1. if ('norm' in n or 'ln_' in n) and n.endswith('weight') else 0.
                p.copy_(torch.randn(p.shape, generator=g)*(.3 if p.ndim > 1 else .05) + one)
        m.eval()
    return made

def flags(kind, rng):
    kw = dict(max_new_tokens=rng.choice([3, 6, 11]))
    if rng.random() < .3: kw['no_repeat_ngram_size'] = 2
    word = lambda n: [rng.randrange(4, WORDS) for _ in range(n)]
    if kind == 'group':
        k, groups = rng.choice([(2, 2), (4, 2), (6, 2), (6, 3), (4, 4)])
        kw |= dict(num_beams=k, num_beam_groups=groups, diversity_penalty=rng.choice([.3, 1., 3.]), length_penalty=rng.choice([0., .7, 1., 2.]),
                   early_stopping=rng.choice([True, False, 'never']), num_return_sequences=rng.randint(1, k))
    if kind == 'force':
        k = rng.choice([2, 4, 6])
        words = rng.choice([lambda: [word(1)], lambda: [word(2)], lambda: [word(2), word(1)], lambda: [[word(1), word(2)]], lambda: [word(1), [word(3), word(2)]]])()
        kw |= dict(num_beams=k, length_penalty=rng.choice([0., 1.]), early_stopping=rng.choice([True, False]), force_words_ids=words, num_return_sequences=rng.randint(1, k))
    if kind == 'contrastive': kw |= dict(penalty_alpha=rng.choice([.3, .6, .9]), top_k=rng.choice([2, 4, 6]), repetition_penalty=rng.choice([1., 1.3]))
    if kind == 'dola': kw |= dict(dola_layers=rng.choice(['high', 'low', [0], [1], [0, 1]]))
    return kw

def main():
    rng, runs, made = random.Random(1), [], models()
    for name, m in made.items(): m.save_pretrained(TO/name)
    for kind in ('group', 'force', 'contrastive', 'dola'):
        for _ in range(40):
            name = rng.choice(['llama', 'gpt2'] if kind == 'dola' else list(made))
            b, t, pad = 1 if kind == 'dola' else rng.choice([1, 2, 3]), rng.choice([3, 5, 7]), made[name].config.pad_token_id
            ids = torch.randint(4, WORDS, (b, t), generator=torch.Generator().manual_seed(rng.randrange(10**6)))
            mask, kw = torch.ones_like(ids), flags(kind, rng)
            for r in range(1, b if 'repetition_penalty' not in kw else 0):     # 4.45 punishes pad tokens too
                k = rng.randrange(0, t-1)
                where = slice(0, k) if name != 'bart' else slice(t-k, t)
                mask[r, where], ids[r, where] = 0, pad
            out = made[name].generate(input_ids=ids, attention_mask=mask, **kw)
            runs.append(dict(kind=kind, model=name, ids=ids.tolist(), mask=mask.tolist(), flags=kw, out=out.tolist()))
    (TO/'runs.json').write_text('[\n' + ',\n'.join(json.dumps(r) for r in runs) + '\n]\n')
    print(len(runs), 'runs')

if __name__ == '__main__': main()
