"Solutions to the exercises of 02_tokenizer/25_sentencepiece_kin."
from collections import Counter

from nbformers.tokenizer.sentencepiece import CONTROL, NORMAL, UNKNOWN, SentencePiece
from nbformers.tokenizer.sentencepiece_kin import AlbertTokenizer, PegasusTokenizer, T5Tokenizer, XLMRobertaTokenizer

def file(*first): return SentencePiece([(t, 0., UNKNOWN if t == '<unk>' else CONTROL) for t in first] + [(p, -1., NORMAL) for p in ('▁', '▁a', '▁sea', 'b', 'c', 's')], unk_id=first.index('<unk>'))

def corrupt(tok, text, spans):
    words, question, answer, at = text.split(), [], [], 0
    for k, (a, b) in enumerate(spans):
        question += [*words[at:a], f'<extra_id_{k}>']; answer += [f'<extra_id_{k}>', *words[a:b]]; at = b
    return tok(' '.join([*question, *words[at:]])).input_ids, tok(' '.join([*answer, f'<extra_id_{len(spans)}>'])).input_ids

def joined(tok, question, answer):
    parts, at = {}, None
    for i in answer:
        t = tok.convert_ids_to_tokens(i)
        if t.startswith('<extra_id_'): at = t; parts[at] = []
        elif at: parts[at].append(i)
    ids = [j for i in question for j in parts.get(tok.convert_ids_to_tokens(i), [i])]
    return tok.decode(ids, skip_special_tokens=True)

def test_corrupt():
    tok = T5Tokenizer(file('<pad>', '</s>', '<unk>'))
    text = 'a sea a b sea c a sea'
    q, a = corrupt(tok, text, [(1, 3), (5, 6)])
    assert tok.convert_tokens_to_ids('<extra_id_1>') in q and tok.convert_tokens_to_ids('<extra_id_2>') in a
    assert joined(tok, q, a) == text

def shifts(sp, tok):
    return Counter(tok.convert_tokens_to_ids(p) - i for i, (p, _, k) in enumerate(sp.pieces) if k == NORMAL)

def test_shifts():
    for first, cls, by in ((('<unk>', '<s>', '</s>'), XLMRobertaTokenizer, 1), (('<pad>', '</s>', '<unk>'), PegasusTokenizer, 103), (('<pad>', '<unk>', '[CLS]', '[SEP]', '[MASK]'), AlbertTokenizer, 0)):
        sp = file(*first)
        assert shifts(sp, cls(sp)) == {by: 6}
