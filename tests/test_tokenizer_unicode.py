"What families do to a text before they cut it, as 02_tokenizer/04_unicode says, against the files of published tokenizers."
import json, unicodedata
import pytest
from tokenizers import Tokenizer, normalizers
from tests.real_tokenizers import folder
from nbformers.tokenizer.sentencepiece import read_sentencepiece
from nbformers.tokenizer.unicode import AlignedText, normal_form

@pytest.mark.parametrize('name, kind', [('gpt2', None), ('llama3', None), ('gpt4o', None), ('qwen3', 'NFC'), ('gemma', 'Replace'), ('minilm', 'BertNormalizer'), ('llama2', 'Sequence')])
def test_normaliser_of(name, kind):
    said = json.loads((folder(name)/'tokenizer.json').read_text(encoding='utf-8'))['normalizer']
    assert (said and said['type']) == kind

def test_nmt_nfkc_is_nfkc_and_a_few_rules():
    table = normalizers.Precompiled(read_sentencepiece(folder('t5_seqio')/'spiece.model').charsmap)
    simple = normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC()])
    known = [c for c in map(chr, range(0x30000)) if unicodedata.category(c) not in ('Cn', 'Cs')]
    differ = [c for c in known if table.normalize_str(f'a{c}b') != simple.normalize_str(f'a{c}b')]
    assert len(differ) < 6, [hex(ord(c)) for c in differ]

@pytest.mark.parametrize('name', ['qwen3', 'minilm'])
def test_offsets_go_through_normalisation(name):
    rust, text = Tokenizer.from_file(str(folder(name)/'tokenizer.json')), 'Ou\u0300 est le cafe\u0301?'
    rust.no_padding(); rust.no_truncation()
    tokens = rust.encode(text, add_special_tokens=False)
    assert [text[a:b] for a, b in tokens.offsets][-1] == '?'
    spans = AlignedText(text).normalize('NFC').spans
    assert normal_form(text, 'NFC') == 'Où est le café?' and spans[1] == (1, 2)       # the accent's own place is in no span
