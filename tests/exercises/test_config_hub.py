"Solutions to the exercises of `nbs/01_config/04_hub.ipynb`."

def cached_commits(repo, cache):
    "1: every snapshot, with the refs whose text is its hash."
    d = cache/f"models--{repo.replace('/', '--')}"
    refs = {p.relative_to(d/'refs').as_posix(): p.read_text().strip() for p in (d/'refs').rglob('*') if p.is_file()}
    return {s.name: sorted(r for r, c in refs.items() if c == s.name) for s in sorted((d/'snapshots').iterdir())}

def prune(repo, cache):
    "2: snapshots refer to blobs, so links are read first; a blob that gains a link meanwhile is the only danger, and a downloader writes the blob before the link: skip young ones."
    import time
    d = cache/f"models--{repo.replace('/', '--')}"
    used = {p.resolve() for p in d.glob('snapshots/*/**/*') if p.is_symlink()}
    gone = [b for b in (d/'blobs').iterdir() if b.resolve() not in used and time.time() - b.stat().st_mtime > 3600]
    for b in gone: b.unlink()
    return sorted(b.name for b in gone)

def test_both(tmp_path):
    import os
    d = tmp_path/'models--me--demo'
    for x in ('blobs', 'refs/pr', 'snapshots/aa', 'snapshots/bb'): (d/x).mkdir(parents=True)
    for b in ('used', 'old', 'young'): (d/'blobs'/b).write_text(b)
    for b in ('used', 'old'): os.utime(d/'blobs'/b, (0, 0))
    (d/'snapshots'/'aa'/'config.json').symlink_to('../../blobs/used')
    (d/'refs'/'main').write_text('aa'); (d/'refs'/'pr'/'1').write_text('aa')
    assert cached_commits('me/demo', tmp_path) == dict(aa=['main', 'pr/1'], bb=[])
    assert prune('me/demo', tmp_path) == ['old'] and (d/'snapshots'/'aa'/'config.json').read_text() == 'used'
