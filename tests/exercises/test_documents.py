"""Exercise of the chapter on questions to documents: words of a page in the order in which they are read."""
from . import judged

def together(a, b):
    "Whether the middle of each is between the other's top and bottom."
    (_, (_, at, _, ab)), (_, (_, bt, _, bb)) = a, b
    return at <= (bt+bb)/2 <= ab and bt <= (at+ab)/2 <= bb

def reading_order(word_boxes):
    lines = []
    for word in sorted(word_boxes, key=lambda w: w[1][1] + w[1][3]):
        line = next((l for l in lines if any(together(word, w) for w in l)), None)
        if line is None: lines.append([word])
        else: line.append(word)
    return [w for l in lines for w in sorted(l, key=lambda w: w[1][0])]

def by_top(word_boxes): return sorted(word_boxes, key=lambda w: (w[1][1], w[1][0]))
def by_columns(word_boxes): return sorted(word_boxes, key=lambda w: (w[1][0], w[1][1]))

def test_reading_order(): judged('pipelines.document_question_answering', 1, reading_order, by_top, by_columns)
