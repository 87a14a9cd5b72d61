"Checked solutions of the exercises of part 8, one section a chapter."
import contextlib, tempfile, time
import pytest, torch
import torch.nn.functional as F
from torch import nn
from nbformers.trainer.arguments import TrainingArguments
from nbformers.trainer.callbacks import TrainerCallback, TrainerControl, TrainerState
from nbformers.trainer.data import Batches, EpochSampler, get_length_grouped_indices, set_seed
from nbformers.trainer.schedules import decay_parameter_names, get_scheduler, get_wsd_schedule
from nbformers.trainer.trainer import Trainer
from . import judged

class Toy(nn.Module):
    def __init__(self): super().__init__(); self.net = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 2))
    def forward(self, x, labels=None):
        logits = self.net(x)
        return dict(loss=F.cross_entropy(logits, labels), logits=logits)

DATA = [dict(x=x, labels=int(x.sum() > 0)) for x in torch.randn(64, 4, generator=torch.Generator().manual_seed(0))]

def fit(model, callbacks=(), cls=Trainer, data=DATA, **kw):
    a = TrainingArguments(**dict(output_dir=tempfile.mkdtemp(), save_strategy='no', disable_tqdm=True, learning_rate=1e-2, max_steps=8) | kw)
    t = cls(model, a, train_dataset=data, callbacks=list(callbacks))
    with contextlib.redirect_stdout(None): t.train()
    return t

# 1 the loop
def test_mean_of_means_is_right_for_equal_parts():
    torch.manual_seed(0); w, x, y = torch.randn(3, 2, requires_grad=True), torch.randn(12, 3), torch.randint(2, (12,))
    whole, = torch.autograd.grad(F.cross_entropy(x @ w, y), w)
    parts = sum(torch.autograd.grad(F.cross_entropy(x[i:i+4] @ w, y[i:i+4])/3, w)[0] for i in (0, 4, 8))
    assert torch.allclose(whole, parts, atol=1e-7)
    def gradient(w, parts, share=None):
        for a, b in parts: (F.cross_entropy(a @ w, b)*(share or 1/len(parts))).backward()
        return w.grad
    judged('trainer.loop', 1, gradient, lambda w, parts: gradient(w, parts, 1.), lambda w, parts: gradient(w, parts[:1]))

def test_waits(): judged('trainer.loop', 2, (1, 400), (1, 100), (100, 400))
def test_a_short_last_update(): judged('trainer.loop', 3, (6/12, 2/12, 4/12), (1/3, 1/3, 1/3), (6/16, 2/16, 4/16))

# 2 schedules
def rates(make, n):
    opt = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=5e-5); s, out = make(opt), []
    for _ in range(n): out.append(s.get_last_lr()[0]); opt.step(); s.step()
    return out

def test_trapezoid():
    trapezoid = lambda p: 1. if p < .5 else 2*(1-p)
    got = rates(lambda o: get_wsd_schedule(o, 0, num_decay_steps=50, num_training_steps=100, decay_type='linear'), 100)
    assert all(abs(g/5e-5-trapezoid(s/100)) < 1e-9 for s, g in enumerate(got))
    schedule = lambda opt, n, falls=.5: get_wsd_schedule(opt, 0, num_decay_steps=int(n*falls), num_training_steps=n, decay_type='linear')
    judged('trainer.schedules', 1, schedule, lambda opt, n: schedule(opt, n, .25), lambda opt, n: get_scheduler('cosine', opt, 0, n))

def test_mean_rates():
    for name in ('linear', 'cosine'):  # a ramp of 100 and a descent of 900 both average one half
        got = rates(lambda o: get_scheduler(name, o, 100, 1000), 1000)
        assert abs(sum(got)/1000 - .5*5e-5) < 1e-7
    judged('trainer.schedules', 2, (2.5e-5, 2.5e-5), (5e-5, 5e-5), (2.5e-5, 3e-5))

def test_a_norm_that_is_missed():
    class Scale(nn.Module):
        def __init__(self): super().__init__(); self.rms = nn.RMSNorm(4)
    assert decay_parameter_names(Scale()) == ['rms.weight']  # neither kind nor name says norm
    judged('trainer.schedules', 3, 'rms', 'norm', 'input_layernorm')

# 3 collators
def test_waste():
    waste = lambda lengths: 1-sum(lengths)/(max(lengths)*len(lengths))
    assert round(waste([3, 5, 8, 13, 21, 34, 55, 64])*512) == 512-203
    judged('trainer.collators', 1, waste, lambda lengths: 1-waste(lengths), lambda lengths: 1-sum(lengths)/512)

def test_share_of_random_tokens():
    mask, random = .8, .1  # drawn only where no [MASK] was put: (1-mask)·random/(1-mask) = random of the picked
    assert (1-mask)*(random/(1-mask)) == pytest.approx(random)
    judged('trainer.collators', 2, lambda mask, random: (1-mask)*random, lambda mask, random: random, lambda mask, random: mask*random)

def test_share_with_whole_words(): judged('trainer.collators', 3, .15, .3, .1)

# 4 data
def test_two_processes_see_what_accumulation_sees():
    s, u = EpochSampler(48, seed=3), 2
    one = [i for b in list(Batches(s, 3))[4*u:4*u+4] for i in b]
    two = [i for r in (0, 1) for b in list(Batches(s, 3, rank=r, world=2))[2*u:2*u+2] for i in b]
    assert sorted(one) == sorted(two)
    def seen(sampler, size, world, accumulation, u): return [i for r in range(world) for b in list(Batches(sampler, size, rank=r, world=world))[accumulation*u:accumulation*(u+1)] for i in b]
    judged('trainer.data', 1, seen, lambda sampler, size, world, accumulation, u: seen(sampler, size, 1, accumulation, u), lambda sampler, size, world, accumulation, u: list(range(12*u, 12*u+12)))

def test_piece_size():
    g = torch.Generator().manual_seed(0); lengths = (torch.randn(2000, generator=g).abs()*20+3).int().tolist()
    def padding(mult):
        o = get_length_grouped_indices(lengths, 16, mult, torch.Generator().manual_seed(0)); bs = [[lengths[i] for i in o[k:k+16]] for k in range(0, 2000, 16)]
        return 1-sum(map(sum, bs))/sum(max(b)*len(b) for b in bs)
    assert padding(1) > .4 > padding(50) > padding(125)  # one piece wastes least, but its batches are the same in every epoch
    def share(lengths, size, mult):
        o = [lengths[i] for i in get_length_grouped_indices(lengths, size, mult)]
        return 1-sum(o)/sum(max(b)*len(b) for b in (o[k:k+size] for k in range(0, len(o), size)))
    judged('trainer.data', 2, share, lambda lengths, size, mult: share(lengths, size, 40), lambda lengths, size, mult: 1-share(lengths, size, mult))

# 5 arguments
def test_interval_shares():
    a = TrainingArguments('x', eval_strategy='steps', eval_steps=.1, save_steps=.5, load_best_model_at_end=True)
    s = TrainerState(); s.compute_steps(a, 240); assert (s.eval_steps, s.save_steps) == (24, 120)
    right = dict(eval_strategy='steps', eval_steps=.1, save_strategy='steps', save_steps=.5, load_best_model_at_end=True)
    judged('trainer.arguments', 1, right, right | dict(save_steps=.2), right | dict(load_best_model_at_end=False))

def test_subclass_still_translates():
    from dataclasses import dataclass
    @dataclass
    class MyArguments(TrainingArguments): patience: int = 3
    with pytest.warns(FutureWarning):
        import nbformers.config.utils as u; u._said.discard("TrainingArguments(evaluation_strategy=…) is spelled eval_strategy='epoch' today.")
        a = MyArguments('x', evaluation_strategy='epoch', patience=5)
    assert a.eval_strategy == 'epoch' and a.patience == 5  # the metaclass is inherited, and it acts before __init__
    @dataclass
    class Four(TrainingArguments): patience: int = 4
    judged('trainer.arguments', 2, MyArguments, Four, dict)

# 6 callbacks
class StopAfter(TrainerCallback):
    def __init__(self, seconds): self.seconds = seconds
    def on_train_begin(self, args, state, control, **kw): self.ends = time.time()+self.seconds
    def on_step_end(self, args, state, control, **kw):
        if time.time() > self.ends: control.should_save = control.should_training_stop = True

def test_stop_after():
    import os
    t = fit(Toy(), [StopAfter(.2)], max_steps=100_000, save_strategy='no')
    assert t.state.global_step < 100_000 and os.listdir(t.args.output_dir) == [f'checkpoint-{t.state.global_step}']
    class Unsaved(StopAfter):
        def on_step_end(self, args, state, control, **kw): control.should_training_stop = time.time() > self.ends
    class Hasty(StopAfter):
        def on_step_end(self, args, state, control, **kw): control.should_save = control.should_training_stop = True
    judged('trainer.callbacks', 1, StopAfter, Unsaved, Hasty)

class ToMemory(TrainerCallback):
    def on_train_begin(self, args, state, control, **kw): self.kept = []
    def on_step_end(self, args, state, control, loss=None, **kw): self.kept.append((state.global_step, loss))
    def on_train_end(self, args, state, control, **kw): self.rows = list(zip([s for s, _ in self.kept], torch.stack([l for _, l in self.kept]).tolist()))

def test_to_memory():
    cb = ToMemory(); t = fit(Toy(), [cb], logging_steps=1)
    assert [l for _, l in cb.rows] == pytest.approx([l['loss'] for l in t.state.log_history if 'loss' in l])
    class Last(ToMemory):
        def on_train_end(self, *a, **k): super().on_train_end(*a, **k); self.rows = self.rows[-1:]
    judged('trainer.callbacks', 2, ToMemory, Last)

# 7 checkpoints
def test_after_a_power_cut(): judged('trainer.checkpoints', 1, {'the old text', 'the new text', 'nothing'}, {'the old text', 'the new text'}, {'the new text'})

def test_pack_a_set():
    import json
    from nbformers.trainer import checkpoints as C
    pack = lambda tree: ({'__dict__': [['__set__', sorted(tree)]]}, {}) if isinstance(tree, set) else C.pack(tree)
    js, ts = pack({3, 1}); back = C.unpack(json.loads(json.dumps(js)), ts)
    assert set(back['__set__']) == {1, 3}
    def marked(tree):
        if isinstance(tree, set): return {'__set__': sorted(tree)}
        if isinstance(tree, dict): return {k: marked(v) for k, v in tree.items()}
        return [marked(v) for v in tree] if isinstance(tree, list) else tree
    judged('trainer.checkpoints', 2, lambda tree: C.pack(marked(tree)), lambda tree: C.pack(marked({} if isinstance(tree, set) else tree)))

# 8 gathering
def test_copies_of_joining_one_by_one():
    n, copied, out = 20, 0, torch.zeros(0, 4)
    for part in torch.zeros(n, 1, 4): out = torch.cat([out, part]); copied += len(out)
    assert copied == n*(n+1)//2                                  # join copies each batch once: n
    judged('trainer.gather', 1, lambda n: (n*(n+1)//2, n), lambda n: (n*n, n), lambda n: (n, 1))

# 9 evaluation
def test_weighted_mean(): assert (8*1.+8*1.+1*9.)/17 == pytest.approx(1.4706, abs=1e-4) and (1+1+9)/3 == pytest.approx(3.667, abs=1e-3)

def test_two_means(): judged('trainer.evaluation', 1, (25/17, 11/3), (11/3, 25/17), (1., 9.))

def test_keep_one_integer():
    logits, ids = torch.randn(2, 5, 11), (lambda logits, labels: logits.argmax(-1))
    assert ids(logits, None).shape == (2, 5)
    assert 10_000*128*30_522*4/1e9 > 156 and 10_000*128*8/1e6 < 11  # 156 GB of float32 against 10 MB
    judged('trainer.evaluation', 2, ids, lambda logits, labels: logits, lambda logits, labels: logits.argmin(-1))

# 10 one update
def test_loss_of_an_uneven_update():
    assert (30*1+10*5)/40 == 2 and (1+5)/2 == 3                  # the mean over labels, and the mean of the means
    judged('trainer.update', 1, (2, 3), (3, 2), (3, 3))

# 11 the learner
class Weighted(Trainer):
    "A class-weighted loss; the mean is over weights, so their sum is what must be divided by."
    w = torch.tensor([1., 3.])
    def get_batch_samples(self, it, n, device=None):
        batches, count = super().get_batch_samples(it, n, device)
        return batches, None if count is None else sum(self.w[b['labels']].sum() for b in batches)
    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        logits = model.net(inputs['x'])
        loss = F.cross_entropy(logits, inputs['labels'], weight=self.w, reduction='sum' if num_items_in_batch is not None else 'mean')
        loss = loss if num_items_in_batch is None else loss/num_items_in_batch
        return (loss, dict(logits=logits)) if return_outputs else loss

def test_weighted_loss_accumulates():
    out = []
    for b, k in ((8, 1), (2, 4)):
        set_seed(0); m = Toy()
        fit(m, cls=Weighted, optim='sgd', lr_scheduler_type='constant', max_steps=1, per_device_train_batch_size=b, gradient_accumulation_steps=k, train_sampling_strategy='sequential'); out.append(m.net[0].weight.detach())
    assert torch.allclose(out[0], out[1], atol=1e-6)
    class Counted(Weighted):
        def get_batch_samples(self, it, n, device=None): return Trainer.get_batch_samples(self, it, n, device)
    judged('trainer.learner', 1, Weighted, Counted, Trainer)

def test_frozen_weights_stay():
    m = Toy(); m.net[0].requires_grad_(False); before = m.net[0].weight.clone()
    fit(m, weight_decay=.5); assert torch.equal(m.net[0].weight, before)
    def freeze(model, all=False): (model if all else model.net[0]).requires_grad_(False)
    judged('trainer.learner', 2, freeze, lambda model: model, lambda model: [p.requires_grad_(False) for p in model.net[2].parameters()] and None)

# 12 the Trainer
def test_resume_with_more_steps():
    kw = dict(output_dir=tempfile.mkdtemp(), save_strategy='steps', save_steps=8, logging_steps=1)
    set_seed(0); fit(Toy(), **kw)
    a = TrainingArguments(**kw, disable_tqdm=True, learning_rate=1e-2, max_steps=16); t = Trainer(Toy(), a, train_dataset=DATA)
    with contextlib.redirect_stdout(None): t.train(resume_from_checkpoint=True)
    lr = [l['learning_rate'] for l in t.state.log_history if 'loss' in l]
    assert lr[7] == pytest.approx(1e-2/8) and lr[8] == pytest.approx(1e-2*.5)  # the line to 16 is half way down at 8: it jumps up
    judged('trainer.trainer', 1, (1e-2/8, 1e-2*.5), (1e-2/8, 1e-2/16), (1e-2, 1e-2*.5))

# 13 live curves
def test_a_panel_of_ones_own():
    from nbformers.trainer.widgets import Recorder, curves_svg, panels
    class Norms(Recorder):
        def clear(self): super().clear(); self.norms = []
        def on_step_end(self, args, state, control, model=None, **kw):
            super().on_step_end(args, state, control, **kw)
            if state.global_step % 10 == 0: self.norms.append((state.global_step, torch.stack([p.detach().norm() for p in model.parameters()]).norm()))
    rec = Norms(); fit(Toy(), [rec], max_steps=30)
    p = panels(rec) | {'weight norm': {'norm': tuple(zip(*[(s, v.item()) for s, v in rec.norms]))}}
    assert p['weight norm']['norm'][0] == (10, 20, 30) and 'weight norm' in curves_svg(p, 30)
    class Every(Norms):
        def on_step_end(self, args, state, control, model=None, **kw): Recorder.on_step_end(self, args, state, control, **kw); self.norms.append((state.global_step, torch.tensor(1.)))
    judged('trainer.widgets', 1, Norms, Every)

def test_means_keep_what_sampling_loses():
    from nbformers.trainer.widgets import thin
    y = [i % 2 for i in range(1200)]  # every second point is 1: every fourth point would be 0 throughout
    assert {v for _, v in thin(range(1200), y, 300)} == {.5} and set(y[::4]) == {0}
    judged('trainer.widgets', 2, y, [0]*1200, [0, 1]*500, list(range(1200)))

# 14 fine-tuning: both exercises need minutes; here the claim that freezing leaves only the head to learn
def test_frozen_encoder_learns_the_head_only():
    m = Toy(); m.net[0].requires_grad_(False); t = fit(m)
    assert t.get_num_trainable_parameters() == 16*2+2
    def trainable(model): return sum(p.numel() for p in model.parameters() if p.requires_grad), sum(p.numel() for p in model.parameters())
    judged('trainer.reviews', 1, trainable, lambda m: (len(list(m.parameters())),)*2, lambda m: (114, 114))

def test_films_in_both_parts():
    "A film known from training is judged by its name: the number rises, and says less."
    def shared(train, test): return sum(r['film'] in {t['film'] for t in train} for r in test)/len(test)
    judged('trainer.reviews', 2, shared, lambda train, test: shared(test, train), lambda train, test: 0.)
