"""Build the site into OUT: `nbdev-docs` where Quarto is installed; elsewhere the same notebooks, through nbdev's own
processors (API tables, links, hidden cells) and nbconvert, as plain pages that need no other host. Then every link of every
page is checked: pages, pictures and anchors that are not there are errors, and so is anything loaded from another host.

    python tools/docs.py [OUT] [--if-changed] [--only=GLOB]   # default _docs; --if-changed: not if OUT was made from the same
        # sources; --only=02_tokenizer/0*: only the pages of these notebooks, the rest of OUT stays as it is"""
import base64, fcntl, hashlib, html, io, json, os, re, shutil, statistics, struct, subprocess, sys, time
from fnmatch import fnmatch
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag
import sidebar, sync_settings

ROOT = Path(__file__).resolve().parents[1]
PROCESSED = ROOT/'build/processed'
GALLERY = '<!-- gallery: the site hangs the pictures here -->'
CSS = '''
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent); --soft: color-mix(in srgb, currentColor 5%, transparent);
        --back: light-dark(#fff, #16181c); --link: light-dark(#0b5cad, #7ab8f5); --bar: 3rem; }
* { box-sizing: border-box; } html { scroll-padding-top: calc(var(--bar) + .5rem); -webkit-text-size-adjust: 100%; }
body { margin: 0; font: 16px/1.6 system-ui, sans-serif; background: var(--back); display: grid; grid-template-columns: 18rem minmax(0, 54rem); gap: 0 2.5rem; }
a { color: var(--link); }
header { grid-column: 1 / -1; position: sticky; top: 0; z-index: 2; height: var(--bar); display: flex; gap: 1rem; align-items: center; padding: 0 1rem; background: var(--back); border-bottom: 1px solid var(--line); }
header b a { color: inherit; text-decoration: none; } #fold { position: absolute; opacity: 0; } header label { display: none; cursor: pointer; padding: .3rem .5rem; border: 1px solid var(--line); border-radius: 4px; line-height: 1; }
header search { margin-left: auto; width: min(24rem, 60vw); position: relative; } header input[type=search] { width: 100%; font: inherit; padding: .2rem .6rem; border: 1px solid var(--line); border-radius: 4px; background: var(--soft); color: inherit; }
#found { position: absolute; right: 0; width: min(34rem, 92vw); max-height: 70vh; overflow: auto; margin: .2rem 0 0; padding: 0; list-style: none; background: var(--back); border: 1px solid var(--line); border-radius: 4px; box-shadow: 0 6px 24px rgb(0 0 0 / .25); }
#found:empty { display: none; } #found li { padding: .35rem .7rem; border-bottom: 1px solid var(--line); font-size: .9rem; } #found small { display: block; opacity: .7; }
nav { padding: 1rem .5rem 2rem 1rem; font-size: .9rem; position: sticky; top: var(--bar); height: calc(100vh - var(--bar)); overflow: auto; border-right: 1px solid var(--line); line-height: 1.35; }
nav ul { list-style: none; padding-left: .8rem; margin: .2rem 0; } nav > ul { padding: 0; } nav li { padding: .12rem 0; } nav a { text-decoration: none; } nav summary { cursor: pointer; font-weight: 600; padding: .1rem 0; }
nav .here { font-weight: 700; color: inherit; } nav .inside { font-size: .85em; border-left: 2px solid var(--line); margin-left: .2rem; }
main { padding: .5rem 1rem 4rem 0; min-width: 0; overflow-wrap: break-word; } h1 { line-height: 1.2; } h2 { margin-top: 2.2rem; border-bottom: 1px solid var(--line); padding-bottom: .2rem; } h1, h2, h3, h4 { overflow-wrap: anywhere; } h2, h3, h4 { line-height: 1.3; }
.from { font-size: .85rem; opacity: .8; margin: .5rem 0; overflow-wrap: anywhere; }
img, svg, video, canvas { max-width: 100%; height: auto; } img { background: #fff; border-radius: 4px; }
pre { background: var(--soft); padding: .6rem .8rem; overflow: auto; font-size: .85rem; line-height: 1.45; border-radius: 4px; } code { font-size: .9em; overflow-wrap: anywhere; } pre code { overflow-wrap: normal; }
.jp-OutputArea-output, .output_area { overflow-x: auto; max-width: 100%; } .output_area pre, .output pre, .jp-OutputArea-output pre { background: none; border-left: 3px solid var(--line); border-radius: 0; }
.jp-OutputArea-output[style], .jp-RenderedHTML { color-scheme: light dark; }
table { border-collapse: collapse; font-size: .9rem; display: block; width: max-content; max-width: 100%; overflow-x: auto; } th, td { border: 1px solid var(--line); padding: .2rem .5rem; text-align: left; vertical-align: top; overflow-wrap: normal; } td code { overflow-wrap: normal; }
math[display=block] { display: block math; overflow-x: auto; overflow-y: hidden; max-width: 100%; padding: .2rem 0; } p > math:not([display=block]) { max-width: 100%; overflow-x: auto; overflow-y: hidden; }
blockquote { margin: 1rem 0; padding-left: 1rem; border-left: 3px solid var(--line); } .anchor-link, .prompt, .jp-InputPrompt, .jp-OutputPrompt { display: none; }
.gallery p { display: grid; grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr)); gap: .8rem; } .gallery a { display: block; border: 1px solid var(--line); border-radius: 4px; overflow: hidden; font-size: .85rem; line-height: 1.3; text-decoration: none; padding: .4rem; }
.gallery img { display: block; width: 100%; height: 9rem; object-fit: contain; margin-bottom: .3rem; }
.turn { display: flex; justify-content: space-between; gap: 1rem; border-top: 1px solid var(--line); margin-top: 3rem; padding-top: 1rem; } .turn :last-child { text-align: right; }
.skip { position: absolute; left: -99rem; } .skip:focus { left: 1rem; top: .5rem; z-index: 3; background: var(--back); }
@media (max-width: 60rem) { body { display: block; } main { padding: .5rem 1rem 4rem; } header label { display: block; } header search { width: 55vw; }
  nav { display: none; height: calc(100vh - var(--bar)); position: fixed; left: 0; right: 0; z-index: 1; background: var(--back); } #fold:checked ~ nav { display: block; } nav li { padding: .3rem 0; } h1 { font-size: 1.7rem; } }
'''
# The search: titles, sentences and headings of all pages, read when somebody first looks into the box.
JS = '''
const box = document.querySelector('header input[type=search]'), found = document.querySelector('#found'), up = document.currentScript.dataset.up
let book
const read = () => book ??= new Promise((done, fail) => { const s = document.createElement('script'); s.src = up + 'search.js'; s.onload = () => done(window.BOOK); s.onerror = fail; document.head.append(s) })
const plain = s => s.toLowerCase().normalize('NFKD').replace(/[\\u0300-\\u036f]/g, '')
function score(words, text, weight) { const t = plain(text); return words.every(w => t.includes(w)) ? weight + (t.startsWith(words[0]) ? 3 : 0) + 10 / (10 + t.length) : 0 }
async function look() {
  const words = plain(box.value).split(/\\s+/).filter(Boolean), hits = []
  if (!words.length) return found.replaceChildren()
  for (const [title, page, sentence, heads] of await read()) {
    const s = Math.max(score(words, title, 8), score(words, title + ' ' + sentence, 3))
    if (s) hits.push([s, title, page, sentence])
    for (const [head, id] of heads) { const s = score(words, head, 5) || score(words, title + ' ' + head, 2); if (s) hits.push([s, head, page + '#' + id, title]) }
  }
  hits.sort((a, b) => b[0] - a[0])
  found.replaceChildren(...(hits.length ? hits.slice(0, 30) : [[0, 'Nothing found', '', '']]).map(([_, text, to, more]) => {
    const li = document.createElement('li'), a = document.createElement(to ? 'a' : 'span'), small = document.createElement('small')
    a.textContent = text; if (to) a.href = up + to; small.textContent = more; li.append(a, small); return li }))
}
box.addEventListener('focus', read); box.addEventListener('input', look)
addEventListener('keydown', e => { if (e.key == '/' && !/INPUT|TEXTAREA/.test(document.activeElement.tagName)) { e.preventDefault(); box.focus() } if (e.key == 'Escape') { box.value = ''; found.replaceChildren() } })
document.addEventListener('click', e => { if (!e.target.closest('search')) found.replaceChildren() })
document.querySelector('nav .here')?.scrollIntoView({block: 'center'}); scrollTo(0, 0)
if (location.hash) document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView()
'''

def process(only='', again=True):
    """nbdev's processors over every notebook, into `_proc`. They run the cells that API tables need: exported ones and imports.
    nbdev would also run any other cell that has an import in it, by itself, and stop at the names that it lacks: those are left.
    `only` is a pattern of notebooks; without `again`, one that was processed before and has not changed since is taken as it was."""
    import ast, inspect, warnings
    from nbdev import processors, serve
    warnings.filterwarnings('ignore', 'Found cells containing imports')
    usual, two = processors._do_eval, serve.parallel
    alone = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)
    def needed(cell):
        if not usual(cell): return False
        if {'export', 'exports', 'exporti', 'exec_doc'} & cell.directives_.keys(): return True
        trees = cell.parsed_()
        return bool(processors._show_docs(trees)) or all(isinstance(t, alone) for t in trees)
    processors._do_eval = needed
    if hasattr(os, 'fork'): serve.parallel = lambda f, items, **kw: two(f, items, **{**kw, 'method': 'fork'})  # workers inherit `needed`
    else: serve.parallel = lambda f, items, **kw: two(f, items, n_workers=0)
    usual_file, kept, rules = serve._proc_file, {}, inspect.getsource(process).encode()
    def chosen(s, cache, path):
        if s.suffix != '.ipynb': return usual_file(s, cache, path)
        if only and not fnmatch(s.relative_to(path).as_posix(), only): return None
        f, to = PROCESSED/hashlib.sha256(f'{s.relative_to(path)}\0'.encode() + s.read_bytes() + rules).hexdigest()[:32], cache/s.relative_to(path)
        if again or not f.exists():
            kept[to] = f
            return usual_file(s, cache, path)
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(f, to)
    serve._proc_file = chosen
    made = Path(serve.proc_nbs(force=True))
    PROCESSED.mkdir(parents=True, exist_ok=True)
    for to, f in kept.items(): shutil.copyfile(made.parent/to, f)
    if (made/'gallery.ipynb').exists(): hang(made)
    return made

def pictures(nb):
    "[(heading, PNG)] of a notebook's stored outputs."
    head, out = '', []
    for c in json.loads(nb.read_text(encoding='utf-8'))['cells']:
        src = ''.join(c['source'])
        if c['cell_type'] == 'markdown': head = ([head] + re.findall(r'^#+ +(.+)$', src, flags=re.M))[-1]
        out += [(head, base64.b64decode(''.join(o['data']['image/png']))) for o in c.get('outputs', ()) if 'image/png' in o.get('data', {})]
    return out

def named(data, kind='png'): return f'pictures/{hashlib.sha256(data).hexdigest()[:16]}.{kind}'

def walls(items, part=''):
    "(innermost section, title, notebook) in reading order."
    for text, inner in items:
        if isinstance(inner, list): yield from walls(inner, text)
        else: yield part, text, inner

def hang(made):
    "The pictures of the gallery, small: from each chapter the one with most to see, a link to its chapter."
    from PIL import Image
    d, parts = json.loads((made/'gallery.ipynb').read_text(encoding='utf-8')), {}
    def to_see(x):
        w, h = struct.unpack('>II', x[1][16:24])
        return len(x[1]) / max(1, w/h/1.6)**3                            # a broad strip of small pictures shows little when it is small
    (made/'pictures').mkdir(exist_ok=True)
    for part, text, nb in walls(sidebar.tree()):
        found = pictures(ROOT/'nbs'/nb)
        if not found: continue
        head, png = max(found, key=to_see)
        small = Image.open(io.BytesIO(png)).convert('RGB')
        small.thumbnail((400, 300))
        thumb = named(png, 'webp')
        small.save(made/thumb, quality=75)
        words = html.escape(text).replace('[', '(').replace(']', ')')
        parts.setdefault(part, []).append(f'[![{words}: {html.escape(head)}]({thumb}) {words}]({nb})')
    cell = next(c for c in d['cells'] if ''.join(c['source']).startswith(GALLERY))
    cell['source'] = '\n\n'.join(f'## {part}\n\n<div class="gallery">\n\n{chr(10).join(links)}\n\n</div>' for part, links in parts.items() if part)
    (made/'gallery.ipynb').write_text(json.dumps(d), encoding='utf-8')

def with_quarto(out):
    process()  # nbdev-docs then finds every page processed
    subprocess.run([Path(sys.executable).parent/'nbdev-docs'], check=True, cwd=ROOT)
    built = ROOT/sync_settings.read()['doc_path']
    if built.resolve() != out.resolve(): shutil.copytree(built, out, dirs_exist_ok=True)

def page_of(nb):
    "The page of a notebook (a path under nbs/): nbdev's rule, numbers of the file name left out."
    nb = Path(nb)
    return nb.with_name(re.sub(r'^\d+[a-zA-Z0-9]*_', '', nb.name.lower())).with_suffix('.html')

def menu(items, here, base, inside=''):
    "The table of contents as nested lists: sections fold, the one with the page that is `here` is open."
    rows = []
    for text, inner in items:
        if isinstance(inner, list):
            opened = ' open' if any(i == here for _, i in flat(inner)) else ''
            rows.append(f'<li><details{opened}><summary>{html.escape(text)}</summary>{menu(inner, here, base, inside)}</details>')
        elif inner == here: rows.append(f'<li><a class=here aria-current=page href="{relative(page_of(inner), base)}">{html.escape(text)}</a>{inside}')
        else: rows.append(f'<li><a href="{relative(page_of(inner), base)}">{html.escape(text)}</a>')
    return f"<ul>{''.join(rows)}</ul>"

def relative(page, base): return Path(os.path.relpath(page, base)).as_posix()
def flat(items): return [x for t, i in items for x in (flat(i) if isinstance(i, list) else [(t, i)])]

def formulas(page):
    "TeX between dollars -> MathML, which browsers draw by themselves; code stays as it is."
    from latex2mathml.converter import convert
    def one(m):
        tex, block = html.unescape(m[1] or m[2]), m[1] is not None
        try: return convert(tex, display='block' if block else 'inline')
        except Exception: return f'<code>{html.escape(tex)}</code>'
    parts = re.split(r'(<pre.*?</pre>|<code.*?</code>|<script.*?</script>|<svg.*?</svg>)', page, flags=re.S)
    return ''.join(p if i % 2 else re.sub(r'\$\$(.+?)\$\$|(?<![\\$\w])\$(?!\s)([^$<]+?)(?<!\s)\$(?![\w$])', one, p, flags=re.S) for i, p in enumerate(parts))

def links(page, base, site):
    "Links to notebooks and to the hosted site -> this build's pages."
    def one(m):
        to = html.unescape(m[2])
        made = ' data-made' if to.startswith(site) else ''
        if made: to = relative(to[len(site):].split('#')[0] or 'index.html', base) + ('#' + to.split('#')[1] if '#' in to else '')
        elif not re.match(r'[a-z]+:', to) and '.ipynb' in to:
            path, _, anchor = to.partition('#')
            to = page_of(path).as_posix() + (f'#{anchor}' if anchor else '')
        return f'{m[1]}{made} href="{html.escape(to)}"'
    return re.sub(r'(<a\b[^>]*?) href="([^"]+)"', one, page)

def settle(out):
    "A link that nbdev made to a name without a table of its own (an internal one) goes to its page instead."
    pages = {f: f.read_text(encoding='utf-8') for f in out.rglob('*.html')}
    ids = {os.path.normpath(f): Page(t).ids for f, t in pages.items()}
    for f, text in pages.items():
        def one(m):
            to = os.path.normpath(f.parent/m[1] if m[1] else f)
            return f' href="{m[1] or f.name}{m[2] if unquote(m[2][1:]) in ids.get(to, ()) else ""}"'
        new = re.sub(r' data-made href="([^"#]*)(#[^"]*)?"', lambda m: one(m) if m[2] else f' href="{m[1]}"', text)
        if new != text: f.write_text(new, encoding='utf-8')

def as_prose(c, cells):
    "A cell that shows no code and only prints Markdown (an API table) becomes that Markdown, without Pandoc's attributes."
    md = [''.join(o['data']['text/markdown']) for o in c['outputs'] if 'text/markdown' in o.get('data', {})]
    if not c['outputs']: return cells.remove(c)
    if len(md) == len(c['outputs']):
        c.update(cell_type='markdown', source=re.sub(r'(?<=[)\]])\{[^}\n]*\}', '', '\n\n'.join(md)))
        for k in ('outputs', 'execution_count'): c.pop(k)

def anchors(page):
    "Heading anchors as Quarto and GitHub spell them: lower case, words joined by hyphens."
    def spell(s): return re.sub(r'[^\w.-]', '', html.unescape(unquote(s)).lower())
    page = re.sub(r'(<h[1-6][^>]*?\bid=)"([^"]+)"', lambda m: f'{m[1]}"{spell(m[2])}"', page)
    return re.sub(r'(<a class="anchor-link" href=)"#([^"]+)"', lambda m: f'{m[1]}"#{spell(m[2])}"', page)

def sound(d):
    "What nbdev's processors leave out of a notebook that nbconvert asks for."
    head = {}
    for c in list(d['cells']):
        c.setdefault('metadata', {}).pop('execution', None)
        src = c['source'] = ''.join(c['source'])
        if c['cell_type'] == 'raw' and src.startswith('---'):
            head = dict(re.findall(r'^(title|description): *(.+(?:\n +.+)*)$', src, flags=re.M))
            d['cells'].remove(c)
        if c['cell_type'] == 'code':
            c.setdefault('outputs', [])
            c.setdefault('execution_count', None)
            flags = re.findall(r'^#\|\s*(.*)', src, flags=re.M)
            c['source'] = re.sub(r'^#\|.*\n?', '', src, flags=re.M)
            if 'echo: false' in flags: c['source'] = ''
        else:
            for k in ('outputs', 'execution_count'): c.pop(k, None)
        if c['cell_type'] == 'code' and not c['source'].strip(): as_prose(c, d['cells'])
        for k in set(c) - {'cell_type', 'id', 'metadata', 'source', 'outputs', 'execution_count', 'attachments'}: c.pop(k)
        if 'outputs' in c: c['outputs'] = [o for o in c['outputs'] if o.get('data') != {}]  # a widget's: nothing to show
        for o in c.get('outputs', []):
            if o['output_type'] in ('execute_result', 'display_data'): o.setdefault('metadata', {})
    def bare(s):
        s = re.sub(r'\s+', ' ', s).strip()
        return s[1:-1].replace("''", "'") if s[:1] == s[-1:] == "'" else s.strip('"')
    return {k: bare(v) for k, v in head.items()}

def inline(s): return re.sub(r'`([^`]+)`', r'<code>\1</code>', html.escape(s))

def exporter():
    """nbconvert's, without two of its rounds through every page, which took a third of the build: what Pygments wrote is
    clean HTML already, and the descriptions and keys that it adds to pictures and cells are none that anybody can use."""
    from nbconvert.exporters import html as exporters
    from nbconvert.filters import clean_html
    class Bare(str):
        def select(self, _): return ()
    exporters.BeautifulSoup = lambda page, **kw: Bare(page)
    e = exporters.HTMLExporter(template_name='basic', embed_images=False)
    e.register_filter('clean_html', lambda x: x if re.match(r'\s*<div class=" *highlight', str(x)) else clean_html(x))
    return e

def hung(page, base, out):
    "Pictures inside of a page -> files beside it, which a browser asks for when they come into view."
    def one(m):
        kind, data = m[2], base64.b64decode(m[3])
        f = out/named(data, kind[:3])
        f.parent.mkdir(exist_ok=True)
        if not f.exists(): f.write_bytes(data)
        kept = re.sub(r'\s(?:alt|loading)="[^"]*"', '', m[1] + m[4])
        w, h = struct.unpack('>II', data[16:24]) if kind == 'png' else re.search(rb'width="(\d+)" height="([\d.]+)"', data[:400] + b'width="480" height="300"').groups()
        size = '' if 'width=' in kept else f' width="{int(w)}" height="{float(h):.0f}"'
        says = re.search(rb'<title>(.*?)</title>', data) if kind != 'png' else None
        head = re.findall(r'<h[1-6][^>]*>(.*?)<a class="anchor-link"', page[:m.start()], flags=re.S)
        alt = html.unescape(says[1].decode() if says else 'Picture: ' + re.sub(r'<[^>]+>', '', head[-1]).strip() if head else 'A picture of this chapter')
        return f'<img{kept} src="{relative(f.relative_to(out), base)}" alt="{html.escape(alt, quote=True)}"{size} loading="lazy">'
    return re.sub(r'<img((?:\s+[\w-]+="[^"]*")*?)\s+src="data:image/(png|svg\+xml);base64,\s*([^"]+)"([^>]*?)/?>', one, page)

def headings(page):
    "[(level, text, id)] of a page's headings below its title."
    found = re.findall(r'<h([2-4])[^>]*\bid="([^"]+)"[^>]*>(.*?)</h\1>', page, flags=re.S)
    bare = lambda s: html.unescape(re.sub(r'<[^>]+>', '', re.sub(r'<a class="anchor-link".*?</a>', '', s, flags=re.S))).strip()
    return [(int(n), re.sub(r'\s+', ' ', bare(t)), i) for n, i, t in found]

def origin(name, s):
    "Where a page's chapter stands on GitHub, and the module that it exports."
    m = re.search(r'^\#\|\s*default_exp +(\S+)', '\n'.join(''.join(c['source']) for c in json.loads((ROOT/'nbs'/name).read_text(encoding='utf-8'))['cells']), flags=re.M)
    at = f"{s['git_url']}/blob/{s['branch']}"
    py = f"nbformers/{m[1].replace('.', '/')}.py" if m else ''
    return f'<p class=from>Source: <a href="{at}/nbs/{name}">nbs/{name}</a>' + (f' → <a href="{at}/{py}">{py}</a>' if py else '') + '</p>'

def plain(out, only='', again=True):
    "Pages without Quarto."
    import nbformat
    from pygments.formatters import HtmlFormatter
    s = sync_settings.read()
    site, contents = s['doc_host'] + s['doc_baseurl'] + '/', sidebar.tree()
    order, titles, index = [i for _, i in flat(contents)], {i: t for t, i in flat(contents)}, {}
    processed = process(only, again)
    to_html = exporter()
    dark = HtmlFormatter(style='github-dark').get_style_defs('.highlight')
    out.mkdir(parents=True, exist_ok=True)
    (out/'book.css').write_text(CSS + HtmlFormatter().get_style_defs('.highlight') + '\n.highlight { background: none; }\n'
                                + f'@media (prefers-color-scheme: dark) {{ {dark} .highlight {{ background: none; }} }}\n', encoding='utf-8')
    (out/'book.js').write_text(JS, encoding='utf-8')
    for f in sorted(processed.rglob('*.ipynb')):
        name = f.relative_to(processed).as_posix()
        d = json.loads(f.read_text(encoding='utf-8'))
        head = sound(d)
        body, _ = to_html.from_notebook_node(nbformat.reads(json.dumps(d), 4))
        page, base = page_of(name), page_of(name).parent
        title = head.get('title') or sidebar.title(ROOT/'nbs'/name)
        where = origin(name, s)
        if 'title' in head: body = f"<h1>{html.escape(title)}</h1>\n<blockquote>{inline(head.get('description', ''))}</blockquote>\n{where}{body}"
        else: body = body.replace('</h1>', f'</h1>{where}', 1)
        turn = ''
        if name in order:
            k = order.index(name)
            near = [(order[k - 1], '← ') if k else None, (order[k + 1], '→ ') if k + 1 < len(order) else None]
            turn = '<div class=turn>' + ''.join(f'<a href="{relative(page_of(n[0]), base)}">{n[1]}{html.escape(titles[n[0]])}</a>' if n else '<span></span>' for n in near) + '</div>'
        body = re.sub(r'<div class="input">\s*<div class="prompt input_prompt">[^<]*</div>\s*<div class="inner_cell">\s*<div class="input_area">\s*<div class=" highlight[^"]*"><pre><span></span>\s*</pre></div>\s*</div>\s*</div>\s*</div>', '', body)  # code that is not shown
        body = hung(formulas(anchors(links(body, base, site))), base, out)
        heads = headings(body)
        index[name] = [titles.get(name, title), page.as_posix(), head.get('description', ''), [[t, i] for _, t, i in heads]]
        inside = ''.join(f'<li><a href="#{html.escape(i)}">{html.escape(t)}</a>' for n, t, i in heads if n == 2)
        up = relative('book.css', base)[:-len('book.css')]
        text = f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{html.escape(title)} – nbformers</title><link rel="icon" href="data:,"><link rel="stylesheet" href="{up}book.css"></head>
<body><a class=skip href="#text">To the text</a><header><label for=fold title="Contents">☰</label><b><a href="{up}index.html">nbformers</a></b>
<search><input type=search placeholder="Search (/)" aria-label="Search the book"><ul id=found></ul></search></header><input type=checkbox id=fold aria-label="Contents">
<nav aria-label="Contents">{menu(contents, name, base, f'<ul class=inside>{inside}</ul>' if inside else '')}</nav><main id=text>{body}{turn}</main><script src="{up}book.js" data-up="{up}"></script></body></html>"""
        (out/page).parent.mkdir(parents=True, exist_ok=True)
        (out/page).write_text(text, encoding='utf-8')
    entries = [index[n] for n in [*(o for o in order if o in index), *(n for n in index if n not in order)]]
    if not only or not (out/'search.js').exists(): (out/'search.js').write_text(f'window.BOOK = {json.dumps(entries, ensure_ascii=False)}\n', encoding='utf-8')
    settle(out)
    for top in (ROOT/'nbs', processed):                                  # pictures that pages refer to
        for f in top.rglob('*'):
            if f.suffix in ('.png', '.svg', '.jpg', '.gif', '.webp'):
                to = out/f.relative_to(top)
                to.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(f, to)

def weights(out):
    "What a reader's browser fetches: kilobytes a page, the heaviest pages, and what makes them heavy."
    sizes, rows = {}, []
    for f in out.rglob('*.html'):
        text = f.read_text(encoding='utf-8')
        shown = [os.path.normpath(f.parent/unquote(s)) for s in re.findall(r'<img[^>]* src="([^":]+)"', text)]
        seen = sum(sizes.setdefault(p, os.path.getsize(p)) for p in set(shown) if os.path.exists(p))
        nav = re.search(r'<nav.*?</nav>', text, flags=re.S)
        code = sum(map(len, re.findall(r'<div class="[^"]*highlight.*?</pre>', text, flags=re.S)))
        rows.append((f.stat().st_size + seen, f.stat().st_size, f.relative_to(out).as_posix(), f'{len(set(shown))} pictures {seen//1024}, menu {len(nav[0])//1024 if nav else 0}, code {code//1024}'))
    rows.sort(reverse=True)
    if not rows: return
    print(f'a page: median {statistics.median(r[1] for r in rows)/1024:.0f} KB of HTML, with pictures {statistics.median(r[0] for r in rows)/1024:.0f} KB; {sum(r[1] for r in rows)/2**20:.1f} MB of HTML in all')
    for all_, own, name, why in rows[:8]: print(f'  {all_//1024:5} KB {name}: HTML {own//1024} ({why})')

class Page(HTMLParser):
    "The anchors of a page, where it points, and what it loads."
    def __init__(self, text):
        super().__init__()
        self.ids, self.to, self.loads = set(), [], []
        self.feed(re.sub(r'<span class="\w+">|<span>|</span>', '', text))     # colours of code: most of a page's tags, and no anchors
        self.loads += re.findall(r'@import\s+["\'](http[^"\']+)|url\(["\']?(http[^"\')]+)', ' '.join(re.findall(r'<style.*?</style>', text, flags=re.S)))
    def handle_starttag(self, tag, attrs):
        a = dict(attrs)
        self.ids |= {a[k] for k in ('id', 'name') if a.get(k)}
        if tag == 'a' and a.get('href'): self.to.append(a['href'])
        if tag in ('img', 'script', 'iframe', 'source', 'video', 'audio') and a.get('src'): self.loads.append(a['src'])
        if tag == 'link' and a.get('href') and a.get('rel') not in ('canonical', 'next', 'prev'): self.loads.append(a['href'])

def check(out, waiting=()):
    "Every page -> the complaints about it; `waiting` are pages that are not built this time."
    waiting = {os.path.normpath(out/p) for p in waiting}
    pages = {os.path.normpath(f): Page(f.read_text(encoding='utf-8')) for f in out.rglob('*.html')}
    is_there, wrong = cache(os.path.exists), []
    for f, p in pages.items():
        here, name = os.path.dirname(f), Path(f).relative_to(out)
        for link, loaded in [*((x, False) for x in p.to), *((x, True) for x in p.loads)]:
            link = link if isinstance(link, str) else ''.join(link)
            if re.match(r'(?:https?:)?//', link):
                if loaded: wrong.append(f'{name}: loads {link} from another host')
                continue
            if re.match(r'[a-z]+:', link): continue
            path, anchor = urldefrag(link)
            to = os.path.normpath(os.path.join(here, unquote(path))) if path else f
            if to not in pages and os.path.isdir(to): to = os.path.join(to, 'index.html')
            if to in waiting: continue
            if to not in pages and not is_there(to): wrong.append(f'{name}: no {link}')
            elif anchor and to in pages and unquote(anchor) not in pages[to].ids: wrong.append(f'{name}: no anchor {link}')
    return len(pages), wrong

def sources():
    "A fingerprint of all that pages are made from, whatever the clocks of the files say."
    made, h = ('_modidx.py', '_registry.py', '__init__.pyi', 'sidebar.yml'), hashlib.sha256()  # written from the others
    for f in sorted(f for d in ('nbs', 'nbformers', 'tools') for f in (ROOT/d).rglob('*.*')):
        if f.is_file() and f.name not in made and not {'__pycache__', '.ipynb_checkpoints'} & set(f.parts): h.update(f'{f.relative_to(ROOT)}\0'.encode() + f.read_bytes())
    return h.hexdigest()

def main(out='_docs', *flags):
    os.chdir(ROOT)
    t, out, made_from = time.time(), Path(out), sources()
    kept, only = out/'.sources', next((f[7:] for f in flags if f.startswith('--only=')), '')
    (ROOT/'build').mkdir(exist_ok=True)
    with open(ROOT/'build/.docs.lock', 'w') as lock:                     # `_proc` is one folder: builds wait for one another
        fcntl.flock(lock, fcntl.LOCK_EX)
        if '--if-changed' in flags:
            if kept.exists() and kept.read_text() == made_from: return print(f'{out}/ is current')
            if not only: shutil.rmtree(out, ignore_errors=True)
        quarto = shutil.which('quarto')
        sidebar.main()
        if not quarto: print('No Quarto here: plain pages through nbconvert (the hosted site is built by .github/workflows/docs.yml).')
        if quarto: with_quarto(out)
        else: plain(out, only, again=not (only or '--if-changed' in flags))
    n, wrong = check(out, {page_of(i) for _, i in flat(sidebar.tree())} - {f.relative_to(out) for f in out.rglob('*.html')} if only else ())
    weights(out)
    print(f'{n} pages in {out}/ in {time.time() - t:.0f} s, {len(wrong)} broken links', *wrong[:200], sep='\n  ')
    if only: return
    if not n or wrong and not quarto: sys.exit(1)  # Quarto's pages have anchors of their own: there it is a report
    kept.write_text(made_from)

if __name__ == '__main__': main(*sys.argv[1:])
