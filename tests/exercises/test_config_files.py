"Solutions to the exercises of `nbs/01_config/03_files.ipynb`."
import os
import pytest
from nbformers.config.files import atomic_folder, finish_save

def atomic_append(path, line):
    "1: one write call on a descriptor opened for appending is one piece; the lock covers long lines."
    import fcntl
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        size, data = os.fstat(fd).st_size, line.encode() + b'\n'
        try:
            while data: data = data[os.write(fd, data):]
            os.fsync(fd)
        except BaseException: os.ftruncate(fd, size); raise
    finally: os.close(fd)

def test_append(tmp_path):
    pids = []
    for k in range(4):
        if not (pid := os.fork()):
            for i in range(50): atomic_append(tmp_path/'log', f'{k} {i} ' + 'x'*5000)
            os._exit(0)
        pids.append(pid)
    for p in pids: os.waitpid(p, 0)
    lines = (tmp_path/'log').read_text().splitlines()
    assert len(lines) == 200 and all(len(l.split()[2]) == 5000 for l in lines)
    assert [int(l.split()[1]) for l in lines if l[0] == '2'] == list(range(50))

def test_killed_in_the_middle(tmp_path, monkeypatch):
    with atomic_folder(tmp_path/'m') as d:
        for n in 'abc': (d/n).write_text('old')
    real, calls = os.replace, []
    def crash(*a):
        calls.append(a)
        if len(calls) == 2: raise InterruptedError
        real(*a)
    with monkeypatch.context() as mp:
        mp.setattr(os, 'replace', crash)
        with pytest.raises(InterruptedError):
            with atomic_folder(tmp_path/'m') as d:
                for n in 'abc': (d/n).write_text('new')
    assert {(tmp_path/'m'/n).read_text() for n in 'abc'} == {'old', 'new'}
    finish_save(tmp_path/'m')
    assert {p.name: p.read_text() for p in (tmp_path/'m').iterdir()} == dict.fromkeys('abc', 'new')
