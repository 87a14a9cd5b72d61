"""The configuration against the reference's own: the same keys in and out, both ways."""
import json, math, subprocess, sys
import pytest
import transformers as ref
from nbformers.config.configuration import PreTrainedConfig, config_type
from nbformers.config.hub import find_file, starter_folder

class OurLlama(PreTrainedConfig):
    model_type = 'llama'
    vocab_size:int = 32000
    hidden_size:int = 4096
    intermediate_size:int = 11008
    num_hidden_layers:int = 32
    num_attention_heads:int = 32
    num_key_value_heads:int|None = None
    hidden_act:str = 'silu'
    max_position_embeddings:int = 2048
    initializer_range:float = .02
    rms_norm_eps:float = 1e-6
    use_cache:bool = True
    pad_token_id:int|None = None
    bos_token_id:int|None = 1
    eos_token_id:int|None = 2
    pretraining_tp:int = 1
    tie_word_embeddings:bool = False
    rope_parameters:dict|None = None
    attention_bias:bool = False
    attention_dropout:float = 0.
    mlp_bias:bool = False
    head_dim:int|None = None
    def finish(self):
        if self.num_key_value_heads is None: self.num_key_value_heads = self.num_attention_heads
        if self.head_dim is None: self.head_dim = self.hidden_size//self.num_attention_heads
        super().finish()

class OurGPT2(PreTrainedConfig):
    model_type, attribute_map = 'gpt2', {'hidden_size': 'n_embd', 'max_position_embeddings': 'n_positions', 'num_attention_heads': 'n_head', 'num_hidden_layers': 'n_layer'}
    n_positions:int = 1024
    n_embd:int = 768
    n_layer:int = 12
    n_head:int = 12

CASES = [{}, dict(num_labels=3), dict(id2label={0: 'no', 1: 'yes'}, label2id=dict(no=0, yes=1)), dict(torch_dtype='bfloat16'), dict(dtype='float16'),
         dict(rope_theta=5e5), dict(rope_theta=1e6, rope_scaling=dict(type='linear', factor=2.)), dict(rope_scaling=dict(rope_type='dynamic', factor=4.)),
         dict(rope_scaling=dict(rope_type='yarn', factor=4.), max_position_embeddings=64),
         dict(rope_scaling=dict(rope_type='llama3', factor=8., low_freq_factor=1., high_freq_factor=4., original_max_position_embeddings=8192), rope_theta=5e5),
         dict(rope_parameters=dict(rope_type='yarn', rope_theta=2e4, factor=2.)), dict(rope_parameters=dict(rope_theta=3e4)), dict(partial_rotary_factor=.5),
         dict(problem_type='regression', num_labels=1), dict(output_hidden_states=True, return_dict=False), dict(unknown=dict(a=[1, 2]), other='x'),
         dict(big=math.inf), dict(architectures=['LlamaForCausalLM']), dict(eos_token_id=[2, 3])]

def clean(d): return {k: v for k, v in d.items() if k not in ('transformers_version', '_name_or_path')}

@pytest.mark.parametrize('keys', CASES, ids=lambda k: ','.join(k) or 'defaults')
def test_same_keys_as_the_reference(keys, tmp_path):
    ours, theirs = OurLlama(**json.loads(json.dumps(keys))), ref.LlamaConfig(**json.loads(json.dumps(keys)))
    assert clean(ours.to_dict()) == clean(theirs.to_dict())
    a, b = json.loads(ours.to_json_string()), json.loads(theirs.to_json_string())
    assert clean(a) == clean(b)
    ours.save_pretrained(tmp_path/'ours'); theirs.save_pretrained(tmp_path/'theirs')
    assert clean(ref.LlamaConfig.from_pretrained(tmp_path/'ours').to_dict()) == clean(theirs.to_dict())
    assert clean(OurLlama.from_pretrained(tmp_path/'theirs').to_dict()) == clean(ours.to_dict())

@pytest.mark.parametrize('over', [dict(num_labels=5), dict(hidden_size=128, foo=1), dict(output_attentions=True), dict(use_cache=False), dict(dtype='float16'), dict(id2label={0: 'a', 1: 'b', 2: 'c'}),
                                  dict(num_labels=2), dict(attn_implementation='eager')], ids=str)
def test_overrides_like_the_reference(over, tmp_path):
    ref.LlamaConfig(num_labels=3, hidden_size=64, num_attention_heads=4, head_dim=16).save_pretrained(tmp_path)
    ours, left = OurLlama.from_pretrained(tmp_path, return_unused_kwargs=True, **over)
    theirs, left_ref = ref.LlamaConfig.from_pretrained(tmp_path, return_unused_kwargs=True, **over)
    drop = {'label2id'} if 'id2label' in over else set()   # the reference leaves the old labels there
    assert {k: v for k, v in clean(ours.to_dict()).items() if k not in drop} == {k: v for k, v in clean(theirs.to_dict()).items() if k not in drop}
    assert {k for k in left} == {k for k in left_ref if k not in ('token', 'revision', 'cache_dir')}
    assert ours._attn_implementation == over.get('attn_implementation')

def test_roles(tmp_path):
    ours, theirs = OurGPT2(hidden_size=32, n_head=4), ref.GPT2Config(hidden_size=32, n_head=4)
    assert (ours.n_embd, ours.hidden_size, ours.num_attention_heads) == (theirs.n_embd, theirs.hidden_size, theirs.num_attention_heads)
    assert OurGPT2.from_dict(dict(n_embd=8), hidden_size=16).n_embd == 16
    ours.save_pretrained(tmp_path)
    assert ref.GPT2Config.from_pretrained(tmp_path).n_embd == 32 and 'hidden_size' not in json.loads((tmp_path/'config.json').read_text())

def test_real_file_both_ways(tmp_path):
    raw = json.loads(find_file('starter/minilm', 'config.json').read_text())
    PreTrainedConfig.from_pretrained('starter/minilm').save_pretrained(tmp_path)
    assert {k: v for k, v in json.loads((tmp_path/'config.json').read_text()).items()} == {k: v for k, v in raw.items() if k != '_name_or_path'}
    assert clean(ref.BertConfig.from_pretrained(tmp_path).to_dict()) == clean(ref.BertConfig.from_pretrained(starter_folder('starter/minilm')).to_dict())

def test_dtype_is_torch_in_memory_and_text_on_disk():
    import torch
    c = PreTrainedConfig(torch_dtype=torch.bfloat16)
    assert c.dtype is torch.bfloat16 and c.to_dict()['dtype'] == 'bfloat16' and 'torch_dtype' not in c.to_dict()
    with pytest.warns(FutureWarning, match='old name'): assert c.torch_dtype is torch.bfloat16

def test_a_file_cannot_choose_code(tmp_path):
    (tmp_path/'config.json').write_text(json.dumps(dict(model_type='bert', auto_map={'AutoModel': 'evil.Evil'}, attn_implementation='org/kernel', _attn_implementation='x', _attn_implementation_internal='y')))
    c = PreTrainedConfig.from_pretrained(tmp_path)
    assert c._attn_implementation is None and not any('attn_implementation' in k for k in c.to_dict()) and c.auto_map == {'AutoModel': 'evil.Evil'}
    with pytest.raises(ValueError, match='never runs code'): PreTrainedConfig.from_pretrained(tmp_path, trust_remote_code=True)

@pytest.mark.parametrize('key', ['to_dict', 'from_pretrained', '__class__', '__init__', 'fields', 'attribute_map', 'finish', 'push_to_hub'])
def test_keys_that_would_hide_a_method(key):
    with pytest.raises((ValueError, TypeError), match='would hide|has a key'): PreTrainedConfig.from_dict({key: 1})

@pytest.mark.parametrize('text, words', [('{"a": 1', 'line 1'), ('', 'not valid JSON'), ('[1]', 'JSON list'), ('<html>', 'not valid JSON'), ('{"a": ' + '['*100_000, 'JSON')])
def test_broken_json(tmp_path, text, words):
    (tmp_path/'config.json').write_text(text)
    with pytest.raises(OSError, match=words): PreTrainedConfig.from_pretrained(tmp_path)

def test_not_text(tmp_path):
    (tmp_path/'config.json').write_bytes(b'\xff\xfe\x00')
    with pytest.raises(OSError, match='not a JSON file'): PreTrainedConfig.from_pretrained(tmp_path)

def test_no_model_type(tmp_path):
    (tmp_path/'config.json').write_text('{"hidden_size": 3}')
    d, _ = PreTrainedConfig.get_config_dict(tmp_path)
    with pytest.raises(ValueError, match='has no `model_type` .*hidden_size'): config_type(d, tmp_path)
    for bad in (None, '', 3, ['bert']):
        with pytest.raises(ValueError, match='model_type'): config_type(dict(model_type=bad), 'x')

def test_disagreeing_labels_warn_and_the_number_wins():
    with pytest.warns(UserWarning, match='the number wins'): c = PreTrainedConfig(num_labels=50, id2label={str(i): f'L{i}' for i in range(7)})
    assert c.num_labels == 50 == len(c.label2id)

def test_a_failing_save_keeps_the_old_file(tmp_path):
    OurGPT2(n_embd=8).save_pretrained(tmp_path)
    with pytest.raises(TypeError): OurGPT2(n_embd=9, bad=object()).save_pretrained(tmp_path)
    assert OurGPT2.from_pretrained(tmp_path).n_embd == 8 and [p.name for p in tmp_path.iterdir()] == ['config.json']

def test_nested_configurations(tmp_path):
    class Pair(PreTrainedConfig):
        model_type, sub_configs = 'pair', dict(text_config=OurLlama, side_config=OurGPT2)
        text_config:dict|None = None
        side_config:dict|None = None
    p = Pair(text_config=dict(hidden_size=64, num_attention_heads=4))
    assert p.text_config.head_dim == 16 and p.side_config.n_embd == 768 and p.get_text_config() is p.text_config
    p.save_pretrained(tmp_path)
    assert Pair.from_pretrained(tmp_path) == p
    assert Pair.from_pretrained(tmp_path, text_config=dict(hidden_size=128)).text_config.hidden_size == 128
    assert OurLlama.from_pretrained(tmp_path).hidden_size == 64

def test_import_costs_no_torch():
    code = 'import sys, nbformers.config.configuration, nbformers.config.hub, nbformers.config.keymap, nbformers.config.outputs, nbformers.config.utils; print([m for m in ("torch", "huggingface_hub", "numpy", "matplotlib", "transformers", "requests", "httpx") if m in sys.modules])'
    assert subprocess.run([sys.executable, '-c', code], capture_output=True, text=True).stdout.strip() == '[]'
