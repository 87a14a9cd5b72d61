"""README.md from nbs/index.ipynb, pictures included, without Quarto: the notebook's prose as it is, its code in fences, its
stored outputs below. Pictures go to `README_files/`, so that GitHub and PyPI's page show them.

    python tools/readme.py [--check]"""
import base64, json, re, sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
INDEX, README, FILES = ROOT/'nbs/index.ipynb', ROOT/'README.md', ROOT/'README_files'

def text(x): return ''.join(x) if isinstance(x, list) else x
def plain(s): return re.sub(r'\x1b\[[0-9;]*m', '', s).rstrip()

def prose(s):
    "Links between notebooks hold from the repository's root too; a front matter quote stays a quote."
    return re.sub(r'(\]\()(?!https?:|#|mailto:)([^)]+\))', lambda m: f'{m[1]}{_from_root(m[2])}', s)

def _from_root(link):
    path = link[:-1]
    return (path[3:] if path.startswith('../') else f'nbs/{path}') + ')'

def shown(out, files):
    "One output as Markdown."
    if out['output_type'] == 'stream': return '' if out['name'] == 'stderr' else f"    {plain(text(out['text']))}".replace('\n', '\n    ')
    data = out.get('data', {})
    if 'image/png' in data:
        name = f'picture-{len(files) + 1}.png'
        files[name] = base64.b64decode(text(data['image/png']))
        return f'![](README_files/{name})'
    if 'text/markdown' in data: return text(data['text/markdown'])
    return f"    {plain(text(data['text/plain']))}".replace('\n', '\n    ') if 'text/plain' in data else ''

def render(nb):
    "(README text, {picture: bytes})"
    parts, files = ['<!-- Generated from nbs/index.ipynb by tools/readme.py; edit the notebook. -->'], {}
    for c in nb['cells']:
        src = text(c['source'])
        flags = re.findall(r'^#\|\s*(.*)', src, flags=re.M)
        src = re.sub(r'^#\|.*\n?', '', src, flags=re.M).strip()
        if 'hide' in flags or not src: continue
        if c['cell_type'] == 'markdown': parts.append(prose(src))
        elif c['cell_type'] == 'code':
            if not {'echo: false', 'hide_input'} & set(flags): parts.append(f'```python\n{src}\n```')
            parts += filter(None, (shown(o, files) for o in c.get('outputs', ()) if 'hide_output' not in flags))
    return '\n\n'.join(parts) + '\n', files

def main(check=False):
    if not INDEX.exists(): return
    md, files = render(json.loads(INDEX.read_text(encoding='utf-8')))
    have = {f.name: f.read_bytes() for f in FILES.glob('*.png')}
    if README.exists() and README.read_text(encoding='utf-8') == md and have == files: return
    if check: sys.exit('README.md is out of date: run make readme')
    README.write_text(md, encoding='utf-8')
    for name in set(have) - set(files): (FILES/name).unlink()
    if files: FILES.mkdir(exist_ok=True)
    for name, data in files.items(): (FILES/name).write_bytes(data)

if __name__ == '__main__': main('--check' in sys.argv)
