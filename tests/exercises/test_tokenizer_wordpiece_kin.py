"Solutions to the exercises of 02_tokenizer/21_wordpiece_relatives."
from nbformers.tokenizer import wordpiece_kin as kin
from nbformers.tokenizer.wordpiece_kin import DPRSpanPrediction

def frame_table(classes):
    def shown(cls):
        words = []
        for w in cls.layout[1].split():
            name, _, kind = w.partition(':')
            role = cls.special_defaults.get(f'{name}_token')
            words.append(name if name in 'AB' else str(role))
        return ' '.join(words)
    return {c.__name__: shown(c) if c.layout else None for c in classes}

def test_frames_from_layouts():
    table = frame_table([kin.DistilBertTokenizer, kin.FunnelTokenizer, kin.ProphetNetTokenizer, kin.MPNetTokenizer, kin.SplinterTokenizer])
    assert table['DistilBertTokenizer'] == '[CLS] A [SEP] B [SEP]' and table['FunnelTokenizer'] == '<cls> A <sep> B <sep>' and table['ProphetNetTokenizer'] == 'A [SEP] B [SEP]'
    assert table['MPNetTokenizer'] is None and table['SplinterTokenizer'] is None      # a processor of its own; a frame that depends on the side

def best_answer(spans): return max(spans, key=lambda s: s.span_score + s.relevance_score)

def test_not_always_in_the_most_relevant_passage():
    spans = [DPRSpanPrediction(2., 3., 0, 1, 2, 'sea'), DPRSpanPrediction(9., 1., 1, 4, 4, 'whale')]
    assert best_answer(spans).text == 'whale' and max(spans, key=lambda s: s.relevance_score).text == 'sea'
