"""Solutions to the exercises of nbs/03b_processors/01_frame.ipynb."""
from nbformers.processors.frame import ProcessorMixin, Settings
from . import judged

class Gain(Settings):
    settings, gain = ('gain',), 1.
    def __init__(self, **kw):
        super().__init__(**kw)
        if self.gain <= 0: raise ValueError(f'gain={self.gain} must be positive; change the key `gain` of {self.config_name}')

class Unchecked(Settings): settings, gain = ('gain',), 1.

def test_positive(): judged('processors.frame', 1, Gain, Unchecked)

class Pair(ProcessorMixin):
    "2: text goes to the first; the second has a folder of its own."
    attributes = 'tokenizer', 'decoder_tokenizer'

class Turned(ProcessorMixin): attributes = 'decoder_tokenizer', 'tokenizer'

def test_two_tokenizers(): judged('processors.frame', 2, Pair, Turned)
