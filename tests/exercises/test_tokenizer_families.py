"Solutions to the exercises of 02_tokenizer/20_families."
import pytest
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from nbformers.config.hub import starter_folder
from nbformers.tokenizer.files import PreTrainedTokenizer
from nbformers.tokenizer.families import BertTokenizer
from nbformers.tokenizer.loading import load_tokenizer

def test_a_clip_tokenizer():
    class ClipTokenizer(PreTrainedTokenizer):
        special_defaults = dict(bos_token='<|startoftext|>', eos_token='<|endoftext|>', unk_token='<|endoftext|>', pad_token='<|endoftext|>')
        def stations(self, vocab, merges, options):
            rust = Tokenizer(models.BPE(vocab, merges, unk_token='<|endoftext|>', end_of_word_suffix='</w>', continuing_subword_prefix=''))
            rust.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Replace(Regex(r'\s+'), ' '), normalizers.Lowercase()])
            rust.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"), 'removed', invert=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
            rust.decoder = decoders.ByteLevel()
            return rust
        def frame(self, options):
            self._rust.post_processor = processors.RobertaProcessing((self.eos_token, self.eos_token_id), (self.bos_token, self.bos_token_id), False, False)
    try:
        letters = sorted(pre_tokenizers.ByteLevel.alphabet())
        vocab = {t: i for i, t in enumerate([*letters, *(c + '</w>' for c in letters), 'se', 'sea</w>', '<|startoftext|>', '<|endoftext|>'])}
        tok = ClipTokenizer(vocab, [('s', 'e'), ('se', 'a</w>')])
        assert tok('SEA  1').tokens() == ['<|startoftext|>', 'sea</w>', '1</w>', '<|endoftext|>']
    finally: PreTrainedTokenizer.known.pop('ClipTokenizer')

def same(a, b, texts): return [t for t in texts if a(t).input_ids != b(t).input_ids]

def test_two_files_of_one_vocabulary():
    try: folder = starter_folder('starter/minilm')
    except Exception as e: pytest.skip(str(e))
    fast, slow = load_tokenizer(folder), BertTokenizer(folder/'vocab.txt')
    texts = ['Call me Ishmael.', 'Café naïve façade', '東京', 'ÅNGSTRÖM']
    assert same(fast, slow, texts) == []
    assert same(fast, BertTokenizer(folder/'vocab.txt', strip_accents=False), texts) == ['Café naïve façade', 'ÅNGSTRÖM']
