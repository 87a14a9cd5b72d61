"Solutions to the exercises of 02_tokenizer/17_patterns."
from nbformers.tokenizer.patterns import Pattern, _walk

def steps(pattern, text):
    seen = set()
    for at in range(len(text) + 1):
        if _walk(pattern.code, text, at, seen, [10**9])[0]: break
    return len(seen)

def test_steps_grow_with_the_text():
    p = Pattern('(?:a|a)*b')
    few, many = steps(p, 'a'*100), steps(p, 'a'*1000)
    assert 9 < many/few < 11

def test_pending():
    p, got = Pattern('(?:ab)+'), {}
    for n in range(5): m = p.search('abab'[:n], partial=True); got[n] = m and m.partial
    assert got == {0: None, 1: True, 2: True, 3: True, 4: True}       # another `ab` may always follow
