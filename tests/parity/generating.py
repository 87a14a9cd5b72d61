"""Generation over the whole text registry, token for token: greedy search and beams against the reference, padded and not, and every
batch against its rows alone. `cd tests; python -m parity.generating [pattern] [-n configurations]` prints a row a class.

Two sums that differ by rounding may change places; such a difference counts only as one if the reference itself stood before two
choices less than `TIE` apart, and if both libraries agree in float64."""
import os, random, re, sys, time, traceback, warnings
import torch
from torch.overrides import TorchFunctionMode
import nbformers
from nbformers import _registry
from .cases import CASES
from .harness import COLUMNS, SEED, count_from, draw, folder, is_seq2seq, make_inputs, make_reference, stretched

TIE = 1e-5      # what rounding can turn round, as a part of the scores' size
NEW = 10        # tokens written
ENDS = [2, 7, 11, 19, 23, 31, 44, 52, 60, 77]   # many ends, so that texts of random models do end
WRITERS = '.*(ForCausalLM|LMHeadModel|ForConditionalGeneration|MarianMTModel|GenerationDecoder|EncoderDecoderModel|CausalImageModeling)'

def writers(pattern=''):
    "Every class of the registry that writes: (model type, class)."
    names = {(t, v.rpartition(':')[2]) for t,d in _registry.architectures.items() for r,v in d.items() if t in CASES and isinstance(v, str) and ':' in v}
    return sorted((t, n) for t,n in names if re.fullmatch(WRITERS, n) and re.search(pattern, f'{t}/{n}'))

# one model, twice ----------------------------------------------------------------------------------------------------
def crowded(config):
    "Whether experts may be full: what they have no room for goes past them, and who comes first is a matter of the whole batch."
    return config.get('expert_capacity', 64) < 64 or config.get('moe_eval_capacity_token_fraction', 1.) < 1

def make_room(*models):
    "NLLB's experts never full. The reference reads a prompt once for every beam, and the copies push each other out; we read it once."
    for part in (p for m in models for p in m.modules()):
        for o in (part, getattr(part, 'cfg', None)):
            if hasattr(o, 'moe_eval_capacity_token_fraction'): o.moe_eval_capacity_token_fraction = 1.

def pair(model_type, name, config, seed=0):
    "The reference's model and ours with the same noisy weights."
    theirs = make_reference(model_type, name, config, seed)
    with folder() as d:
        theirs.save_pretrained(d)
        ours = getattr(nbformers, name).from_pretrained(d).eval()
    for m in (theirs, ours):   # with a mask longer than the text the reference's balance loss fails
        if getattr(m.config, 'output_router_logits', False) and not is_seq2seq(name): m.config.output_router_logits = False
    if first := getattr(ours.base_model, 'first_position', 0): count_from(theirs, first)
    return theirs, ours

def prompts(name, config, seed, side):
    "Token ids and their mask, and the states that a decoder with cross-attention looks at; or what an encoder sees or hears."
    x = make_inputs(name, config, seed, side)
    return {k: v for k,v in x.items() if k in ('input_ids', 'attention_mask', 'encoder_hidden_states', 'encoder_attention_mask', 'lang_ids', 'pixel_values', 'input_values', 'input_features')}

def write(model, inputs, **kw):
    "`generate`; the reference makes a cache for a decoder that looks at states only if it is handed one."
    if 'encoder_hidden_states' in inputs and not type(model).__module__.startswith('nbformers'):
        from transformers import DynamicCache, EncoderDecoderCache
        kw['past_key_values'] = EncoderDecoderCache(DynamicCache(), DynamicCache())
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        return model.generate(**inputs, **kw, return_dict_in_generate=True)

def row(inputs, r):
    "One row of a batch, without its padding; convolutions hear the silence behind a sound, so a sound keeps its own."
    if 'input_ids' not in inputs: return {k: v[r:r+1] for k,v in inputs.items()}
    real = inputs['attention_mask'][r].bool()
    return {k: v[r:r+1, real] if k in ('input_ids', 'attention_mask') else v[r:r+1] for k,v in inputs.items()}

# ties ----------------------------------------------------------------------------------------------------------------
class Choices(TorchFunctionMode):
    "Notes how close the closest choice came: at every `topk` and `argmax`, between what was taken and what stood next."
    closest = float('inf')
    def __torch_function__(self, f, types, args=(), kwargs=None):
        name = getattr(f, '__name__', '')
        if name in ('topk', 'argmax') and isinstance(args[0], torch.Tensor) and args[0].is_floating_point(): self.note(args[0], 1 if name == 'argmax' else (args[1:2] or [kwargs.get('k', 1)])[0])
        return f(*args, **(kwargs or {}))
    def note(self, x, k):
        best = x.detach().double().sort(-1, descending=True).values[..., :k+1]
        gap = (best[..., :-1] - best[..., 1:]) / best[..., 1:].abs().clamp(min=1.)
        gap = gap[(best[..., 1:] > -1e8) & torch.isfinite(gap)]
        if gap.numel(): self.closest = min(self.closest, float(gap.min()))

def is_tie(model, inputs, kw):
    "Whether this model's own run came before a choice that rounding decides."
    with Choices() as c: write(model, inputs, **kw)
    return c.closest < TIE

def agree(want, got):
    "Same tokens; for beams, the same ways to them and the same sums."
    if want.sequences.shape != got.sequences.shape or not torch.equal(want.sequences, got.sequences): return False
    if 'beam_indices' not in want: return True
    return torch.equal(want.beam_indices.long(), got.beam_indices) and torch.allclose(want.sequences_scores, got.sequences_scores, rtol=1e-3, atol=1e-3)

# the sweep -----------------------------------------------------------------------------------------------------------
def beams(rng):
    k = rng.choice([2, 3, 4, 5, 6])
    return dict(num_beams=k, length_penalty=rng.choice([-1., 0., 1., 2.]), early_stopping=rng.choice([True, False, 'never']), num_return_sequences=rng.randint(1, k), output_scores=True)

class Sweep:
    "One class with one configuration."
    def __init__(self, model_type, name, i=0):
        self.rng = random.Random(f'{name}/{i}/{SEED}')
        configs = draw(model_type, name)
        self.name, self.config, self.i = name, configs[i % len(configs)], i + 1000*int(SEED or 0)
        self.theirs, self.ours = pair(model_type, name, self.config, self.i)
        self.seq2seq, self.runs, self.ties = is_seq2seq(name), 0, 0
        pad = self.config['pad_token_id']
        self.base = dict(max_new_tokens=NEW, do_sample=False, pad_token_id=pad, eos_token_id=[t for t in ENDS if t != pad][:self.rng.choice([1, 4, 9])])

    def inputs(self, n, padded): return prompts(self.name, self.config, 100*self.i+n, ('right' if self.seq2seq else 'left') if padded else 'none')
    def both64(self, f):
        "The same question in float64."
        try: return f(self.theirs.double(), self.ours.double())
        finally: self.theirs.float(), self.ours.float()

    def reference(self):
        "Greedy search and beams, padded and not, equal to the reference."
        for n,(kw, padded) in enumerate([({}, True), ({}, False), (beams(self.rng), True), (beams(self.rng), True), (beams(self.rng), False)]):
            x, kw = self.inputs(n, padded), self.base | kw
            if 'num_beams' in kw: make_room(self.theirs, self.ours)
            for part in [row(x, r) for r in range(3)] if padded and (re.fullmatch(COLUMNS, self.name) or stretched(self.config)) else [x]:
                self.runs += 1
                want, got = (write(m, part, **kw) for m in (self.theirs, self.ours))
                if agree(want, got): continue
                if is_tie(self.theirs, part, kw) and self.both64(lambda a, b: agree(write(a, part, **kw), write(b, part, **kw))): self.ties += 1; continue
                raise AssertionError(f'{self.name} {kw} {"padded" if padded else ""} with {self.config}:\n{got.sequences.tolist()}\n{want.sequences.tolist()}')

    def alone(self, x, kw, r, both):
        "What a row says in the batch and by itself."
        one = row(x, r)
        start, alone = (1, 1) if self.seq2seq else (x['input_ids'].shape[1], one['input_ids'].shape[1])
        alone = write(self.ours, one, **kw).sequences[0, alone:].tolist()
        return both[r, start:].tolist()[:len(alone)], alone

    def singles(self):
        "Every batch equals its rows alone, and a right-padded batch of a decoder the left-padded one."
        make_room(self.ours)
        for n,kw in enumerate([{}, dict(num_beams=3), dict(use_cache=False)]):
            x, kw = self.inputs(50+n, True), self.base | kw
            both = write(self.ours, x, **kw).sequences
            for r in range(3):
                self.runs += 1
                new, alone = self.alone(x, kw, r, both)
                if new == alone: continue
                if is_tie(self.ours, row(x, r), kw) and self.both64(lambda _, m: len(set(map(tuple, self.alone(x, kw, r, write(m, x, **kw).sequences)))) == 1): self.ties += 1; continue
                raise AssertionError(f'{self.name} {kw} row {r} with {self.config}:\n{new} in a batch, {alone} alone')
            if not self.seq2seq:
                order = x['attention_mask'].argsort(dim=1, descending=True, stable=True)
                right = x | {k: x[k].gather(1, order) for k in ('input_ids', 'attention_mask')}
                assert write(self.ours, right, **kw).sequences.tolist() == both.tolist(), f'{self.name} {kw}: right padding was not moved'

def run_one(model_type, name, configs=1, first=0):
    "A row of the table: class, runs, ties, seconds, and what failed."
    t, runs, ties = time.perf_counter(), 0, 0
    for i in range(first, first+configs):
        s = Sweep(model_type, name, i)
        s.reference()
        s.singles()
        runs, ties = runs+s.runs, ties+s.ties
    return dict(model_type=model_type, cls=name, runs=runs, ties=ties, seconds=time.perf_counter()-t)

if __name__ == '__main__':
    import transformers
    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    torch.set_num_threads(1)
    n, rows, bad = int(sys.argv[sys.argv.index('-n')+1]) if '-n' in sys.argv else 2, [], 0
    for model_type,name in writers(sys.argv[1] if len(sys.argv) > 1 and sys.argv[1] != '-n' else ''):
        try: rows.append(run_one(model_type, name, n)); print(f"{name:42} {rows[-1]['runs']:4} runs {rows[-1]['ties']:3} ties {rows[-1]['seconds']:6.1f} s", flush=True)
        except Exception as e: bad += 1; print(f'{name:42} FAILED', ''.join(traceback.format_exception(e, limit=-2)), flush=True)
    print(f"{len(rows)} classes, {sum(r['runs'] for r in rows)} runs, {sum(r['ties'] for r in rows)} ties, {sum(r['seconds'] for r in rows):.0f} s, {bad} failed")
    sys.exit(bad > 0)
