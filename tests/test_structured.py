"Answers with a shape: every sampled answer validates, whatever the strategy; what cannot work says so."
import json, re
import pytest, torch
import nbformers
from nbformers import AutoModelForCausalLM, AutoTokenizer, StructuredLogitsProcessor

pytest.importorskip('llguidance')
jsonschema = pytest.importorskip('jsonschema')

string = lambda n: dict(type='string', maxLength=n)
def record(**properties): return dict(type='object', properties=properties, required=list(properties), additionalProperties=False)
SCHEMAS = dict(
    flat=record(name=string(10), age=dict(type='integer', minimum=0, maximum=120), alive=dict(type='boolean')),
    nested=record(who=record(first=string(6), last=string(6)), where=record(x=dict(type='integer', minimum=-9, maximum=9), y=dict(type='integer', minimum=-9, maximum=9))),
    array=dict(type='array', items=dict(enum=['north', 'south', 'east', 'west', None]), minItems=2, maxItems=5),
    choice=dict(anyOf=[record(kind=dict(const='number'), value=dict(type='integer', minimum=0, maximum=999)), record(kind=dict(const='word'), value=string(5))]),
    pattern=record(id=dict(type='string', pattern='^[A-Z]{2}-[0-9]{3}$'), tags=dict(type='array', items=string(4), maxItems=2)))

@pytest.fixture(scope='module')
def starter():
    n = torch.get_num_threads()
    torch.set_num_threads(1)
    yield AutoTokenizer.from_pretrained('starter/lm'), AutoModelForCausalLM.from_pretrained('starter/lm')
    torch.set_num_threads(n)

def answers(starter, rows=1, new=160, seed=0, **kw):
    tok, model = starter
    shape = {k: kw.pop(k) for k in ('regex', 'json_schema', 'grammar') if k in kw}
    eos = model.generation_config.eos_token_id
    p = StructuredLogitsProcessor(tok, eos_token_id=eos, **shape)
    torch.manual_seed(seed)
    ids = tok(['And the king said']*rows, return_tensors='pt')['input_ids']
    out = model.generate(ids, logits_processor=[p], max_new_tokens=new, eos_token_id=eos, pad_token_id=eos, return_dict_in_generate=True, **kw)
    return [tok.decode(r, skip_special_tokens=True) for r in out.sequences[:, ids.shape[1]:]], out.finish_reason

@pytest.mark.parametrize('name', SCHEMAS)
def test_two_hundred_samples_validate(starter, name):
    texts, reasons = answers(starter, 200, json_schema=SCHEMAS[name], do_sample=True, top_k=0)
    assert set(reasons) == {'eos'}, 'an answer was cut off'
    for t in texts: jsonschema.validate(json.loads(t), SCHEMAS[name])
    assert len(set(texts)) > 20

@pytest.mark.parametrize('kw', [dict(), dict(num_beams=4, num_return_sequences=3), dict(num_beams=4, num_beam_groups=2, diversity_penalty=1.), dict(num_beams=3, do_sample=True, top_k=0), dict(penalty_alpha=.5, top_k=4),
    dict(use_cache=False)], ids=lambda k: '+'.join(k) or 'greedy')
def test_every_strategy_keeps_the_shape(starter, kw):
    texts, _ = answers(starter, 2, 24, regex=r'(Saul|David)(, (Saul|David)){1,3}\.', **kw)
    for t in texts: assert re.fullmatch(r'(Saul|David)(, (Saul|David)){1,3}\.', t), t

def test_grammars_and_unicode(starter):
    for seed in range(5):
        (t,), _ = answers(starter, 1, 30, seed, grammar='start: "[" item ("," item)* "]"\nitem: /[a-c]/ | start', do_sample=True, top_k=0, temperature=3.)
        if t.count('[') == t.count(']'): assert re.fullmatch(r'[\[\]a-c,]+', t)
    for seed in range(3):
        (t,), _ = answers(starter, 1, 30, seed, regex='[äöü€😀]{4}', do_sample=True, top_k=0)
        assert re.fullmatch('[äöü€😀]{4}', t)

def test_what_cannot_work_says_so(starter):
    tok, model = starter
    for kw, message in ((dict(), 'exactly one'), (dict(regex='a', grammar='start: "a"'), 'exactly one'), (dict(regex='('), 'cannot be read'), (dict(json_schema=dict(type='whale')), 'cannot be read'), (dict(grammar='no'), 'cannot be read')):
        with pytest.raises(ValueError, match=message): StructuredLogitsProcessor(tok, eos_token_id=0, **kw)
    class Stubborn:
        def __call__(self, ids, scores): return scores.index_fill(1, torch.tensor([5]), 1e9)
    p = StructuredLogitsProcessor(tok, eos_token_id=model.generation_config.eos_token_id, regex='abc')
    with pytest.raises(ValueError, match='another processor'): model.generate(tok('And', return_tensors='pt')['input_ids'], logits_processor=[p, Stubborn()], max_new_tokens=8)
