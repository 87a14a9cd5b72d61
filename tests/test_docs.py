"Every page of the site builds without Quarto, its links hold, nothing is loaded from another host, and it opens in a browser."
import os, shutil, subprocess, sys
from pathlib import Path
import pytest
ROOT = Path(__file__).resolve().parents[1]

pytestmark = pytest.mark.slow

@pytest.fixture(scope='module')
def site(offline_env):
    out = ROOT/'build/site'  # tests/browser opens the same pages later
    shutil.rmtree(out, ignore_errors=True)
    p = subprocess.run([sys.executable, ROOT/'tools/docs.py', out], cwd=ROOT, text=True, capture_output=True,
                       env=offline_env(OMP_NUM_THREADS='1', PATH=f'{os.path.dirname(sys.executable)}{os.pathsep}{os.environ["PATH"]}'))
    assert p.returncode == 0, (p.stdout + p.stderr)[-4000:]
    return out

def test_a_page_for_every_notebook(site):
    notebooks = [f for f in (ROOT/'nbs').rglob('*.ipynb') if not any(p[0] in '._' for p in f.relative_to(ROOT/'nbs').parts)]
    assert len(list(site.rglob('*.html'))) >= len(notebooks) > 5

def test_source_and_documents_are_shown(site):
    page = (site/'01_config/utils.html').read_text(encoding='utf-8')
    assert 'class="highlight"' in page                                   # the exported cell
    assert 'id="warn_once"' in page and page.count('the sentence, which is also its identity') >= 2   # and its API entry with the docments

@pytest.mark.parametrize('made', ['sidebar', 'readme', 'sync_settings'])
def test_generated_files_are_current(made):
    subprocess.run([sys.executable, ROOT/f'tools/{made}.py', '--check'], check=True, cwd=ROOT)
