"Tokens as you type, in a real JupyterLab: each key shows at once, the box keeps its cursor, and the saved notebook holds the last picture."
import pytest
pytestmark = pytest.mark.browser

CELLS = ['''from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from nbformers.tokenizer.files import PreTrainedTokenizerFast
from nbformers.tokenizer.widgets import LiveTokens

def made(pieces, normalizer):
    rust = Tokenizer(models.WordPiece({p: i for i, p in enumerate(pieces.split())}, unk_token='[UNK]'))
    rust.normalizer, rust.pre_tokenizer = normalizer, pre_tokenizers.BertPreTokenizer()
    rust.post_processor = processors.TemplateProcessing(single='[CLS] $A [SEP]', special_tokens=[('[CLS]', 1), ('[SEP]', 2)])
    return PreTrainedTokenizerFast(tokenizer_object=rust, unk_token='[UNK]', cls_token='[CLS]', sep_token='[SEP]')

small = made('[UNK] [CLS] [SEP] sea w ##h ##a ##l ##e ##s whale naive', normalizers.BertNormalizer())
cased = made('[UNK] [CLS] [SEP] sea Sea', normalizers.NFC())
live = LiveTokens({'small': small, 'cased': cased}, 'sea')
live''', 'print("last", 6*7)']

BOX = '.nb-typing textarea'

def test_tokens_follow_the_keys(notebook):
    nb = notebook(CELLS)
    nb.run()
    nb.wait('.nb-alive .nb-tokens', text='3 tokens')
    box = nb.wait(BOX)
    box.click()
    nb.pg.keyboard.press('End')
    nb.pg.keyboard.type(' whale', delay=60)                  # one key after the other: the cursor must stay in the box
    nb.wait('.nb-alive .nb-tokens', text='4 tokens')
    assert box.input_value() == 'sea whale'
    nb.wait('.nb-alive .nb-tokens td', text='4–9')
    nb.pg.keyboard.type('s!', delay=60)
    nb.wait('.nb-alive .nb-tokens td', text='[UNK]')
    nb.wait('.nb-alive .nb-tokens td', text='##s')
    assert box.input_value() == 'sea whales!'
    assert nb.pg.locator('.nb-alive .nb-tokens').count() == 1          # replaced, not added
    nb.shot('typing')

    box.fill('Sea <b>NAÏVE</b>')                             # text is text
    nb.wait('.nb-alive .nb-tokens td', text='naive')
    assert nb.pg.locator('.nb-alive .nb-tokens b', has_text='NA').count() == 0
    nb.click('.nb-special input')
    nb.pg.locator('.nb-alive .nb-tokens td', has_text='[CLS]').wait_for(state='detached')
    nb.pg.locator('.nb-tokenizer select').select_option('cased')
    nb.wait('.nb-alive .nb-tokens td', text='Sea')
    box.fill('')
    nb.wait('.nb-alive .nb-tokens', text='0 tokens')
    box.fill('Sea sea')
    nb.wait('.nb-alive .nb-tokens', text='2 tokens')

    nb.click('.jp-Notebook .jp-Cell:nth-child(2) .jp-InputPrompt')      # out of the box, where Ctrl+S would stay
    outputs = nb.save()['cells'][0]['outputs']
    static = ''.join(''.join(o.get('data', {}).get('text/html', '')) for o in outputs)
    assert 'cased' in static and '2 tokens' in static and '0–3' in static and '3 tokens' not in static
