"Checked solutions of the exercises of part 8 from chapter 15 on."
import contextlib, tempfile
import pytest, torch
from torch import nn
from . import judged

# 3 collators: whole words
def test_share_of_hidden_tokens_with_whole_words():
    "A word is drawn with probability p whatever its length, so each of its pieces is hidden with probability p too."
    from nbformers.trainer.collators import mask_tokens
    first = torch.tensor([0, 1, 1, 1, 4, 5, 5, 5]*50).add(torch.arange(50).repeat_interleave(8)*8).view(1, -1).repeat(300, 1)
    ids = torch.full_like(first, 7)
    _, labels = mask_tokens(ids, torch.zeros_like(ids).bool(), 3, 9, p=.15, mask=1., random=0., first=first, generator=torch.Generator().manual_seed(0))
    assert (labels != -100).float().mean().item() == pytest.approx(.15, abs=.005)

# 15 choices and orders
def test_padding_of_choices():
    waste = lambda lengths: 1-sum(lengths)/(max(lengths)*len(lengths))
    assert round(waste([60]+[12]*31), 3) == .775                    # 32 rows of 60
    apart = waste([60]+[12]*3)*240/(240+28*12)                      # one batch of 4×60 with 144 empty slots, one of 28×12 with none
    assert round(apart, 3) == .25
    judged('trainer.tasks', 1, (.775, .25), (.775, .0), (.25, .775))

def test_share_of_spans():
    share = lambda p: sum(range(1, 6))/sum(int(l/p) for l in range(1, 6))
    assert share(1/6) == pytest.approx(1/6) and share(.4) > .4      # int() cuts l/p off wherever it is not whole
    judged('trainer.tasks', 2, share, lambda p: p, lambda p: 1-share(p))

def test_causal_order():
    t = 6; rank = torch.arange(t)                                   # left to right: rank i for token i, all picked
    assert torch.equal((rank[:, None] <= rank[None]).int(), torch.ones(t, t).triu().int())   # nobody sees itself or what comes later
    judged('trainer.tasks', 3, torch.arange, lambda t: torch.zeros(t), lambda t: -torch.arange(t))

# 16 packing
def test_best_fit_by_hand():
    from nbformers.trainer.packing import pack_lengths
    assert pack_lengths([6, 5, 4, 3, 2], 10) == [[0, 2], [1, 3, 4]]         # 6+4, 5+3+2: two full rows, optimal
    bad = [5, 4, 3, 3, 3, 2]                                                # 5+3+2 and 4+3+3 would do
    assert len(pack_lengths(bad, 10)) == 3 and sum(bad) == 20
    judged('trainer.packing', 1, bad, [6, 5, 4, 3, 2, 1], [5, 5, 5, 5])

def test_end_of_text_is_no_wall():
    from nbformers import LlamaConfig, LlamaForCausalLM
    torch.manual_seed(0)
    m = LlamaForCausalLM(LlamaConfig(vocab_size=100, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2)).eval()
    with torch.no_grad(): a, b = (m(input_ids=torch.tensor([first+[2, 21, 22]])).logits[0, 4:] for first in ([11, 12, 13], [44, 45, 46]))
    assert (a-b).abs().max() > 1e-3
    @torch.no_grad()
    def heard(model, first, second, rest): return float((model(input_ids=torch.tensor([first+rest])).logits[0, len(first):]-model(input_ids=torch.tensor([second+rest])).logits[0, len(second):]).abs().max())
    judged('trainer.packing', 2, heard, lambda *a: 0., lambda model, first, second, rest: 2*heard(model, first, second, rest))

def test_labels_of_a_packed_batch():
    from nbformers.trainer.packing import DataCollatorWithFlattening
    rows = [dict(input_ids=list(range(1, n+1))) for n in (4, 7, 3)]
    assert (DataCollatorWithFlattening()(rows)['labels'] != -100).sum() == 14-3      # n-b: in the padded batch the shift drops the first of each row
    judged('trainer.packing', 3, lambda b, n: n-b, lambda b, n: n, lambda b, n: n-1)

# 17 more optimizers
def test_numbers_kept():
    assert 2*7e9*4 == 56e9 and 4096+11008 == 15104 and 15104*4 < 61_000 and 4096*11008*4 > 180e6     # 56 GB for AdamW; 60 kB instead of 180 MB for the matrix
    judged('trainer.optimizers', 1, lambda rows, columns: (2*rows*columns, rows+columns), lambda rows, columns: (rows*columns, rows+columns), lambda rows, columns: (2*rows*columns, rows*columns))

def test_rank_one_estimate():
    est = lambda v: v.mean(1)[:, None]*v.mean(0)/v.mean()
    a = torch.rand(4, 1)*torch.rand(1, 3); assert torch.allclose(est(a), a)
    eye = torch.eye(2); assert torch.allclose(est(eye), torch.full((2, 2), .5))                       # ones and zeros both become one half
    judged('trainer.optimizers', 2, [[1, 0], [0, 1]], [[1, 2], [2, 4]], [[1, -1], [1, 1]])

def test_doubling():
    from nbformers.trainer.optimizers import GreedyLR
    o = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=.1); s, n = GreedyLR(o, patience=0, min_lr=1e-6), 0
    while o.param_groups[0]['lr'] < .2: s.step(-n); n += 1
    assert n == 14                                                                                    # log(2)/log(1/.95) = 13.5
    judged('trainer.optimizers', 3, 14, 13, 20)

# 18 sequence to sequence
def counted(lengths): return sum(lengths)/(max(lengths)*len(lengths))

def test_ragged_targets():
    "In the sources the encoder's layers run over all of them too; here only the (short) decoder does."
    assert round(counted([60]+[10]*15), 2) == .22
    judged('trainer.seq2seq', 1, counted, lambda lengths: 1-counted(lengths))

def test_four_right_tokens():
    "And worse where one error leads to the next."
    judged('trainer.seq2seq', 2, lambda p, n: p**n, lambda p, n: p, lambda p, n: 1-(1-p)**n)

def test_decoder_input_gives_the_answer_away():
    "Generation would go on from the shifted answer: everything but its last token stands there already."
    judged('trainer.seq2seq', 3, lambda labels, start: labels[:-1], lambda labels, start: labels, lambda labels, start: [])

# 19 searches
def test_grid_and_random(): judged('trainer.search', 1, (3, 9), (9, 9), (3, 3))           # the grid tries three values of it, a random search nine

def test_trials_for_the_best_twentieth():
    import math
    trials = lambda sure, best: math.ceil(math.log(1-sure)/math.log(1-best)-1e-9)
    assert trials(.95, .05) == 59
    judged('trainer.search', 2, trials, lambda sure, best: trials(sure, best)+1, lambda sure, best: math.ceil(sure/best))

def test_fixed_trial():
    from nbformers.trainer.search import default_hp_space_optuna
    class Fixed:
        number = 0
        def __init__(self, **params): self.params = params
        def __getattr__(self, name):
            if not name.startswith('suggest_'): raise AttributeError(name)
            return lambda key, *a, **k: self.params[key]
    want = dict(learning_rate=1e-5, num_train_epochs=2, seed=3, per_device_train_batch_size=8)
    assert default_hp_space_optuna(Fixed(**want)) == want
    class Least(Fixed):
        def __getattr__(self, name): return (lambda key, *a, **k: (a or [0])[0]) if name.startswith('suggest_') else super().__getattr__(name)
    judged('trainer.search', 3, Fixed, Least)

# 20 trackers
def test_best_loss_tracker(tmp_path):
    from nbformers import Trainer, TrainingArguments
    from nbformers.trainer.trackers import TrackerCallback
    class Best(TrackerCallback):
        best = (float('inf'), 0)
        def numbers(self, logs, step): self.best = min(self.best, (logs.get('eval/loss', float('inf')), step))
    class Newest(Best):
        def numbers(self, logs, step): self.best = logs.get('eval/loss', self.best[0]), step
    judged('trainer.trackers', 1, Best, Newest)
    judged('trainer.trackers', 2, 'evaluate', 'train', 'save_model')
    judged('trainer.trackers', 3, [0], list(range(8)), [])
    class Net(nn.Module):
        def __init__(self): super().__init__(); self.l = nn.Linear(4, 2)
        def forward(self, x, labels=None): logits = self.l(x); return dict(loss=nn.functional.cross_entropy(logits, labels), logits=logits)
    data = [dict(x=torch.randn(4), labels=i % 2) for i in range(16)]
    b = Best(); t = Trainer(Net(), TrainingArguments(str(tmp_path), max_steps=4, eval_strategy='steps', eval_steps=1, save_strategy='no', disable_tqdm=True), train_dataset=data, eval_dataset=data, callbacks=[b])
    with contextlib.redirect_stdout(None): t.evaluate(); assert b.best[1] == 0; t.train()    # evaluate alone logs too: why on_log begins a run
    assert b.best[0] == min(l['eval_loss'] for l in t.state.log_history if 'eval_loss' in l) or b.best[1] == 0

# 21 limits
def test_halving():
    n = 1
    while 16/n > 5: n *= 2
    def halvings(batch, fits):
        size = batch
        while size > fits: size //= 2
        return batch//size, size
    judged('trainer.limits', 1, halvings, lambda batch, fits: (-(-batch//fits), fits), lambda batch, fits: (batch, 1))
    assert n == 4 and 16//n == 4                                     # 4 of the 5 that would fit; finding 5 exactly takes failures on both sides of it

def test_labels_must_be_counted():
    import torch.nn.functional as F
    x, y = torch.randn(4, 3), torch.tensor([0, -100, -100, 2])       # pieces of 2 with one label each would be right by luck; 3 and 1 are not
    y[1] = 1
    whole = F.cross_entropy(x, y); means = (F.cross_entropy(x[:2], y[:2])+F.cross_entropy(x[2:], y[2:]))/2
    shares = F.cross_entropy(x[:2], y[:2])*2/3+F.cross_entropy(x[2:], y[2:])/3
    assert torch.allclose(whole, shares) and not torch.allclose(whole, means)
    judged('trainer.limits', 2, lambda means, counts: sum(m*c for m, c in zip(means, counts) if c)/sum(counts), lambda means, counts: sum(m for m, c in zip(means, counts) if c)/2)

def test_save_on_interrupt():
    import signal
    from nbformers.trainer.limits import SaveOnSignal
    before = signal.getsignal(signal.SIGINT)                        # workers that share the tests ignore it
    cb = SaveOnSignal(signal.SIGINT); cb.on_train_begin(None, None, None)
    try: signal.raise_signal(signal.SIGINT); assert cb.asked
    finally: cb.on_train_end(None, None, None)
    assert signal.getsignal(signal.SIGINT) is before is not cb
    judged('trainer.limits', 3, SaveOnSignal(signal.SIGINT), SaveOnSignal(signal.SIGTERM))
