"Solutions to the exercises of `nbs/01_config/03_files.ipynb`."
import os
from nbformers.config.files import atomic_folder
from . import judged

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

def halfway(path, line):
    "A wrong answer: what was written before the error stays."
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        data = line.encode() + b'\n'
        while data: data = data[os.write(fd, data):]
    finally: os.close(fd)

def test_append():
    judged('config.files', 1, atomic_append, halfway, lambda path, line: path.write_text(line + '\n'))

def killed(folder, files):
    "2: the second move fails, as if the power went."
    real, calls = os.replace, []
    def crash(*a):
        calls.append(a)
        if len(calls) == 2: raise InterruptedError
        real(*a)
    os.replace = crash
    try:
        with atomic_folder(folder) as d:
            for n, text in files.items(): (d/n).write_text(text)
    except InterruptedError: pass
    finally: os.replace = real

def unhurt(folder, files):
    with atomic_folder(folder) as d:
        for n, text in files.items(): (d/n).write_text(text)

def test_killed_in_the_middle(): judged('config.files', 2, killed, unhurt)
