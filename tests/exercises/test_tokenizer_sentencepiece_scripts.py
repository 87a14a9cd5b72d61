"Solutions to the exercises of 02_tokenizer/27_sentencepiece_scripts."
from nbformers.tokenizer.sentencepiece import CONTROL, NORMAL, UNKNOWN, SentencePiece
from nbformers.tokenizer.sentencepiece_scripts import M2M100Tokenizer

SP = SentencePiece([('<unk>', 0., UNKNOWN), ('<s>', 0., CONTROL), ('</s>', 0., CONTROL), *((p, -1., NORMAL) for p in ('▁sea', '▁the', 'x'))])
TABLE = {t: i for i, t in enumerate(['<s>', '<pad>', '</s>', '<unk>', '▁sea'])}

def covered(tok, text):
    pieces = tok.tokenize(text)
    known = [p for p in pieces if tok.convert_tokens_to_ids(p) != tok.unk_token_id]
    size = lambda ps: sum(len(p.strip('▁')) for p in ps)
    return size(known) / max(size(pieces), 1)

def test_covered():
    tok = M2M100Tokenizer(TABLE, spm_file=SP)
    assert covered(tok, 'sea') == 1 and covered(tok, 'the sea') == .5 and covered(tok, 'the') == 0

class UpperM2M(M2M100Tokenizer):
    "Answers in capitals: only `_joined`, which makes text of pieces, must know; special tokens stay as they are."
    def _joined(self, tokens): return super()._joined(tokens).upper()

def test_capitals():
    tok = UpperM2M(TABLE, spm_file=SP)
    assert tok.decode(tok('sea sea').input_ids) == '__en__SEA SEA</s>'
