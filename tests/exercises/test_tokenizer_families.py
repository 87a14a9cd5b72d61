"Solutions to the exercises of 02_tokenizer/20_families."
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from nbformers.tokenizer.files import PreTrainedTokenizer
from . import judged

class ClipTokenizer(PreTrainedTokenizer):
    "1: stations and frame."
    special_defaults = dict(bos_token='<|startoftext|>', eos_token='<|endoftext|>', unk_token='<|endoftext|>', pad_token='<|endoftext|>')
    def stations(self, vocab, merges, options):
        rust = Tokenizer(models.BPE(vocab, merges, unk_token='<|endoftext|>', end_of_word_suffix='</w>', continuing_subword_prefix=''))
        rust.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Replace(Regex(r'\s+'), ' '), normalizers.Lowercase()])
        rust.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"), 'removed', invert=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
        rust.decoder = decoders.ByteLevel()
        return rust
    def frame(self, options):
        self._rust.post_processor = processors.RobertaProcessing((self.eos_token, self.eos_token_id), (self.bos_token, self.bos_token_id), False, False)

class Unframed(ClipTokenizer):
    def frame(self, options): pass

for c in ('ClipTokenizer', 'Unframed'): PreTrainedTokenizer.known.pop(c, None)   # names of files must not choose classes of tests

def test_a_clip_tokenizer(): judged('tokenizer.families', 1, ClipTokenizer, Unframed)

def same(a, b, texts): return [t for t in texts if a(t).input_ids != b(t).input_ids]

def test_two_files_of_one_vocabulary(): judged('tokenizer.families', 2, same, lambda a, b, texts: [], lambda a, b, texts: [t for t in texts if a(t).input_ids == b(t).input_ids])
