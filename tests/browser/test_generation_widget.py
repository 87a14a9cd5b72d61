"The live generation widget in a real JupyterLab: type a prompt, move sliders, generate, stop, and find its picture in the saved notebook."
import pytest
pytestmark = pytest.mark.browser

CELLS = ['''import time, torch
from nbformers.models.llama import LlamaConfig, LlamaForCausalLM
from nbformers.generation.widgets import LiveGeneration

class Letters:
    letters = sorted(set('abcdefghijklmnopqrstuvwxyz .'))
    def encode(self, s, **kw): return [self.letters.index(c) for c in s if c in self.letters]
    def decode(self, ids, **kw): return ''.join(self.letters[i] for i in ids)
    def convert_ids_to_tokens(self, i): return self.letters[i]

torch.manual_seed(0)
cfg = LlamaConfig(vocab_size=28, hidden_size=32, intermediate_size=64, num_hidden_layers=1, num_attention_heads=2, num_key_value_heads=2,
                  max_position_embeddings=512, bos_token_id=None, eos_token_id=None, initializer_range=.5)
model = LlamaForCausalLM(cfg).eval()
model.register_forward_pre_hook(lambda *a: time.sleep(.05))   # slow enough for a person to press stop
live = LiveGeneration(model, Letters(), 'the sea', max_new_tokens=6, top_k=7)
live''', 'print("last", 6*7)']

def test_live_generation(notebook):
    nb = notebook(CELLS)
    nb.run()
    nb.wait('.nb-status', text='finished: length')
    nb.wait('.nb-live', text='7 left')                      # the top-k column
    nb.fill('.nb-prompt input', 'a whale')
    nb.slide('.nb-top-k', 3)
    nb.slide('.nb-temperature', 1.5)
    nb.click('button.nb-generate')
    nb.wait('.nb-live', text='a whale')
    nb.wait('.nb-live', text='3 left')                      # the distribution changed with the slider
    nb.wait('.nb-status', text='finished: length')
    nb.slide('.nb-tokens', 200)
    nb.click('button.nb-generate')
    nb.wait('.nb-status', text='…')
    nb.wait('.nb-live', text='a whale')
    nb.click('button.nb-stop')
    nb.wait('.nb-status', text='stopped')
    nb.shot('generation')
    outputs = nb.save()['cells'][0]['outputs']
    static = ''.join(''.join(o.get('data', {}).get('text/html', '')) for o in outputs)
    assert 'nb-static' in static and 'a whale' in static and 'nb-probs' in static
