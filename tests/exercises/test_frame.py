"""Solutions to the exercises of nbs/03b_processors/01_frame.ipynb."""
import pytest
from nbformers.processors.frame import ProcessorMixin, Settings

class Gain(Settings):
    settings, gain = ('gain',), 1.
    def __init__(self, **kw):
        super().__init__(**kw)
        if self.gain <= 0: raise ValueError(f'gain={self.gain} must be positive; change the key `gain` of {self.config_name}')

def test_positive(tmp_path):
    Gain(gain=2.).save_pretrained(tmp_path)
    assert Gain.from_pretrained(tmp_path).gain == 2.
    with pytest.raises(ValueError, match='gain=-1 must be positive; change the key `gain`'): Gain.from_pretrained(tmp_path, gain=-1)

def test_two_tokenizers(tmp_path):
    "Text goes to the first; the second has a folder of its own."
    from nbformers import AutoTokenizer
    class Pair(ProcessorMixin): attributes = 'tokenizer', 'decoder_tokenizer'
    tok = AutoTokenizer.from_pretrained('starter/lm')
    pair = Pair(tok, tok)
    assert pair(text='And the king')['input_ids'] == tok('And the king')['input_ids']
    pair.save_pretrained(tmp_path)
    assert (tmp_path/'tokenizer.json').is_file() and (tmp_path/'decoder_tokenizer'/'tokenizer.json').is_file()
