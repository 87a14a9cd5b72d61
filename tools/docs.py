"""Build the site into OUT: `nbdev-docs` where Quarto is installed; elsewhere the same notebooks, through nbdev's own
processors (API tables, links, hidden cells) and nbconvert, as plain pages that need no other host. Then every link of every
page is checked: pages, pictures and anchors that are not there are errors, and so is anything loaded from another host.

    python tools/docs.py [OUT] [--if-changed]       # default _docs; --if-changed: not if OUT was made from the same sources"""
import hashlib, html, json, os, re, shutil, subprocess, sys, time
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag
import sidebar, sync_settings

ROOT = Path(__file__).resolve().parents[1]
CSS = '''
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent); --soft: color-mix(in srgb, currentColor 5%, transparent); }
body { margin: 0; font: 16px/1.6 system-ui, sans-serif; display: grid; grid-template-columns: 17rem minmax(0, 52rem); gap: 2.5rem; }
nav { padding: 1rem 0 2rem 1rem; font-size: .9rem; position: sticky; top: 0; height: calc(100vh - 3rem); overflow: auto; border-right: 1px solid var(--line); }
nav ul { list-style: none; padding-left: .8rem; margin: .2rem 0; } nav a { text-decoration: none; } nav .here { font-weight: 700; }
main { padding: 1rem 1rem 4rem 0; } img { max-width: 100%; background: #fff; } a { color: light-dark(#0b5cad, #7ab8f5); }
pre { background: var(--soft); padding: .6rem .8rem; overflow: auto; font-size: .85rem; line-height: 1.45; border-radius: 4px; }
.output_area pre, .output pre { background: none; border-left: 3px solid var(--line); border-radius: 0; }
table { border-collapse: collapse; font-size: .9rem; } th, td { border: 1px solid var(--line); padding: .2rem .5rem; text-align: left; }
blockquote { margin-left: 0; padding-left: 1rem; border-left: 3px solid var(--line); } .anchor-link, .prompt { display: none; }
.turn { display: flex; justify-content: space-between; border-top: 1px solid var(--line); margin-top: 3rem; padding-top: 1rem; }
@media (max-width: 60rem) { body { display: block; } nav { position: static; height: auto; } main { padding: 1rem; } }
'''

def process():
    """nbdev's processors over every notebook, into `_proc`. They run the cells that API tables need: exported ones and imports.
    nbdev would also run any other cell that has an import in it, by itself, and stop at the names that it lacks: those are left."""
    import ast, warnings
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
    return Path(serve.proc_nbs(force=True))

def with_quarto(out):
    process()  # nbdev-docs then finds every page processed
    subprocess.run([Path(sys.executable).parent/'nbdev-docs'], check=True, cwd=ROOT)
    built = ROOT/sync_settings.read()['doc_path']
    if built.resolve() != out.resolve(): shutil.copytree(built, out, dirs_exist_ok=True)

def page_of(nb):
    "The page of a notebook (a path under nbs/): nbdev's rule, numbers of the file name left out."
    nb = Path(nb)
    return nb.with_name(re.sub(r'^\d+[a-zA-Z0-9]*_', '', nb.name.lower())).with_suffix('.html')

def menu(items, here, base):
    "The table of contents as nested lists."
    rows = []
    for text, inner in items:
        if isinstance(inner, list): rows.append(f'<li>{html.escape(text)}{menu(inner, here, base)}</li>')
        else: rows.append(f'<li><a href="{relative(page_of(inner), base)}"{" class=here" if inner == here else ""}>{html.escape(text)}</a></li>')
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
    bare = lambda s: re.sub(r'\s+', ' ', s).strip().strip("'\"")
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

def plain(out):
    "Pages without Quarto."
    import nbformat
    from pygments.formatters import HtmlFormatter
    s = sync_settings.read()
    site, contents = s['doc_host'] + s['doc_baseurl'] + '/', sidebar.tree()
    order = [i for _, i in flat(contents)]
    processed = process()
    to_html = exporter()
    dark = HtmlFormatter(style='github-dark').get_style_defs('.highlight')
    out.mkdir(parents=True, exist_ok=True)
    (out/'book.css').write_text(CSS + HtmlFormatter().get_style_defs('.highlight') + '\n.highlight { background: none; }\n'
                                + f'@media (prefers-color-scheme: dark) {{ {dark} .highlight {{ background: none; }} }}\n', encoding='utf-8')
    for f in sorted(processed.rglob('*.ipynb')):
        name = f.relative_to(processed).as_posix()
        d = json.loads(f.read_text(encoding='utf-8'))
        head = sound(d)
        body, _ = to_html.from_notebook_node(nbformat.reads(json.dumps(d), 4))
        page, base = page_of(name), page_of(name).parent
        title = head.get('title') or sidebar.title(ROOT/'nbs'/name)
        if 'title' in head: body = f"<h1>{html.escape(title)}</h1>\n<blockquote>{inline(head.get('description', ''))}</blockquote>\n{body}"
        turn = ''
        if name in order:
            k = order.index(name)
            near = [(order[k - 1], '← ') if k else None, (order[k + 1], '→ ') if k + 1 < len(order) else None]
            turn = '<div class=turn>' + ''.join(f'<a href="{relative(page_of(n[0]), base)}">{n[1]}{html.escape(dict((i, t) for t, i in flat(contents))[n[0]])}</a>' if n else '<span></span>' for n in near) + '</div>'
        text = f'''<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{html.escape(title)} – nbformers</title><link rel="icon" href="data:,"><link rel="stylesheet" href="{relative('book.css', base)}"></head>
<body><nav>{menu(contents, name, base)}</nav><main>{formulas(anchors(links(body, base, site)))}{turn}</main></body></html>'''
        (out/page).parent.mkdir(parents=True, exist_ok=True)
        (out/page).write_text(text, encoding='utf-8')
    settle(out)
    for f in (ROOT/'nbs').rglob('*'):                                    # pictures that pages refer to
        if f.suffix in ('.png', '.svg', '.jpg', '.gif'):
            to = out/f.relative_to(ROOT/'nbs')
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(f, to)

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

def check(out):
    "Every page -> the complaints about it."
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
    kept = out/'.sources'
    if '--if-changed' in flags:
        if kept.exists() and kept.read_text() == made_from: return print(f'{out}/ is current')
        shutil.rmtree(out, ignore_errors=True)
    quarto = shutil.which('quarto')
    sidebar.main()
    if not quarto: print('No Quarto here: plain pages through nbconvert (the hosted site is built by .github/workflows/docs.yml).')
    (with_quarto if quarto else plain)(out)
    n, wrong = check(out)
    print(f'{n} pages in {out}/ in {time.time() - t:.0f} s, {len(wrong)} broken links', *wrong, sep='\n  ')
    if not n or wrong and not quarto: sys.exit(1)  # Quarto's pages have anchors of their own: there it is a report
    kept.write_text(made_from)

if __name__ == '__main__': main(*sys.argv[1:])
