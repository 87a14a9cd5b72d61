"""`pipe.serve()`, and the same pipelines handed to gradio (where it is installed), in Chromium."""
import pytest
import nbformers as nb
from nbformers.pipelines.base import Pipeline

pytestmark = pytest.mark.browser

class Echo(Pipeline):
    "Answers without a model, with what could hurt a page."
    uses = ()
    def _sanitize_parameters(self, **params): return {}, {}, {}
    def check_head(self): pass
    def place(self, device): return __import__('torch').device('cpu')
    def preprocess(self, x): return {'x': x}
    def _forward(self, x): return x
    def __call__(self, x, **params): return self.said(x)

def echo(task, said):
    pipe = Echo(object(), task=task)
    pipe.said = said
    return pipe

def shown(page, url, **fields):
    "What the page shows after these fields were filled in and the button pressed."
    page.goto(url)
    for name, value in fields.items(): page.fill(f'[name={name}]', value)
    page.click('button')
    page.wait_for_function("document.querySelector('#answer').childNodes.length > 0 && !document.querySelector('button').disabled")
    return page.locator('#answer')

def test_scores_as_bars(page):
    pipe = nb.pipeline('sentiment-analysis', model='starter/sentiment', device='cpu')
    want = pipe('A joy from end to end.', top_k=None)
    with pipe.serve(block=False, port=0) as served:
        out = shown(page, served.url, text='A joy from end to end.')
        assert out.locator('.row').count() == len(want)
        for row, r in zip(out.locator('.row').all(), want): assert row.inner_text().split() == [r['label'], f"{r['score']:.3f}"]
        wide = [r.locator('.bar').bounding_box()['width'] for r in out.locator('.row').all()]
        assert wide[0] > wide[1]
        assert 'please fill in: Text' in shown(page, served.url).inner_text()
    assert not page.outside and not page.broken

def test_spans_behind_emoji_and_texts_that_look_like_code(page):
    spans = echo('token-classification', lambda x: [{'entity_group': 'PER', 'start': x.index('Ahab'), 'end': x.index('Ahab')+4, 'score': .9, 'word': 'Ahab'}])
    with spans.serve(block=False, port=0) as served:
        out = shown(page, served.url, text='🐳🐳 <b>Ahab</b> was here')
        assert out.locator('mark').inner_text() == 'AhabPER' and out.inner_text().startswith('🐳🐳 <b>Ahab')
    script = echo('text-generation', lambda x: [{'generated_text': x + '<img src=x onerror="document.title=1"><script>document.title=2</script>'}])
    with script.serve(block=False, port=0) as served:
        assert 'onerror' in shown(page, served.url, text='The sea').inner_text()
        assert page.title().startswith('text-generation')
    assert not page.outside and not page.broken

def test_a_failing_pipeline_says_why(page):
    def fail(x): raise RuntimeError('the sea is rough')
    with echo('mine', fail).serve(block=False, port=0) as served: assert 'RuntimeError: the sea is rough' in shown(page, served.url, text='x').inner_text()

def test_gradio_takes_a_pipeline(page):
    gr = pytest.importorskip('gradio', reason="pip install 'nbformers[web]'")
    pipe = nb.pipeline('sentiment-analysis', model='starter/sentiment', device='cpu')
    demo = gr.Interface.from_pipeline(pipe)
    _, url, _ = demo.launch(prevent_thread_lock=True, quiet=True, share=False)
    try:
        page.goto(url)
        page.get_by_label('Text').fill('A joy from end to end.')
        page.get_by_role('button', name='Submit').click()
        page.get_by_text('POSITIVE').first.wait_for(timeout=30_000)
    finally: demo.close()
