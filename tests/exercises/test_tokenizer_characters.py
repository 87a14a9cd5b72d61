"Solutions to the exercises of 02_tokenizer/24_bytes_and_characters."
from nbformers.tokenizer.byte_char_kin import spoken_english
from . import judged

def speaking_time(text, rate=12): return len(spoken_english(text))/rate

def test_a_price_is_longer_than_it_looks():
    judged('tokenizer.byte_char_kin', 1, speaking_time, lambda text, rate: len(text)/rate, lambda text, rate: speaking_time(text, 1)*rate)
    assert speaking_time('$1,234,567') > 5*len('$1,234,567')/12

CODONS = dict(zip('ARNDCQEGHILKMFPSTWYV', 'GCT CGT AAT GAT TGT CAA GAA GGT CAT ATT CTT AAA ATG TTT CCT TCT ACT TGG TAT GTT'.split()))

def back_translate(ids, tok): return ''.join(CODONS[t] for t in tok.convert_ids_to_tokens(ids) if t in CODONS)

def test_a_protein_has_three_letters_of_dna_for_each_of_its_own():
    judged('tokenizer.byte_char_kin', 2, back_translate, lambda ids, tok: 'ATG'*(len(ids)-2), lambda ids, tok: back_translate(ids, tok)[:-3])
