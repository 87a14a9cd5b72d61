"""A section for a new architecture that runs at once: a notebook with configuration, model, heads, registration and
`check_model`, a test beside the reference's nearest relative, the export, and a first run. Then the difference is yours to state.

    python tools/new_model.py foo llama      # or: make new-model NAME=foo FAMILY=llama; families: llama, gpt2, bert, vit"""
import json, re, subprocess, sys, uuid
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TEXT = dict(vocab_size=60, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4)
FAMILIES = {
    'llama': dict(folder='decoders', module='llama_family', names='LlamaDecoder, LlamaFamilyConfig, LlamaLayer', config='LlamaFamilyConfig', base='LlamaDecoder', slot='layer_cls', layer='LlamaLayer',
        keys='    head_dim:int|None=None # width of a head; `None`: hidden_size / num_attention_heads\n    attention_bias:bool=False # biases in the four projections\n    mlp_bias:bool=False # biases in the MLP\n',
        heads=[('ForCausalLM', 'CausalLM', ''), ('ForSequenceClassification', 'LastTokenClassification', ''), ('ForTokenClassification', 'TokenClassification', ",head_name = {M},'score'")],
        tokenizer='LlamaTokenizer', relative='Llama', module_of='llama', main='ForCausalLM', tiny=TEXT | dict(num_key_value_heads=2, pad_token_id=0)),
    'gpt2': dict(folder='decoders', module='gpt2_family', names='GPT2Decoder, GPT2SummaryConfig', config='GPT2SummaryConfig', base='GPT2Decoder', slot='', layer='', keys='',
        heads=[('LMHeadModel', 'CausalLM', ''), ('ForSequenceClassification', 'LastTokenClassification', ''), ('ForTokenClassification', 'TokenClassification', '')],
        tokenizer='GPT2Tokenizer', relative='GPT2', module_of='gpt2', main='LMHeadModel', tiny=dict(vocab_size=60, n_embd=32, n_layer=2, n_head=4, n_positions=64, pad_token_id=0, bos_token_id=1, eos_token_id=2)),
    'bert': dict(folder='encoders', module='bert_family', names='BertBackbone, BertFamilyConfig, BertMaskedLM', config='BertFamilyConfig', base='BertBackbone', slot='', layer='', keys='',
        heads=[('ForMaskedLM', 'BertMaskedLM', ''), ('ForSequenceClassification', 'SequenceClassification', ''), ('ForTokenClassification', 'TokenClassification', '')],
        tokenizer='BertTokenizer', relative='Bert', module_of='bert', main='ForMaskedLM', tiny=TEXT | dict(max_position_embeddings=64, pad_token_id=0)),
    'vit': dict(folder='vision', module='vit_family', names='ViTClassification, ViTEncoder, ViTFamilyConfig', config='ViTFamilyConfig', base='ViTEncoder', slot='', layer='', keys='',
        heads=[('ForImageClassification', 'ViTClassification', '')], tokenizer='', relative='ViT', module_of='vit', main='ForImageClassification',
        tiny=dict(hidden_size=24, num_hidden_layers=2, num_attention_heads=3, intermediate_size=40, image_size=32, patch_size=8, num_labels=4)),
}

def brand(name): return ''.join(w[:1].upper() + w[1:] for w in re.split(r'[-_]', name))

def cells(name, family):
    "The notebook: (kind, source) pairs."
    f, B = FAMILIES[family], brand(name)
    M = B + 'Model'
    general = sorted({h for _, h, _ in f['heads']} - set(f['names'].split(', ')))
    layer = f"class {B}Layer({f['layer']}): pass # its parts are slots and methods: state what differs\n" if f['slot'] else ''
    model = f"class {M}({f['base']}): " + (f"config_class,layer_cls = {B}Config,{B}Layer" if f['slot'] else f"config_class,pooler_cls,output_cls = {B}Config,None,BaseModelOutput\n    def __init__(self, config, use_mask_token=False): super().__init__(config, False, use_mask_token)" if family == 'vit' else f"config_class = {B}Config")
    if family == 'vit': model = model.replace(': config_class', ':\n    config_class', 1)
    heads = ''.join(f"class {B}{suffix}({head}): model_cls{extra.replace('{M}', M) or f' = {M}'}\n" for suffix, head, extra in f['heads'])
    classes = ', '.join(f'{B}{s}' for s, *_ in f['heads'])
    exports = [f"from nbformers.models.base import arch", *([f"from nbformers.models.heads import {', '.join(general)}"] if general else []), f"from nbformers.models.{f['module']} import {f['names']}"]
    if family == 'vit': exports.insert(0, 'from nbformers.config.outputs import BaseModelOutput')
    about = f"tokenizer='{f['tokenizer']}'" if f['tokenizer'] else "image_processor='ViTImageProcessor'"
    inputs = "dict(pixel_values=torch.randn(2, 3, 32, 32))" if family == 'vit' else "dict(input_ids=torch.randint(3, 60, (2, 9)))"
    R = f['relative'] + f['main']
    return [
        ('markdown', f"# {B}\n> A member of the {family} family; what it does otherwise is stated here, once it is."),
        ('markdown', f"## What you can do at the end\n\nRead {B} checkpoints by name, with every head that the paper has. TODO: the paper, its year and a link, and what is new in it."),
        ('code', f"#| default_exp models.{name.replace('-', '_')}"),
        ('code', '#| export\n' + '\n'.join(exports)),
        ('code', f"import torch\nfrom fastcore.test import *\nfrom nbformers.models.check import check_model\nfrom nbformers.models.{f['module_of']} import {f['relative']}Config, {R}"),
        ('markdown', "## Configuration\n\nThe keys of `config.json`, word for word, where they or their defaults differ from the family's."),
        ('code', f"#| export\nclass {B}Config({f['config']}):\n    model_type = '{name}'\n{f['keys']}".rstrip()),
        ('markdown', "## Model and heads\n\nA member overrides slots and small methods of its family. Until it does, it is its relative under another name."),
        ('code', f"#| export\n{layer}{model}\n{heads}".rstrip()),
        ('code', f"#| export\narch('{name}', config={B}Config, {about})"),
        ('markdown', f"## The same weights, the same numbers\n\nA {f['relative']} of this size has the same parameters. Once the difference is written, this cell is where it shows: replace it by what should be equal and what should not."),
        ('code', f"tiny = dict({', '.join(f'{k}={v!r}' for k, v in f['tiny'].items())})\ntorch.manual_seed(0)\nmine,relative = {B}{f['main']}({B}Config(**tiny)).eval(),{R}({f['relative']}Config(**tiny)).eval()\n"
                 f"missing = mine.load_state_dict(relative.state_dict())\nx = {inputs}\nwith torch.no_grad(): test_close(mine(**x).logits, relative(**x).logits, eps=1e-6)\nmissing"),
        ('markdown', "Everything that an architecture promises, on each head: padded and cached runs agree with plain ones, what was saved loads equal, each parameter learns."),
        ('code', f"for c in ({classes},): print(check_model(c, {B}Config(**tiny)).title)"),
    ]

TEST = '''"{B} beside the reference's {R}: a checkpoint that the reference wrote, under this model's type, gives the same numbers."
# When the reference has {B} itself, a line in tests/parity/cases/ (`case('{name}', …)`) says more, and this file can go.
import json
import pytest
import torch
from nbformers import {cls}

transformers = pytest.importorskip('transformers')

def test_{ident}_reads_its_relative_s_checkpoint(tmp_path):
    torch.manual_seed(0)
    theirs = transformers.{R}(transformers.{relative}Config(**{tiny})).eval()
    with torch.no_grad():
        for p in theirs.parameters(): p.add_(.1*torch.randn_like(p))
    theirs.save_pretrained(tmp_path)
    f = tmp_path/'config.json'
    f.write_text(json.dumps(json.loads(f.read_text()) | dict(model_type='{name}', architectures=['{cls}'])))
    ours = {cls}.from_pretrained(tmp_path).eval()
    x = {inputs}
    with torch.no_grad(): a, b = ours(**x).logits, theirs(**x).logits
    assert (a - b).abs().max() <= 1e-4*b.abs().max()
'''

def notebook(pairs):
    made = [dict(cell_type=k, id=uuid.uuid4().hex[:8], metadata={}, source=s.splitlines(True)) | (dict(execution_count=None, outputs=[]) if k == 'code' else {}) for k, s in pairs]
    return json.dumps(dict(cells=made, metadata=dict(kernelspec=dict(name='python3', display_name='python3', language='python')), nbformat=4, nbformat_minor=5), indent=1, ensure_ascii=False) + '\n'

def main(name, family):
    if family not in FAMILIES: sys.exit(f"no family {family!r}: there are {', '.join(FAMILIES)} (other families: copy the section of a member)")
    if not re.fullmatch(r'[a-z][a-z0-9_-]*', name): sys.exit(f'{name!r}: a model type has small letters, digits, - and _, such as my_model')
    f, ident = FAMILIES[family], name.replace('-', '_')
    nb, test = ROOT/f"nbs/04_models/{f['folder']}/90_{ident}.ipynb", ROOT/f'tests/new_models/test_{ident}.py'
    taken = [p for p in (nb, test, ROOT/f'nbformers/models/{ident}.py') if p.exists()]
    if taken: sys.exit(f'{taken[0].relative_to(ROOT)} is there already: choose another name')
    nb.parent.mkdir(parents=True, exist_ok=True), test.parent.mkdir(parents=True, exist_ok=True)
    nb.write_text(notebook(cells(name, family)), encoding='utf-8')
    inputs = "dict(pixel_values=torch.randn(2, 3, 32, 32))" if family == 'vit' else "dict(input_ids=torch.randint(3, 60, (2, 9)))"
    test.write_text(TEST.format(B=brand(name), R=f['relative'] + f['main'], relative=f['relative'], name=name, ident=ident, cls=brand(name) + f['main'], tiny=f['tiny'], inputs=inputs), encoding='utf-8')
    for what in ('export', 'run'): subprocess.run([sys.executable, ROOT/'tools/nb.py', what, nb], check=True, cwd=ROOT)
    subprocess.run([sys.executable, '-m', 'pytest', '-q', test], check=True, cwd=ROOT)
    print(f'{nb.relative_to(ROOT)} runs, and {brand(name)} loads by name. Next: the steps in CONTRIBUTING.md, "An architecture".')

if __name__ == '__main__':
    if len(sys.argv) != 3: sys.exit(__doc__)
    main(*sys.argv[1:])
