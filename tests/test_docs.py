"Every page of the site builds without Quarto, its links hold, nothing is loaded from another host (tests/browser opens the pages)."
import subprocess, sys
from pathlib import Path
import pytest
ROOT = Path(__file__).resolve().parents[1]

@pytest.mark.slow
def test_a_page_for_every_notebook_with_source_and_documents(site):
    notebooks = [f for f in (ROOT/'nbs').rglob('*.ipynb') if not any(p[0] in '._' for p in f.relative_to(ROOT/'nbs').parts)]
    assert len(list(site.rglob('*.html'))) >= len(notebooks) > 5
    page = (site/'01_config/utils.html').read_text(encoding='utf-8')
    assert 'class="highlight"' in page                                   # the exported cell
    assert 'id="warn_once"' in page and page.count('the sentence, which is also its identity') >= 2   # and its API entry with the docments

@pytest.mark.parametrize('made', ['sidebar', 'readme', 'sync_settings'])
def test_generated_files_are_current(made):
    subprocess.run([sys.executable, ROOT/f'tools/{made}.py', '--check'], check=True, cwd=ROOT)
