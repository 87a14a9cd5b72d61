"""The sweep: every architecture in `cases.py`, every class that the reference has for it, every drawn configuration."""
import logging, re, time, traceback
import pytest
transformers = pytest.importorskip('transformers')
import torch
from .cases import CASES
from .harness import SEED, compare, draw, head_names

transformers.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()
ROWS = []

def run_one(model_type, cls_name):
    "All configurations of one class: a row of the table, with the exception of the first that failed."
    row, t = dict(model_type=model_type, cls=cls_name, configs=0, worst=0., field='', failed=None), time.perf_counter()
    for i, config in enumerate(draw(model_type, cls_name)):
        try: errs = compare(model_type, cls_name, config, seed=i + 1000*int(SEED or 0))
        except Exception as e:
            e.add_note(f'{cls_name} with {config}') if hasattr(e, 'add_note') else None
            row['failed'] = e
            break
        row['configs'] += 1
        field, worst = max(errs.items(), key=lambda kv: kv[1])
        if worst > row['worst']: row |= dict(worst=worst, field=field)
    row['seconds'] = time.perf_counter()-t
    return row

def table(rows):
    "The table that the sweep prints: architecture, class, configurations, worst relative error and where."
    lines = [f"{'architecture':12} {'class':34} configs  worst error  field               seconds"]
    for r in rows: lines.append(f"{r['model_type']:12} {r['cls']:34} {r['configs']:^7}  {r['worst']:.1e}      {r['field']:18}  {r['seconds']:.1f}" + ('  FAILED' if r['failed'] else ''))
    return '\n'.join(lines + [f"{len(rows)} classes, {sum(r['configs'] for r in rows)} configurations, worst {max((r['worst'] for r in rows), default=0):.1e}, {sum(r['seconds'] for r in rows):.0f} s"])

def sweep(pattern='', verbose=False, workers=1):
    "The rows of every class that fits the pattern, one process or several."
    jobs = [(mt, cls) for mt in CASES for cls in head_names(mt) if re.search(pattern, f'{mt}/{cls}')]
    n = torch.get_num_threads()
    torch.set_num_threads(1)   # tiny tensors: threads only cost
    try:
        if workers > 1:
            with torch.multiprocessing.get_context('spawn').Pool(workers, torch.set_num_threads, (1,)) as pool: rows = pool.starmap(told, jobs, chunksize=1)
        else: rows = [told(*job) for job in jobs]
    finally: torch.set_num_threads(n)
    for r in rows:
        if verbose and r['failed']: print(r['failed'])
    return rows

def told(model_type, cls_name):
    "A row whose failure is text."
    row = run_one(model_type, cls_name)
    if row['failed'] is not None: row['failed'] = ''.join(traceback.format_exception(row['failed'], limit=-3))
    return row

@pytest.mark.parametrize('model_type,cls_name', [(mt, c) for mt in CASES for c in head_names(mt)], ids=lambda x: x)
def test_parity(model_type, cls_name):
    n = torch.get_num_threads()
    torch.set_num_threads(1)
    try: row = run_one(model_type, cls_name)
    finally: torch.set_num_threads(n)
    ROWS.append(row)
    if row['failed']: raise row['failed']
