"Solutions of `13_web` and `14_files`."
import json, threading, time, urllib.request
import torch
from nbformers.pipelines import files, web
from nbformers.pipelines.base import Pipeline

class Turn(Pipeline):
    "Turns a text round, slowly if told to."
    uses = ()
    def _sanitize_parameters(self, **params): return {}, {}, {}
    def place(self, device): return torch.device('cpu')
    def preprocess(self, x): return {'x': x}
    def _forward(self, inputs): time.sleep(self.slow); return inputs
    def postprocess(self, outputs): return [{'generated_text': outputs['x'][::-1]}]
    slow = 0.

def test_1_a_page_of_its_own(monkeypatch):
    pipe = Turn(torch.nn.Linear(1, 1), task='turn')
    assert web.answer_form(pipe, {'text': 'sea'}) == {'show': 'json', 'answer': [{'generated_text': 'aes'}]}
    monkeypatch.setitem(web.PAGES, 'turn', web.written('generated_text', web.TEXT))
    assert web.answer_form(pipe, {'text': 'sea'}) == {'show': 'text', 'answer': 'aes'}

def test_2_the_second_waits():
    pipe, took = Turn(torch.nn.Linear(1, 1), task='turn'), []
    pipe.slow = .2
    with pipe.serve(port=0, block=False) as page:
        def ask():
            began = time.monotonic()
            r = urllib.request.Request(page.url+'answer', json.dumps({'text': 'sea'}).encode(), {'Content-Type': 'application/json'})
            assert json.loads(urllib.request.urlopen(r, timeout=60).read())['answer'] == [{'generated_text': 'aes'}]
            took.append(time.monotonic()-began)
        people = [threading.Thread(target=ask) for _ in range(2)]
        for p in people: p.start()
        for p in people: p.join()
    assert len(took) == 2 and max(took) >= .4    # one after the other: the second waits for the first

def test_3_tabs(tmp_path, monkeypatch):
    class TsvPipelineDataFormat(files.PipelineDataFormat):
        def __iter__(self):
            import csv
            with open(self.input_path, encoding='utf-8', newline='') as f: yield from (files.pick(r, self.column, self.input_path) for r in csv.DictReader(f, delimiter='\t'))
        def save(self, data): open(self.output_path, 'w').write('\n'.join('\t'.join(map(str, r.values())) for r in data))
    monkeypatch.setitem(files.FORMATS, 'tsv', TsvPipelineDataFormat)
    (tmp_path/'a.tsv').write_text('q\tc\nWho?\tAhab.\n')
    assert list(files.PipelineDataFormat.from_str('tsv', None, tmp_path/'a.tsv', 'question=q,context=c')) == [{'question': 'Who?', 'context': 'Ahab.'}]
