"Solutions to the exercises of 02_tokenizer/24_bytes_and_characters."
from nbformers.tokenizer.byte_char_kin import EsmTokenizer, spoken_english

def speaking_time(text, rate=12): return len(spoken_english(text))/rate

def test_a_price_is_longer_than_it_looks():
    assert speaking_time('sea', 1) == 3
    assert speaking_time('$1,234,567') > 5*len('$1,234,567')/12

CODONS = dict(zip('ARNDCQEGHILKMFPSTWYV', 'GCT CGT AAT GAT TGT CAA GAA GGT CAT ATT CTT AAA ATG TTT CCT TCT ACT TGG TAT GTT'.split()))

def back_translate(ids, tok): return ''.join(CODONS[t] for t in tok.convert_ids_to_tokens(ids) if t in CODONS)

def test_a_protein_has_three_letters_of_dna_for_each_of_its_own():
    esm = EsmTokenizer({t: i for i, t in enumerate(['<cls>', '<pad>', '<eos>', '<unk>', *'LAGVSERTIDPKQNFYMHWCXBUZO', '.', '-', '<null_1>', '<mask>'])})
    dna = back_translate(esm('MKTAYIAK').input_ids, esm)
    assert dna.startswith('ATG') and len(dna) == 3*8
