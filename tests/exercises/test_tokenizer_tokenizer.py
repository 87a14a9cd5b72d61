"Solutions to the exercises of 02_tokenizer/07_tokenizer."
from . import judged

def batches(tok, texts, n):
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    for a in range(0, len(texts), n): yield order[a:a+n], tok([texts[i] for i in order[a:a+n]], padding=True)

def unsorted(tok, texts, n): return ((range(a, min(a+n, len(texts))), tok(texts[a:a+n], padding=True)) for a in range(0, len(texts), n))

def test_sorting_saves_filler(): judged('tokenizer.base', 1, batches, unsorted)

def windows(tok, text, n, stride):
    ids, room = tok.encode(text, add_special_tokens=False), n - tok.num_special_tokens_to_add()
    out, start = [], 0
    while True:
        out.append(tok.build_inputs_with_special_tokens(ids[start:start+room]))
        if start + room >= len(ids): return out
        start += room - stride

def test_windows_by_hand(): judged('tokenizer.base', 2, windows, lambda tok, text, n, stride: windows(tok, text, n, 0), lambda tok, text, n, stride: [tok.encode(text)])
