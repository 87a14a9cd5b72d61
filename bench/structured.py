"""Answers of the starter model under five JSON schemas, sampled: do all of them validate, and what does the shape cost per token?

    python bench/structured.py [answers per schema, 1000 without a number]

The same tokens are timed with and without the masks: the difference, and the masks' own clock, per token of the batch."""
import argparse, json, os, sys, time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ.update(HF_HUB_OFFLINE='1', TOKENIZERS_PARALLELISM='false')
import jsonschema, torch
from nbformers import AutoModelForCausalLM, AutoTokenizer, StructuredLogitsProcessor
from tests.test_structured import SCHEMAS

def sample(tok, model, prompt, schema, rows, seed):
    "A batch of answers; how long the call and its masks took."
    eos = model.generation_config.eos_token_id
    shape = StructuredLogitsProcessor(tok, json_schema=schema, eos_token_id=eos)
    torch.manual_seed(seed)
    start = time.perf_counter()
    out = model.generate(prompt.repeat(rows, 1), logits_processor=[shape], do_sample=True, top_k=0, max_new_tokens=200, eos_token_id=eos, pad_token_id=eos, return_dict_in_generate=True)
    return out, time.perf_counter()-start, shape.seconds

def main():
    a = argparse.ArgumentParser()
    a.add_argument('answers', nargs='?', type=int, default=1000)
    n, rows = a.parse_args().answers, 50
    torch.set_num_threads(1)
    tok, model = AutoTokenizer.from_pretrained('starter/lm'), AutoModelForCausalLM.from_pretrained('starter/lm')
    prompt = tok('And the king said', return_tensors='pt')['input_ids']
    p, eos, wrong = prompt.shape[1], model.generation_config.eos_token_id, 0
    print(f'{"schema":10}{"answers":>9}{"valid":>8}{"tokens":>9}{"masks, µs a token":>20}{"part of the call":>18}')
    for name, schema in SCHEMAS.items():
        good = tokens = 0
        whole = masks = 0.
        for seed in range(-(-n//rows)):
            out, t, m = sample(tok, model, prompt, schema, min(rows, n-seed*rows), seed)
            whole, masks = whole+t, masks+m
            for row, why in zip(out.sequences[:, p:], out.finish_reason):
                text, tokens = tok.decode(row, skip_special_tokens=True), tokens+int((row != eos).sum())+1
                try: good += why == 'eos' and jsonschema.validate(json.loads(text), schema) is None
                except (ValueError, jsonschema.ValidationError) as e: print('   not valid:', text, type(e).__name__)
        wrong += n-good
        print(f'{name:10}{n:9,}{good:8,}{tokens:9,}{masks/tokens*1e6:20.1f}{masks/whole:18.0%}', flush=True)
    ids = prompt
    for label, extra in (('plain', []), ('with a shape', [StructuredLogitsProcessor(tok, regex='[a-z ,]{900}', eos_token_id=eos)])):
        best = float('inf')
        for _ in range(3):
            for x in extra: x.start, x.rows = None, {}
            start = time.perf_counter()
            model.generate(ids, logits_processor=extra, do_sample=True, max_new_tokens=100, min_new_tokens=100, eos_token_id=None if not extra else eos)
            best = min(best, time.perf_counter()-start)
        print(f'one row, 100 tokens, {label}: {best*1e4:.0f} µs a token')
    sys.exit(bool(wrong))

if __name__ == '__main__': main()
