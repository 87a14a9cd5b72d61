"A solution to the exercise of 02_tokenizer/12_files."
import json
from pathlib import Path

from tokenizers import pre_tokenizers

from nbformers.tokenizer.families import GPT2Tokenizer

def difference(a, b):
    out = []
    def walk(x, y, where):
        if isinstance(x, dict) and isinstance(y, dict):
            for k in sorted({*x, *y}): walk(x.get(k), y.get(k), f'{where}.{k}')
        elif x != y: out.append((where, x, y))
    for name in sorted({p.name for f in (a, b) for p in Path(f).glob('*.json')}): walk(*(json.loads((Path(f)/name).read_text()) if (Path(f)/name).is_file() else None for f in (a, b)), name)
    return out

def test_what_differs(tmp_path):
    tok = GPT2Tokenizer({c: i for i, c in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))})
    tok.save_pretrained(tmp_path/'a'); tok.padding_side = 'left'; tok.save_pretrained(tmp_path/'b')
    assert difference(tmp_path/'a', tmp_path/'b') == [('tokenizer_config.json.padding_side', 'right', 'left')]
    assert difference(tmp_path/'a', tmp_path/'a') == []
