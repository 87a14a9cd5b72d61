"Solutions to the exercises of 29_tables."
import pytest

pd = pytest.importorskip('pandas')
from nbformers.tokenizer.tables import TapasTokenizer  # noqa: E402

SHIPS = pd.DataFrame({'ship': ['Pequod', 'Rachel'], 'crew': ['30', '26'], 'year sailed': ['1840', '1839']})

@pytest.fixture
def tapas():
    words = 'ship ships crew year sailed pequod rachel 30 26 1840 1839 who which first and how many men in what ? ##s'.split()
    return TapasTokenizer({t: i for i, t in enumerate(['[PAD]', '[EMPTY]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', *words])})

def column_of(tok, table, question):
    "The column whose name shares the most pieces with the question."
    asked = set(tok.tokenize(question))
    return max(table.columns, key=lambda c: len(asked & set(tok.tokenize(c))))

def test_column_of(tapas):
    assert column_of(tapas, SHIPS, 'in what year ?') == 'year sailed'
    assert column_of(tapas, SHIPS, 'which crew ?') == 'crew'

def answered(tok, table, questions, answers):
    "Pieces of the last question's table that answered the question before."
    rows = tok(table, questions, answer_coordinates=answers, answer_text=[['']]*len(answers))
    pieces = tok.convert_ids_to_tokens(rows.input_ids[-1])
    return [p for p, t in zip(pieces, rows.token_type_ids[-1]) if t[3]]

def test_questions_in_a_row(tapas):
    assert answered(tapas, SHIPS, ['who sailed first ?', 'and how many men ?'], [[(1, 0)], [(1, 1)]]) == ['rachel']
