"Solutions to the exercises of 02_tokenizer/17_patterns."
from nbformers.tokenizer.patterns import Pattern, _walk
from . import judged

def steps(pattern, text):
    seen = set()
    for at in range(len(text) + 1):
        if _walk(pattern.code, text, at, seen, [10**9])[0]: break
    return len(seen)

def test_steps_grow_with_the_text(): judged('tokenizer.patterns', 1, steps, lambda pattern, text: len(text)**2, lambda pattern, text: 99*len(text))

def pending():
    "2: every beginning of `abab…` may still become longer: another `ab` may always follow."
    return [t for t in ('', 'a', 'ab', 'aba', 'abab', 'b', 'ac') if (m := Pattern('(?:ab)+').search(t, partial=True)) and m.partial]

def test_pending(): judged('tokenizer.patterns', 2, pending(), ['', 'a', 'aba'], ['ab', 'abab'])
