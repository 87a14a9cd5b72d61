"""Options, roles and old habits over a saved tokenizer.json, beside the reference: what a caller states when loading must arrive."""
import json, warnings

import pytest

transformers = pytest.importorskip('transformers')
import nbformers
from tests import test_tokenizer_classes as classes

TEXT = 'the  Séa is wide, "deep"'
BOTH = transformers, nbformers

def save(folder, name):
    "`tokenizer.json` of a small tokenizer, as the reference writes it."
    made = folder/'made'
    made.mkdir()
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        if name in classes.CASES: classes.build(name, made); tok = classes.reference(getattr(transformers, name), made)
        else:
            kin = pytest.importorskip('tests.test_tokenizer_kin')
            tok = getattr(transformers, name).from_pretrained(kin.write(made, name, kin.model(**{**kin.UNIGRAM, **kin.BPE}[name])))
    tok.save_pretrained(folder/'saved')
    if name == 'RemBertTokenizer': getattr(transformers, name).from_pretrained(folder/'saved').save_pretrained(folder/'saved')   # 5.23 loses the frame between a .model and its first save
    return folder/'saved'

def loaded(folder, name, **options):
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        return [getattr(L, name).from_pretrained(folder, **options) for L in BOTH]

def said(tok, text=TEXT, pair=None, **kw):
    "Everything a call says, and the text that comes back."
    out = tok(text, pair, return_offsets_mapping=True, return_token_type_ids=True, return_special_tokens_mask=True, **kw)
    return {k: [tuple(x) if isinstance(x, (list, tuple)) else x for x in out[k]] for k in sorted(out)}, tok.decode(out['input_ids'])

def same(folder, name, **options):
    theirs, ours = loaded(folder, name, **options)
    for args in ((TEXT,), (' the sea',), (TEXT, 'we')): assert said(ours, *args) == said(theirs, *args), (options, args)

# options of the stations

@pytest.mark.parametrize('options', [dict(add_prefix_space=True), dict(trim_offsets=False), dict(add_prefix_space=True, trim_offsets=False), {}], ids=str)
@pytest.mark.parametrize('name', ['RobertaTokenizer', 'BartTokenizer'])
def test_roberta_offsets(name, options, tmp_path):
    same(folder := save(tmp_path, name), name, **options)
    theirs, ours = loaded(folder, name, **options)
    words = dict(text='the sea is'.split(), is_split_into_words=True)
    if options.get('add_prefix_space'): assert said(ours, **words) == said(theirs, **words)

def test_roberta_offsets_are_saved(tmp_path):
    folder = save(tmp_path, 'RobertaTokenizer')
    nbformers.AutoTokenizer.from_pretrained(folder, add_prefix_space=True).save_pretrained(tmp_path/'again')
    assert json.loads((tmp_path/'again/tokenizer.json').read_text())['post_processor']['add_prefix_space'] is True
    same(tmp_path/'again', 'RobertaTokenizer')

PREFIX, ALBERT = [dict(add_prefix_space=v) for v in (True, False)], [dict(do_lower_case=False), dict(keep_accents=True), dict(do_lower_case=False, keep_accents=True), dict(do_lower_case=True, keep_accents=False)]
SWITCHES = {'AlbertTokenizer': ALBERT + PREFIX, 'RemBertTokenizer': [dict(do_lower_case=True), dict(keep_accents=False), dict(do_lower_case=True, keep_accents=False)], 'XLNetTokenizer': [dict(do_lower_case=True), dict(keep_accents=True)] + PREFIX,
            'DebertaV2Tokenizer': [dict(do_lower_case=True), dict(split_by_punct=True), dict(split_by_punct=True, do_lower_case=True)] + PREFIX, 'Tipsv2Tokenizer': [dict(do_lower_case=False)],
            **{n: PREFIX for n in ('T5Tokenizer', 'PegasusTokenizer', 'MBartTokenizer', 'MBart50Tokenizer', 'XLMRobertaTokenizer', 'CamembertTokenizer', 'BigBirdTokenizer', 'ReformerTokenizer', 'LlamaTokenizer')}}

@pytest.mark.parametrize('name', SWITCHES)
def test_options_of_the_pieces(name, tmp_path):
    "Case, accents, punctuation, first spaces: the classes that take such an option, and those that do not."
    folder = save(tmp_path, name)
    for options in SWITCHES[name]: same(folder, name, **options)

def test_a_step_that_is_right_stays(tmp_path):
    "An option that says what the file does already leaves the file's own steps alone; here one that the reference's class would not make."
    folder = save(tmp_path, 'DebertaV2Tokenizer')
    spec = json.loads((folder/'tokenizer.json').read_text())
    spec['normalizer']['normalizers'].insert(0, {'type': 'Replace', 'pattern': {'String': 'sea'}, 'content': 'whale'})
    (folder/'tokenizer.json').write_text(json.dumps(spec))
    for stated in ({}, dict(do_lower_case=False, split_by_punct=False)): assert 'whale' in nbformers.DebertaV2Tokenizer.from_pretrained(folder, **stated).decode(nbformers.DebertaV2Tokenizer.from_pretrained(folder, **stated)('sea')['input_ids']).replace(' ', '')

def test_clip_takes_no_first_space(tmp_path): same(save(tmp_path, 'CLIPTokenizer'), 'CLIPTokenizer', add_prefix_space=True)

def test_llama_normalizer_without_its_prefix(tmp_path):
    "Older files put the first `▁` with a normaliser."
    folder = save(tmp_path, 'LlamaTokenizer')
    spec = json.loads((folder/'tokenizer.json').read_text())
    spec |= {'pre_tokenizer': None, 'normalizer': {'type': 'Sequence', 'normalizers': [{'type': 'Prepend', 'prepend': '▁'}, {'type': 'Replace', 'pattern': {'String': ' '}, 'content': '▁'}]}}
    (folder/'tokenizer.json').write_text(json.dumps(spec))
    theirs, ours = loaded(folder, 'LlamaTokenizer', add_prefix_space=False)
    for text in ('the sea', ' the sea'): assert (ours(text).input_ids, ours.decode(ours(text).input_ids)) == (theirs(text)['input_ids'], theirs.decode(theirs(text)['input_ids']))

# frames

FRAMED = ['BertTokenizer', 'ElectraTokenizer', 'RobertaTokenizer', 'MPNetTokenizer', 'DebertaTokenizer', 'CLIPTokenizer', 'T5Tokenizer', 'XLMRobertaTokenizer', 'CamembertTokenizer', 'XLNetTokenizer', 'BigBirdTokenizer', 'DebertaV2Tokenizer']   # 5.23 lets the flags take ALBERT's and RemBERT's frame apart, alone among classes with one

@pytest.mark.parametrize('flag', ['add_bos_token', 'add_eos_token'])
@pytest.mark.parametrize('name', FRAMED)
def test_a_class_keeps_its_frame(name, flag, tmp_path):
    folder = save(tmp_path, name)
    for value in (True, False): same(folder, name, **{flag: value})

def test_codegen_has_no_frame(tmp_path): same(save(tmp_path, 'CodeGenTokenizer'), 'CodeGenTokenizer', add_bos_token=True)

ROLES = {**{n: dict(cls_token='<new>', sep_token='<other>') for n in FRAMED if n not in ('CLIPTokenizer', 'T5Tokenizer', 'XLMRobertaTokenizer', 'CamembertTokenizer')},
         **{n: dict(bos_token='<new>', eos_token='<other>') for n in ('CLIPTokenizer', 'XLMRobertaTokenizer', 'CamembertTokenizer')}}

@pytest.mark.parametrize('name', ROLES)
def test_a_new_role_enters_the_frame(name, tmp_path):
    folder, roles = save(tmp_path, name), ROLES[name]
    same(folder, name, **roles)
    for r in roles: same(folder, name, **{r: roles[r]})

@pytest.mark.parametrize('name', ['BertTokenizer', 'RobertaTokenizer'])
def test_a_role_given_later_is_in_the_saved_frame(name, tmp_path):
    folder, ids = save(tmp_path, name), []
    for i, tok in enumerate(loaded(folder, name)):
        tok.add_special_tokens({'cls_token': '<new>'})
        before = tok('sea')['input_ids']
        tok.save_pretrained(tmp_path/f'later{i}')
        again = type(tok).from_pretrained(tmp_path/f'later{i}')
        ids.append((before, again('sea')['input_ids'], again.cls_token_id))
    assert ids[0] == ids[1] and ids[1][1][0] == ids[1][2] != ids[1][0][0]

def test_a_frame_of_known_tokens_stays(tmp_path):
    "A file whose frame leaves a token out keeps it: the model was trained so. 5.23 puts the class's frame in its place; 4.57 keeps the file's."
    folder = save(tmp_path, 'BertTokenizer')
    spec = json.loads((folder/'tokenizer.json').read_text())
    spec['post_processor']['single'] = spec['post_processor']['single'][:2]
    (folder/'tokenizer.json').write_text(json.dumps(spec))
    tok = nbformers.BertTokenizer.from_pretrained(folder)
    assert tok('sea').tokens()[0] == '[CLS]' and tok('sea').tokens()[-1] != '[SEP]'

# decoding with a class's own options

@pytest.fixture(scope='module')
def whisper(tmp_path_factory):
    folder = save(tmp_path_factory.mktemp('whisper'), 'WhisperTokenizer')
    toks = loaded(folder, 'WhisperTokenizer')
    for t in toks: t.add_tokens([transformers.AddedToken(f'<|{i*.02:.2f}|>') for i in range(1501)])
    ids = toks[0].convert_tokens_to_ids
    text = toks[0]('The Sea!', add_special_tokens=False)['input_ids']
    return toks, [*ids(['<|startoftranscript|>', '<|de|>', '<|transcribe|>', '<|0.00|>']), *text, *ids(['<|2.00|>', '<|endoftext|>'])]

@pytest.mark.parametrize('options', [dict(decode_with_timestamps=True), dict(basic_normalize=True, skip_special_tokens=True), dict(skip_special_tokens=True), dict(decode_with_timestamps=True, time_precision=.04)], ids=str)
def test_whisper_batches_take_the_options_of_decode(whisper, options):
    import torch
    (theirs, ours), row = whisper
    for rows in ([row, row], torch.tensor([row, row])): assert ours.batch_decode(rows, **options) == theirs.batch_decode(rows, **options)

def test_whisper_batches_with_times(whisper):
    "5.23 refuses rows with `output_offsets`; one row is what it says, and here rows are rows."
    (theirs, ours), row = whisper
    assert ours.batch_decode([row, row[:6] + row[-2:]], output_offsets=True) == [theirs.decode(r, output_offsets=True) for r in (row, row[:6] + row[-2:])]

def test_codegen_batches_end_where_a_program_ends(tmp_path):
    "5.23 fails on rows; one row is what it says."
    folder = save(tmp_path, 'CodeGenTokenizer')
    theirs, ours = loaded(folder, 'CodeGenTokenizer')
    ids = theirs('def a\nprint(1)\nprint(2)\n# x')['input_ids']
    assert ours.batch_decode([ids, ids], truncate_before_pattern=['^#']) == [theirs.decode(ids, truncate_before_pattern=['^#'])]*2

# tools

def test_schemas_of_hints_and_docstrings():
    import typing
    import torch
    from PIL import Image
    from nbformers.tokenizer.tools import get_json_schema
    def media(a: Image.Image, b: torch.Tensor) -> Image.Image: "Look.\n\nArgs:\n    a: a picture\n    b: a sound\n"
    def bare(a: typing.List, b: typing.Tuple, c: typing.Dict) -> str: "Take.\n\nArgs:\n    a: one\n    b: two\n    c: three\n"
    def own(a: int) -> object: "Give.\n\nArgs:\n    a: one\n\nReturns:\n    a thing\n"
    def more(a: int, b: str = 'x') -> str: "Do.\n\nArgs:\n    a: one\n      and on\n    b: two\n\nExample:\n    >>> more(1)\n\nReturns:\n    text that\n      goes on\n    here\n"
    for f in (media, bare, own, more): assert get_json_schema(f) == transformers.utils.get_json_schema(f)
    def inline(a: int) -> str: "Do.\n\nArgs:\n    a: one. Returns: no\n\nReturns: text"
    out = get_json_schema(inline)['function']   # 5.23 finds no description of an inline answer, and takes a `Returns:` inside a sentence for the heading
    assert out['return'] == {'type': 'string', 'description': 'text'} and out['parameters']['properties']['a']['description'] == 'one. Returns: no'

# special tokens by name, number and list

def test_a_role_of_one_model_is_set(tmp_path):
    folder, said = save(tmp_path, 'BertTokenizer'), []
    for i, L in enumerate(BOTH):
        tok = L.AutoTokenizer.from_pretrained(folder, extra_special_tokens={'image_token': '[MASK]'})
        tok.image_token = '[UNK]'
        one = tok.image_token, tok.image_token_id, tok.special_tokens_map['image_token']
        tok.image_token_id = tok.pad_token_id
        tok.save_pretrained(tmp_path/f'set{i}')
        said.append((one, tok.image_token, L.AutoTokenizer.from_pretrained(tmp_path/f'set{i}').image_token))
        tok.extra_special_tokens_ids = [5, 6]
        said[-1] += (tok.extra_special_tokens, tok.all_special_ids)
    assert said[0] == said[1]

@pytest.mark.parametrize('options', [dict(extra_special_tokens='<x>'), dict(additional_special_tokens='<x>'), dict(pad_token=0)], ids=str)
@pytest.mark.parametrize('name', ['BertTokenizer', 'T5Tokenizer'])
def test_a_string_is_no_list_and_a_number_no_token(name, options, tmp_path):
    folder = save(tmp_path, name)
    if name == 'T5Tokenizer' and 'additional_special_tokens' in options: options = {**options, 'extra_special_tokens': []}   # the file's list goes first
    with pytest.raises(TypeError, match='list|string'): getattr(nbformers, name).from_pretrained(folder, **options)
    tok = getattr(nbformers, name).from_pretrained(folder)
    with pytest.raises(ValueError, match=r"a single one is \['<x>'\]"): tok.add_special_tokens({'extra_special_tokens': '<x>'})
    assert tok.add_special_tokens({'extra_special_tokens': ['<x>']}) == 1

# padding of what was encoded

def test_masks_of_query_by_key_are_left_as_they_are(tmp_path):
    import torch
    theirs, ours = loaded(save(tmp_path, 'BertTokenizer'), 'BertTokenizer')
    for ids in ([1, 2, 3], [1, 2]):
        a, b = (t.pad([{'input_ids': [1, 2, 3], 'attention_mask': torch.ones(1, 3, 3)}, {'input_ids': ids, 'attention_mask': 2*torch.ones(1, 3, 3)}], return_tensors='pt') for t in (ours, theirs))
        assert a['attention_mask'].shape == (2, 1, 3, 3) and all(torch.equal(a[k].float(), b[k].float()) for k in b)

@pytest.mark.parametrize('options', [dict(padding=True), dict(padding='max_length', max_length=40, max_entity_length=5), dict(padding=True, padding_side='left', pad_to_multiple_of=8)], ids=str)
def test_luke_pads_entities(options, tmp_path):
    (tmp_path/'entity_vocab.json').write_text(json.dumps({'[UNK]': 0, '[PAD]': 1, '[MASK]': 2, '[MASK2]': 3}))
    ours, theirs = classes.both_classes('LukeTokenizer', tmp_path, classes.byte_bpe, max_mention_length=4)
    rows = [dict(theirs(t, entity_spans=s)) for t, s in (('whale and the long sea', [(0, 5)]), ('the sea', [(0, 3), (4, 7)]))]
    for tensors in (None, 'pt'):
        a, b = ours.pad([dict(r) for r in rows], return_tensors=tensors, **options), theirs.pad([dict(r) for r in rows], return_tensors=tensors, **options)
        assert {k: v if tensors is None else v.tolist() for k, v in sorted(a.items())} == {k: v if tensors is None else v.tolist() for k, v in sorted(b.items())}

# names that old code knows

@pytest.mark.parametrize('name', ['BertTokenizer', 'RobertaTokenizer', 'AlbertTokenizer', 'XLNetTokenizer', 'DebertaV2Tokenizer', 'GPT2Tokenizer'])
def test_options_are_attributes(name, tmp_path):
    theirs, ours = loaded(save(tmp_path, name), name)
    there = [k for k in ('do_lower_case', 'strip_accents', 'tokenize_chinese_chars', 'split_by_punct', 'backend', *ours.switches) if hasattr(theirs, k)]
    assert {k: getattr(ours, k) for k in there} == {k: getattr(theirs, k) for k in there}
    assert type(ours.decoder) is type(theirs.decoder) and ours.deprecation_warnings == {}
    if name == 'AlbertTokenizer': assert loaded(tmp_path/'saved', name, do_lower_case=False, keep_accents=True)[1].do_lower_case is False
    with pytest.raises(AttributeError, match='no_such'): ours.no_such

def test_words_of_the_call_as_enums(tmp_path):
    from nbformers.tokenization_utils_base import PaddingStrategy, TruncationStrategy
    from nbformers.utils import TensorType
    tok = loaded(save(tmp_path, 'BertTokenizer'), 'BertTokenizer')[1]
    out = tok('the sea is wide', padding=PaddingStrategy.MAX_LENGTH, truncation=TruncationStrategy.LONGEST_FIRST, max_length=5, return_tensors=TensorType.NUMPY)
    assert out['input_ids'].shape == (1, 5)
    for ours, theirs in ((PaddingStrategy, transformers.utils.PaddingStrategy), (TruncationStrategy, transformers.tokenization_utils_base.TruncationStrategy)): assert {m.name: m.value for m in ours} == {m.name: m.value for m in theirs}
