"""A real JupyterLab driven in headless Chromium, for the widgets' tests.

    @pytest.mark.browser
    def test_button(notebook):
        nb = notebook(['from nbformers import live_generation', 'w = live_generation(...); w'])   # or the path of a notebook
        nb.run()                                   # Run All Cells; a cell that fails fails the test with its traceback
        nb.fill('.nb-prompt input', 'The sea')     # sets a text box and leaves it, so that the kernel sees the change
        nb.slide('.nb-temperature', 0.7)           # types into a slider's number
        nb.click('button.nb-generate')
        nb.wait(text='done')                       # or nb.wait('.selector'), nb.wait('.selector', text='…')
        assert 'sea' in nb.text('.nb-out')
        nb.shot('generation')                      # build/browser/generation.png, to look at
        nb.save()                                  # -> the notebook as saved: its static outputs

Give widgets their own class (`widget.add_class('nb-generate')`): it is the selector. Needs `pip install playwright` and
Debian's `chromium` (no `playwright install`); without them the tests are skipped and `make test` says so."""
import json, os, shutil, socket, subprocess, sys, time, urllib.request
from pathlib import Path
import pytest

ROOT = Path(__file__).resolve().parents[2]
SHOTS = ROOT/'build/browser'
CHROME = os.environ.get('CHROME') or shutil.which('chromium') or shutil.which('chromium-browser') or shutil.which('google-chrome')
FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
         '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage']
SETTINGS = {'notebook-extension/tracker': dict(autoStartDefaultKernel=True, windowingMode='none'),  # no kernel dialog, all cells drawn
            'apputils-extension/notification': dict(fetchNews='false', checkForUpdates=False)}

@pytest.fixture(scope='session')
def lab(tmp_path_factory):
    "A JupyterLab on a free port: `(url, folder)`."
    root = tmp_path_factory.mktemp('lab')
    for name, value in SETTINGS.items():
        f = root/'.set/@jupyterlab'/f'{name}.jupyterlab-settings'
        f.parent.mkdir(parents=True, exist_ok=True)
        f.write_text(json.dumps(value))
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        port = s.getsockname()[1]
    dirs = dict(JUPYTER_CONFIG_DIR='.cfg', JUPYTER_DATA_DIR='.data', JUPYTERLAB_WORKSPACES_DIR='.ws', JUPYTERLAB_SETTINGS_DIR='.set', IPYTHONDIR='.ipython')
    env = {**os.environ, **{k: str(root/v) for k, v in dirs.items()}}
    env.pop('MPLBACKEND', None)  # the kernel sets its inline one
    log = open(root/'lab.log', 'w')
    p = subprocess.Popen([sys.executable, '-m', 'jupyterlab', '--no-browser', '--ip=127.0.0.1', f'--port={port}', '--allow-root',
        '--ServerApp.port_retries=0', '--IdentityProvider.token=', '--ServerApp.disable_check_xsrf=True', f'--ServerApp.root_dir={root}',
        '--LabApp.news_url=None', '--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate', '--LabApp.extension_manager=readonly'],
        stdout=log, stderr=log, env=env, cwd=root)
    url = f'http://127.0.0.1:{port}'
    try:
        for _ in range(1200):
            try:
                urllib.request.urlopen(f'{url}/api/status', timeout=1)
                break
            except OSError:
                if p.poll() is not None: pytest.fail((root/'lab.log').read_text()[-3000:])
                time.sleep(.25)
        else: pytest.fail('JupyterLab did not answer in five minutes:\n' + (root/'lab.log').read_text()[-3000:])
        yield url, root
    finally:
        p.terminate()
        p.wait(120)

@pytest.fixture(scope='session')
def chromium(tmp_path_factory):
    "One headless Chromium for the session."
    if not CHROME: pytest.skip('no chromium on this machine: apt-get install chromium')
    sync = pytest.importorskip('playwright.sync_api', reason='pip install playwright')
    with sync.sync_playwright() as pl:
        ctx = pl.chromium.launch_persistent_context(tmp_path_factory.mktemp('profile'), executable_path=CHROME, headless=True,
                                                    args=FLAGS, viewport=dict(width=1280, height=1000))
        yield ctx
        ctx.close()

def is_local(url): return url.startswith(('http://127.0.0.1', 'ws://127.0.0.1', 'data:', 'blob:', 'about:', 'file://'))

@pytest.fixture
def page(chromium):
    "A fresh page that reaches this machine only: `page.outside` lists what else it asked for, `page.broken` its script errors."
    pg = chromium.new_page()
    pg.outside, pg.broken = [], []
    def route(r):
        if is_local(r.request.url): return r.continue_()
        pg.outside.append(r.request.url)
        r.abort()
    pg.route('**/*', route)
    pg.on('pageerror', lambda e: pg.broken.append(str(e)))
    yield pg
    pg.close()

class Notebook:
    "A notebook open in JupyterLab."
    def __init__(self, pg, url, path):
        self.pg, self.path = pg, path
        pg.goto(f'{url}/lab/tree/{path.name}?reset')
        pg.wait_for_selector('.jp-Notebook .jp-CodeCell', timeout=300_000)
        self.idle()

    def idle(self, timeout=300):
        "Wait until the kernel is connected and rests."
        self.pg.locator('#jp-main-statusbar').filter(has_text='| Idle').wait_for(timeout=timeout*1000)
        self.pg.wait_for_selector('.jp-NotebookPanel .jp-Notebook-ExecutionIndicator[data-status="idle"]', timeout=timeout*1000, state='attached')

    def prompts(self): return [p.strip().strip('[]:').strip() for p in self.pg.locator('.jp-Notebook .jp-CodeCell .jp-InputPrompt').all_inner_texts()]

    def failure(self):
        "The traceback that a cell shows, or None."
        shown = self.pg.locator('.jp-OutputArea-output').filter(has_text='Traceback (most recent call last)')
        return shown.first.inner_text() if shown.count() else None

    def run(self, timeout=300):
        "Run every cell and wait for the last one."
        ends = time.time() + timeout
        while not any(self.prompts()):  # a kernel that is still connecting drops the first request
            self.pg.get_by_role('menuitem', name='Run', exact=True).click()
            self.pg.get_by_role('menuitem', name='Run All Cells', exact=True).click()
            for _ in range(20):
                if any(self.prompts()): break
                self.pg.wait_for_timeout(100)
            if time.time() > ends: self.fail(f'no cell started within {timeout} s')
        while not all(p.isdigit() for p in self.prompts()) and not self.failure():
            if time.time() > ends: self.fail(f'cells still running after {timeout} s: {self.prompts()}')
            self.pg.wait_for_timeout(100)
        self.idle()
        if error := self.failure(): self.fail(f'a cell failed:\n{error[-3000:]}')

    def fail(self, why):
        self.shot('failed')
        pytest.fail(why)

    def wait(self, selector=None, *, text=None, timeout=180):
        "Wait for an element, for text in it, or for text in any output."
        at = self.pg.locator(selector or '.jp-Cell-outputArea')
        if text is not None: at = at.filter(has_text=text)
        try: at.first.wait_for(timeout=timeout*1000)
        except Exception:
            self.shot('failed')
            raise
        return at.first

    def fill(self, selector, value):
        box = self.wait(selector)
        box.fill(value)
        box.press('Tab')

    def slide(self, selector, value):
        "Set a slider through its number."
        self.wait(f'{selector} .widget-readout').click()
        self.pg.keyboard.press('Control+a')
        self.pg.keyboard.type(str(value))
        self.pg.keyboard.press('Enter')

    def click(self, selector): self.wait(selector).click()
    def text(self, selector): return self.wait(selector).inner_text()

    def save(self):
        "Save, and read the file: what a person who opens it later is shown."
        before = self.path.stat().st_mtime_ns
        self.pg.keyboard.press('Escape')
        self.pg.keyboard.press('Control+s')
        for _ in range(100):
            if self.path.stat().st_mtime_ns != before: break
            self.pg.wait_for_timeout(100)
        return json.loads(self.path.read_text(encoding='utf-8'))

    def shot(self, name):
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.pg.screenshot(path=SHOTS/f'{name}.png')

@pytest.fixture
def notebook(lab, page, request):
    "Open a list of cell sources, or a notebook by path, in JupyterLab -> `Notebook`."
    url, root = lab
    def open_(cells):
        import nbformat
        path = root/f'{request.node.name}.ipynb'
        if isinstance(cells, (str, Path)) and str(cells).endswith('.ipynb'): shutil.copy(cells, path)
        else:
            nb = nbformat.v4.new_notebook(metadata=dict(kernelspec=dict(name='python3', display_name='python3', language='python')))
            nb.cells = [nbformat.v4.new_code_cell(c) for c in ([cells] if isinstance(cells, str) else cells)]
            nbformat.write(nb, path)
        return Notebook(page, url, path)
    yield open_
    assert not page.outside, f'the page asked other hosts: {page.outside}'
