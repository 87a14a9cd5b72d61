"Solutions to the exercises of nbs/04_models/03_loading."
import torch
from nbformers.config.checkpoint import open_checkpoint
from nbformers.models.llama import LlamaForCausalLM
from nbformers.models.loading import disk_tensors, load_tensors, save_model
from . import judged

def touch(m):
    "1. Read one number of every page; a page is 4096 bytes."
    total = 0.
    with torch.no_grad():
        for p in m.parameters(): total += p.view(-1)[::4096//p.element_size()].float().sum().item()
    return total

def average(a, b, out):
    "2. One tensor at a time: the files are mapped, and the result is one model's worth."
    a,b,m = open_checkpoint(a),open_checkpoint(b),LlamaForCausalLM.from_pretrained(a)
    load_tensors(m, {n: (x + b.get(n))/2 for n,x in a.items()})
    save_model(m, out)

def changed(m, base):
    "3. The tensors of `m` that the base checkpoint does not hold as they are."
    base = open_checkpoint(base)
    return {n: t for n,t in disk_tensors(m).items() if not torch.equal(t, base.get(n))}

def test_touch(): judged('models.loading', 1, touch, lambda m: next(m.parameters()).sum())
def test_average(): judged('models.loading', 2, average, lambda a, b, out: save_model(LlamaForCausalLM.from_pretrained(a), out))
def test_changed(): judged('models.loading', 3, changed, lambda m, base: disk_tensors(m))
