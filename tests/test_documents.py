"""Questions to documents beside the reference, on tiny noisy checkpoints: answers and scores, stretches, ties, impossible answers, words that a recogniser
found; and what is refused."""
import random, sys, types
import pytest, torch
import transformers as hf
import nbformers as nb
from PIL import Image
import transformers.pipelines.document_question_answering as theirs
from tests import standins
from tests.test_pipelines import close

pytestmark = pytest.mark.filterwarnings('ignore')
WORDS = 'Invoice number us-001 date 12.03 total $1,200.50 Müller Rechnung tax due [SEP] sea-library whale \u2603 \u00e9t\u00e9 New York 1986'.split()
QUESTIONS = ['What is the invoice number?', 'total', 'Who is to pay, and when?', '']

def page(n, seed=0):
    "Words with boxes, line by line; the last box fills the page."
    rng, out = random.Random(seed), []
    for i in range(n):
        x, y = 100*(i % 9), min(980, 15*(i//9))
        out.append((rng.choice(WORDS), [x, y, x + rng.randint(10, 99), y + 12]))
    if out: out[-1] = out[-1][0], [0, 0, 1000, 1000]
    return out

def asks(*sizes): return [dict(image=None, question=QUESTIONS[i % 4], word_boxes=page(n, i)) for i,n in enumerate(sizes)]

@pytest.fixture(scope='module', params=['layoutlm', 'layoutlm-roberta'])
def both(request, tmp_path_factory):
    "Our pipeline and the reference's, on one folder."
    folder = standins.make(tmp_path_factory.mktemp(request.param), request.param, 'AutoModelForDocumentQuestionAnswering', seed=3)
    task = 'document-question-answering'
    return nb.pipeline(task, str(folder)), hf.pipeline(task, str(folder), device='cpu')

@pytest.mark.parametrize('settings', [{}, dict(top_k=3), dict(top_k=12, max_answer_len=3), dict(max_answer_len=1), dict(max_seq_len=40, doc_stride=8), dict(max_seq_len=30, doc_stride=0, top_k=5),
    dict(max_seq_len=50, doc_stride=20, handle_impossible_answer=True, top_k=4), dict(handle_impossible_answer=True, top_k=2), dict(padding='max_length', top_k=2), dict(padding='max_length', max_seq_len=36, doc_stride=3)], ids=str)
def test_answers(both, settings):
    ours, ref = both
    settings = dict(dict(doc_stride=16), **settings)   # the reference's own default is more than a long question leaves of so short a model
    for x in asks(3, 20, 60, 200, 7):
        want = ref(dict(x), **settings)
        assert want
        close(ours(dict(x), **settings), want)

def test_several_at_once(both):
    ours, ref = both
    many = asks(9, 150, 1, 40, 0, 12)
    want = ref([dict(x) for x in many], doc_stride=8, top_k=2)
    for size in (None, 1, 4): close(ours([dict(x) for x in many], doc_stride=8, top_k=2, batch_size=size), want)
    close(list(ours((dict(x) for x in many), doc_stride=8, top_k=2)), want)
    x = many[0]
    close(ours(x['image'], x['question'], x['word_boxes']), ref(x['image'], x['question'], x['word_boxes']))
    close(ours(image=None, question=x['question'], word_boxes=x['word_boxes']), ref(dict(x)))
    two = ours(None, ['total', 'date'], x['word_boxes'])
    assert two == [ours(None, q, x['word_boxes']) for q in ('total', 'date')]

def test_default_stride_of_long_pages(tmp_path):
    "Without settings: the model's length, half of it shared between neighbours."
    folder = standins.make(tmp_path, 'layoutlm', 'AutoModelForDocumentQuestionAnswering', seed=1, max_position_embeddings=300)
    long = dict(max_seq_len=300)
    ours, ref = (p('document-question-answering', str(folder), **long) for p in (nb.pipeline, hf.pipeline))
    for x in asks(400, 90): close(ours(dict(x), top_k=3), ref(dict(x), top_k=3))

def test_nothing_on_the_page(both):
    ours, ref = both
    for settings in ({}, dict(handle_impossible_answer=True)): close(ours(None, 'total', [], **settings), ref(None, 'total', [], **settings))
    blank = [('', [0, 0, 9, 9]), ('total', [0, 0, 20, 5]), ('  ', [0, 0, 9, 9])]
    close(ours(None, 'total', blank), ref(None, 'total', blank))

@pytest.mark.parametrize('dtype', [torch.float32, torch.bfloat16])
def test_ties(tmp_path, dtype):
    "A head that says the same of every token: the first span wins; in half precision many are equal by chance."
    folder = standins.make(tmp_path, 'layoutlm', 'AutoModelForDocumentQuestionAnswering', seed=2)
    ours, ref = (p('document-question-answering', str(folder), dtype=dtype) for p in (nb.pipeline, hf.pipeline))
    for x in asks(20, 90, 33): close(ours(dict(x), doc_stride=9)[0]['score'], ref(dict(x), doc_stride=9)[0]['score'], 2e-2 if dtype == torch.bfloat16 else 1e-5)
    for p in (ours, ref): torch.nn.init.zeros_(p.model.qa_outputs.weight)
    for x in asks(20, 90, 33):
        close(ours(dict(x), doc_stride=9), ref(dict(x), doc_stride=9))
        some = ours(dict(x), doc_stride=9, top_k=5)
        assert [r['score'] for r in some] == pytest.approx([r['score'] for r in ref(dict(x), doc_stride=9, top_k=5)], rel=1e-4)
        assert [r['start'] for r in some] == sorted(r['start'] for r in some)

def test_no_answers_without_a_score(both):
    "The reference fills up with spans that end before they begin, whose score is 0 and whose words are none; here there are only spans."
    ours, ref = both
    x = asks(3)[0]
    got, want = ours(dict(x), top_k=1000), ref(dict(x), top_k=1000)
    close(got, [r for r in want if r['score'] > 0])
    assert all(r['start'] <= r['end'] and r['answer'] for r in got) and len(got) < len(want)

# words from a recogniser ---------------------------------------------------------------------------------------------
@pytest.fixture
def tesseract(monkeypatch):
    "A recogniser that finds the words of `page`, and empty ones between, on any picture; what it was asked for is kept."
    said, words = [], page(25, 5)
    def image_to_data(image, lang=None, output_type=None, config=None):
        said.append((image.size, lang, config))
        rows = [(w, x0, y0, x1-x0, y1-y0) for w,(x0, y0, x1, y1) in words for w in (w, ' ')]
        return dict(zip(('text', 'left', 'top', 'width', 'height'), map(list, zip(*rows))))
    fake = types.SimpleNamespace(image_to_data=image_to_data, TesseractNotFoundError=type('TesseractNotFoundError', (OSError,), {}))
    monkeypatch.setitem(sys.modules, 'pytesseract', fake)
    monkeypatch.setattr(theirs, 'TESSERACT_LOADED', True)
    monkeypatch.setattr(theirs, 'pytesseract', fake, raising=False)
    return said

def test_recognised_words(both, tesseract, tmp_path):
    ours, ref = both
    for size in ((1000, 1000), (1713, 1109), (2480, 3508)):
        close(ours(image=Image.new('RGB', size), question='What is due?', top_k=2), ref(image=Image.new('RGB', size), question='What is due?', top_k=2))
    Image.new('L', (1200, 1100)).save(tmp_path/'scan.png')
    settings = dict(lang='deu', tesseract_config='--psm 6', timeout=3.)
    close(ours(str(tmp_path/'scan.png'), 'total', **settings), ref(str(tmp_path/'scan.png'), 'total', **settings))
    assert tesseract[-2:] == [((1200, 1100), 'deu', '--psm 6')]*2 and tesseract[0] == tesseract[1] == ((1000, 1000), None, '')
    before = len(tesseract)
    ours(Image.new('RGB', (9, 9)), 'total', page(4))
    assert len(tesseract) == before   # words that are given are not read again

def test_no_recogniser(both, monkeypatch):
    blank = Image.new('RGB', (40, 40))
    monkeypatch.setitem(sys.modules, 'pytesseract', None)
    with pytest.raises(ModuleNotFoundError, match=r'(?s)nbformers\[documents\].*tesseract-ocr.*word_boxes'): both[0](blank, 'total')
    class Missing(OSError): pass
    def absent(*args, **kw): raise Missing()
    monkeypatch.setitem(sys.modules, 'pytesseract', types.SimpleNamespace(image_to_data=absent, TesseractNotFoundError=Missing))
    with pytest.raises(OSError, match='the program Tesseract is not'): both[0](blank, 'total')

# what is there besides -----------------------------------------------------------------------------------------------
def test_question_is_cut_at_words(both):
    "The reference names `max_question_len` and does not take it."
    ours, words = both[0], page(30)
    one = len(ours.tokenizer(['library'], is_split_into_words=True, add_special_tokens=False)['input_ids'])
    assert ours(None, 'library '*9, words, max_question_len=2*one) == ours(None, 'library library', words) != ours(None, 'library '*9, words)
    assert ours(None, 'library '*200, words, max_question_len=2*one + one - 1)   # a word that does not fit whole is left out
    with pytest.raises(ValueError, match='leaves no room for a page.*max_question_len'): ours(None, 'library '*200, words)

def test_found_by_its_name_and_saved(both, tmp_path):
    ours, words = both[0], page(12)
    ours.save_pretrained(tmp_path)
    again = nb.pipeline(model=str(tmp_path))
    assert again.task == 'document-question-answering' and type(again.model) is nb.LayoutLMForQuestionAnswering
    assert type(nb.AutoModelForDocumentQuestionAnswering.from_pretrained(tmp_path)) is nb.LayoutLMForQuestionAnswering
    assert again(None, 'total', words) == ours(None, 'total', words)
    close(hf.pipeline('document-question-answering', str(tmp_path), device='cpu')(None, 'total', words), ours(None, 'total', words))

def test_bad_input(both):
    ours, words = both[0], page(9)
    for bad, said in (([('net', (.1, .1, .2, .2))], 'whole numbers'), ([('net', (0, 0, 1024, 5))], 'from 0 to 1023'), ([('net', (-1, 0, 4, 5))], 'word 0'), ([('net', (9, 0, 4, 5))], 'in this order'),
                      ([('net', (9, 0, 4))], 'number 0'), (['net'], 'pairs'), ([(3, (0, 0, 1, 1))], 'must be a string, and is int'), (words + [('x', None)], 'number 9'), ([('net', 'abcd')], 'whole numbers')):
        with pytest.raises(ValueError, match=said): ours(None, 'total', bad)
    for k in ('top_k', 'max_answer_len', 'max_seq_len', 'max_question_len'):
        with pytest.raises(ValueError, match=f'`{k}` must be at least 1'): ours(None, 'total', words, **{k: 0})
    for stride in (-1, 31):
        with pytest.raises(ValueError, match='doc_stride'): ours(None, 'total', words, max_seq_len=30, doc_stride=stride)
    with pytest.raises(ValueError, match='there is no page'): ours(None, 'total')
    with pytest.raises(ValueError, match='there is no question'): ours(Image.new('RGB', (9, 9)))
    with pytest.raises(ValueError, match='2 questions and 1 pages'): ours([None], ['a', 'b'])
    with pytest.raises(ValueError, match='a dictionary'): ours([3])
    with pytest.raises(ValueError, match='no picture'): ours('nowhere.png', 'total')
    with pytest.raises(TypeError, match='strides'): ours(None, 'total', words, strides=3)

def test_wrong_models(both):
    tok = both[0].tokenizer
    small = dict(hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32, vocab_size=len(tok))
    with pytest.raises(ValueError, match='BertForQuestionAnswering takes no boxes.*AutoModelForDocumentQuestionAnswering'): nb.pipeline('document-question-answering', nb.BertForQuestionAnswering(nb.BertConfig(**small)), tokenizer=tok)
    with pytest.raises(ValueError, match='has no AutoModelForDocumentQuestionAnswering'): nb.AutoModelForDocumentQuestionAnswering.from_config(nb.BertConfig(**small))
    with pytest.raises(ValueError, match='has no AutoModelForQuestionAnswering; it has .*AutoModelForDocumentQuestionAnswering'): nb.AutoModelForQuestionAnswering.from_config(nb.LayoutLMConfig(**small))
    left = type(tok).from_pretrained(tok.name_or_path, padding_side='left')
    with pytest.raises(ValueError, match='pads on the left'): nb.pipeline('document-question-answering', both[0].model, tokenizer=left)
