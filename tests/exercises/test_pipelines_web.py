"Solutions of `13_web` and `14_files`."
import json, threading, time, urllib.request
from nbformers.pipelines import files, web
from . import judged

def test_1_a_page_of_its_own():
    judged('pipelines.web', 1, web.written('generated_text', web.TEXT), web.Page((web.TEXT,), lambda pipe, x: pipe(x), 'json'), 'generated_text')

def waits(url, text, at_once=True):
    "Seconds that each of two people waits."
    took = []
    def ask():
        began = time.monotonic()
        r = urllib.request.Request(url+'answer', json.dumps({'text': text}).encode(), {'Content-Type': 'application/json'})
        json.loads(urllib.request.urlopen(r, timeout=60).read())
        took.append(time.monotonic()-began)
    people = [threading.Thread(target=ask) for _ in range(2)]
    for p in people:
        p.start()
        if not at_once: p.join()
    for p in people: p.join()
    return sorted(took)

def test_2_the_second_waits():
    judged('pipelines.web', 2, waits, lambda url, text: waits(url, text, at_once=False), lambda url, text: [.25, .5])    # one after the other: the second waits for the first

def test_3_tabs():
    class TsvPipelineDataFormat(files.PipelineDataFormat):
        def __iter__(self):
            import csv
            with open(self.input_path, encoding='utf-8', newline='') as f: yield from (files.pick(r, self.column, self.input_path) for r in csv.DictReader(f, delimiter='\t'))
        def save(self, data): open(self.output_path, 'w').write('\n'.join('\t'.join(map(str, r)) for r in [data[0].keys(), *(r.values() for r in data)]))
    judged('pipelines.files', 1, TsvPipelineDataFormat, files.CsvPipelineDataFormat)
