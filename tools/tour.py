"""Run the quick tour from top to bottom without a browser, print what its cells print as they go, and leave the executed
notebook in `build/tour.ipynb`, pictures included.

    python tools/tour.py [NOTEBOOK] [-o build/tour.ipynb]"""
import argparse, base64, os, re, sys, time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TOUR = ROOT/'nbs/tutorials/01_tour.ipynb'

def plain(s): return re.sub(r'\x1b\[[0-9;?]*[A-Za-z]', '', s)

class Echo:
    "Prints outputs as they arrive; a line that a progress bar rewrites is shown once in a while and at its end."
    def __init__(self): self.last, self.pending = 0, ''
    def stream(self, text):
        *done, rest = re.split(r'(?<=\n)', self.pending + plain(text))
        for line in done: print('    ' + line.rstrip('\n').split('\r')[-1], flush=True)
        self.pending = rest.split('\r')[-1] if '\r' in rest else rest
        if '\r' in rest and time.time() - self.last > 5:
            self.last = time.time()
            print('    ' + self.pending, flush=True)
    def end(self):
        if self.pending.strip(): print('    ' + self.pending, flush=True)
        self.pending = ''
    def show(self, out, picture):
        "`picture` names the file that a PNG is written to."
        if out.output_type == 'stream': return self.stream(out.text)
        data = out.get('data', {})
        if 'image/png' in data:
            picture.write_bytes(base64.b64decode(data['image/png']))
            print(f'    [picture: {picture.relative_to(ROOT) if ROOT in picture.parents else picture}]', flush=True)
        elif 'text/plain' in data: print('    ' + plain(data['text/plain']).replace('\n', '\n    ')[:3000], flush=True)

def run(nb_path, out_path):
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError
    nb, echo = nbformat.read(nb_path, 4), Echo()
    out_path.parent.mkdir(parents=True, exist_ok=True)
    pictures, start = 0, time.time()

    class Client(NotebookClient):
        def process_message(self, msg, cell, cell_index):
            nonlocal pictures
            out = super().process_message(msg, cell, cell_index)
            if out is not None and out.output_type != 'error':
                has_png = 'image/png' in out.get('data', {})
                pictures += has_png
                if out.output_type == 'stream': echo.stream(msg['content']['text'])
                elif msg['msg_type'] != 'update_display_data': echo.show(out, out_path.with_name(f'{out_path.stem}-{pictures}.png'))
            return out

    def before(cell, cell_index):
        if cell.cell_type == 'markdown':
            if heads := re.findall(r'^#+ .*', cell.source, flags=re.M): print('\n' + '\n'.join(heads), flush=True)
        elif cell.source.strip() and not cell.source.startswith('#| hide'):
            print('\n>>> ' + cell.source.replace('\n', '\n... '), flush=True)

    for c in nb.cells:  # a cell marked `eval: false` is shown and not run, as everywhere in the book
        if c.cell_type == 'code' and re.search(r'^#\|\s*eval:\s*false', c.source, flags=re.M): c.cell_type = 'raw'; c.pop('outputs'), c.pop('execution_count')
    client = Client(nb, timeout=600, kernel_name='python3', extra_arguments=['--IPKernelApp.log_level=ERROR'], resources=dict(metadata=dict(path=str(nb_path.parent))),
                    on_cell_start=before, on_cell_complete=lambda cell, cell_index: echo.end())
    try: client.execute()
    except CellExecutionError as e:
        nbformat.write(nb, out_path)
        sys.exit(f'\nThe tour stopped:\n{plain(str(e))[-4000:]}\nIts notebook so far: {out_path}')
    nbformat.write(nb, out_path)
    print(f"\nThe tour ran {sum(c.cell_type == 'code' for c in nb.cells)} cells in {time.time() - start:.0f} s. "
          f'Open it, pictures and all: {out_path.relative_to(ROOT) if ROOT in out_path.parents else out_path} (make lab)')

if __name__ == '__main__':
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('notebook', nargs='?', type=Path, default=TOUR)
    p.add_argument('-o', '--out', type=Path, default=ROOT/'build/tour.ipynb')
    a = p.parse_args()
    os.environ.setdefault('HF_HUB_OFFLINE', '1')  # the tour needs no network
    run(a.notebook.resolve(), a.out.resolve())
