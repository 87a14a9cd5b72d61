"""The one seed of every test that draws: a constant, so that a test says the same on every day and every machine. NBFORMERS_SEED=7 draws anew
(the nightly run does, .github/workflows/nightly.yml); what fails then fails again with that number."""
import os, random, sys, zlib

SEED = int(os.environ.get('NBFORMERS_SEED', 1))

def again(*what):
    """Every generator (torch's, numpy's, Python's) set from the seed and a name. tests/conftest.py calls it before each fixture and each test:
    what is drawn depends neither on the tests before nor on the process that a test runs in."""
    n = zlib.crc32(repr((SEED, *what)).encode())
    random.seed(n)
    if (np := sys.modules.get('numpy')) is not None: np.random.seed(n)
    if (torch := sys.modules.get('torch')) is not None and hasattr(torch, 'manual_seed'): torch.manual_seed(n)

def share(members, kind):
    "One member of each kind (`kind(member)` names it): the first, or one drawn where NBFORMERS_SEED is set. A new member changes its own kind's choice only."
    groups = {}
    for m in members: groups.setdefault(kind(m), []).append(m)
    return [random.Random(f'{SEED}/{k}').choice(g) if 'NBFORMERS_SEED' in os.environ else g[0] for k, g in groups.items()]
