"Classes that people write on top of the library, and the names and keywords that their code uses, as in the reference."
import copy, json, warnings
import pytest, torch
from torch import nn
from safetensors import safe_open
import nbformers as N
import transformers as R

tiny = dict(hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32, vocab_size=50, max_position_embeddings=32)
LLAMA = dict(tiny, num_key_value_heads=1)
both = pytest.mark.parametrize('L', [R, N], ids=['reference', 'ours'])
ids = torch.arange(10)[None]
pytestmark = pytest.mark.filterwarnings('ignore')

@pytest.fixture(scope='module')
def bert(tmp_path_factory):
    folder = tmp_path_factory.mktemp('bert')
    torch.manual_seed(0)
    R.BertForMaskedLM(R.BertConfig(**tiny)).save_pretrained(folder)
    return folder

def stored(folder):
    with safe_open(folder/'model.safetensors', 'pt') as f: return sorted(f.keys())

# --- starting

def headed(L, base=None):
    "A head with everything that is not a plain layer."
    class Headed(base or L.PreTrainedModel):
        config_class,base_model_prefix = L.BertConfig,'bert'
        def __init__(self, config):
            super().__init__(config)
            self.bert = L.BertModel(config, add_pooling_layer=False)
            self.gate,self.temperature = nn.Parameter(torch.zeros(4)),nn.Parameter(torch.tensor(2.65))
            self.act,self.attention,self.lstm = nn.PReLU(),nn.MultiheadAttention(16, 2),nn.LSTM(16, 8)
            self.norm,self.head = nn.BatchNorm1d(8),nn.Linear(8, 3)
            self.register_buffer('class_weights', torch.tensor([1., 2., 3.]))
            self.post_init()
        def forward(self, input_ids):
            x = self.bert(input_ids)[0]*self.temperature
            x = self.lstm(self.attention(x, x, x)[0])[0] + self.gate.repeat(2)
            return self.head(self.act(self.norm(x.transpose(1, 2)).transpose(1, 2)))
    return Headed

def started(m): return dict(gate=m.gate.tolist(), temperature=round(m.temperature.item(), 2), act=m.act.weight.item(), norm=m.norm.running_var.tolist(), weights=m.class_weights.tolist(),
    lstm=(round(m.lstm.weight_ih_l0.abs().max().item(), 1), m.lstm.bias_ih_l0.any().item()), attention=m.attention.in_proj_bias.any().item(), head=round(m.head.weight.std().item(), 1))

@pytest.mark.parametrize('name', [None, 'BertPreTrainedModel'])
def test_what_a_class_filled_itself_stays(name):
    base = lambda L: name and getattr(L, name)
    assert started(headed(N, base(N))(N.BertConfig(**tiny))) == started(headed(R, base(R))(R.BertConfig(**tiny)))

@pytest.mark.parametrize('name', [None, 'BertPreTrainedModel'])
def test_a_head_of_ones_own_over_a_checkpoint(name, bert, tmp_path):
    "Batch norm, buffers, recurrent layers: a new head is what its constructor would have made (the reference leaves memory as it was)."
    cls = headed(N, name and getattr(N, name))
    m,report = cls.from_pretrained(bert, output_loading_info=True)
    assert started(m) == started(cls(N.BertConfig(**tiny)))
    assert torch.equal(m.bert.encoder.layer[1].output.dense.weight, N.BertModel.from_pretrained(bert).encoder.layer[1].output.dense.weight)
    assert {'head.weight', 'gate', 'lstm.weight_hh_l0'} <= {*report['missing_keys']} and not [n for n in report['missing_keys'] if n.startswith('bert')]
    y = m(ids)
    y.sum().backward()
    m.save_pretrained(tmp_path)
    assert torch.equal(cls.from_pretrained(tmp_path)(ids), y) and y.isfinite().all()

def overriding(L, up):
    class Sevens(L.BertForSequenceClassification):
        def _init_weights(self, module):
            if up: super()._init_weights(module)
            if isinstance(module, nn.Linear) and module.out_features == 7: nn.init.constant_(module.weight, 3.)
    return Sevens

@both
@pytest.mark.parametrize('up', [True, False])
def test_init_weights_is_overridden(L, up, bert):
    cls = overriding(L, up)
    for m in (cls(L.BertConfig(**tiny, num_labels=7)), cls.from_pretrained(bert, num_labels=7)): assert (m.classifier.weight == 3).all()

def test_a_second_post_init_starts_nothing_twice():
    class More(N.BertForSequenceClassification):
        def __init__(self, config):
            super().__init__(config)
            self.classifier.weight.data.fill_(5.)
            self.scale,self.extra = nn.Parameter(torch.ones(3)),nn.Linear(16, 2)
            self.init_weights()
    m = More(N.BertConfig(**tiny))
    assert (m.classifier.weight == 5).all() and (m.scale == 1).all() and not m.extra.bias.any()

def toy(L, tied):
    class Config(L.PreTrainedConfig):
        model_type = 'toy'
        def __init__(self, width=4, vocab=6, **k): self.width,self.vocab = width,vocab; super().__init__(**k)
    class Toy(L.PreTrainedModel):
        config_class,base_model_prefix = Config,'toy'
        _tied_weights_keys,_keys_to_ignore_on_save = tied,['lin.bias']
        _keys_to_ignore_on_load_missing,_keys_to_ignore_on_load_unexpected = [r'lin\.b'],['^old']
        def __init__(self, config):
            super().__init__(config)
            self.emb,self.lin,self.head = nn.Embedding(config.vocab, config.width),nn.Linear(config.width, config.width),nn.Linear(config.width, config.vocab, bias=False)
            self.post_init()
        def _init_weights(self, module):
            if isinstance(module, nn.Linear): nn.init.constant_(module.weight, 7.); module.bias is not None and nn.init.ones_(module.bias)
        def get_input_embeddings(self): return self.emb
        def get_output_embeddings(self): return self.head
    return Config,Toy

@pytest.mark.parametrize('L,tied', [(R, {'head.weight': 'emb.weight'}), (N, {'head.weight': 'emb.weight'}), (N, {'head': 'emb'}), (N, ['head.weight'])])
def test_keys_that_a_class_declares(L, tied, tmp_path):
    Config,Toy = toy(L, tied)
    m = Toy(Config(tie_word_embeddings=True))
    assert m.head.weight is m.emb.weight and (m.lin.weight == 7).all()
    m.emb.weight.data.normal_()
    m.save_pretrained(tmp_path)
    assert stored(tmp_path) == ['emb.weight', 'lin.weight']
    from safetensors.torch import load_file, save_file
    save_file({**load_file(tmp_path/'model.safetensors'), 'older.weight': torch.ones(2)}, tmp_path/'model.safetensors', metadata=dict(format='pt'))
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        again,report = Toy.from_pretrained(tmp_path, output_loading_info=True)
    assert torch.equal(again.head.weight, m.emb.weight) and again.head.weight is again.emb.weight and (again.lin.bias == 1).all()
    assert not report['unexpected_keys'] and not Toy(Config(tie_word_embeddings=False)).head.weight is again.emb.weight

@both
def test_no_prefix_is_needed(L, bert):
    class Own(L.PreTrainedModel):
        config_class = L.BertConfig
        def __init__(self, config): super().__init__(config); self.bert,self.cls = L.BertModel(config),nn.Linear(config.hidden_size, 3); self.post_init()
    m,report = Own.from_pretrained(bert, output_loading_info=True)
    assert torch.equal(m.bert.embeddings.word_embeddings.weight, L.BertModel.from_pretrained(bert).embeddings.word_embeddings.weight)
    assert sorted(report['missing_keys']) == ['bert.pooler.dense.bias', 'bert.pooler.dense.weight', 'cls.bias', 'cls.weight']

def test_a_backbone_stays_whole(tmp_path):
    "What a finished model inside lacks is an error all the same."
    N.BertModel(N.BertConfig(**tiny)).save_pretrained(tmp_path)
    with pytest.raises(RuntimeError, match='encoder.layer.2'): headed(N).from_pretrained(tmp_path, num_hidden_layers=3)

# --- names

def test_a_base_for_every_architecture():
    theirs = {n for n in dir(R) if n.endswith('PreTrainedModel') and n != 'PreTrainedModel'}
    ours = {n for n in N._registry.aliases if n.endswith('PreTrainedModel')}
    assert len(theirs & ours) > 140
    for n in ('Bert', 'Llama', 'GPT2', 'T5', 'ViT', 'CLIP', 'Wav2Vec2'):
        a,b = getattr(N, f'{n}PreTrainedModel'),getattr(R, f'{n}PreTrainedModel')
        assert (a.config_class.__name__, a.base_model_prefix, a.__name__, a.main_input_name) == (f'{n}Config', b.base_model_prefix, b.__name__, b.main_input_name)
        assert issubclass(getattr(N, f'{n}Model'), a) and not issubclass(N.DistilBertModel, a)
    from nbformers.modeling_utils import BertPreTrainedModel
    assert N.BertPreTrainedModel is BertPreTrainedModel is N.auto.BertPreTrainedModel
    class Mine(N.BertPreTrainedModel): pass
    assert issubclass(Mine, N.BertPreTrainedModel) and not issubclass(N.BertModel, Mine) and isinstance(N.BertForMaskedLM(N.BertConfig(**tiny)), N.BertPreTrainedModel)

def test_tables_of_the_auto_classes():
    from nbformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES, MODEL_MAPPING
    ours = [n for n in N._registry.aliases if n.endswith('_MAPPING')]
    import transformers.models.auto.modeling_auto as theirs
    assert len(ours) > 25 and all(hasattr(theirs, n) for n in ours if n != 'CONFIG_MAPPING')
    want = {t: c for t,c in theirs.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES.items() if t in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES}
    assert len(want) > 50 and {t: MODEL_FOR_CAUSAL_LM_MAPPING_NAMES[t] for t in want} == want
    assert MODEL_MAPPING[N.BertConfig] is N.BertModel and N.BertConfig in N.MODEL_FOR_MASKED_LM_MAPPING and N.ViTConfig not in N.MODEL_FOR_MASKED_LM_MAPPING
    assert N.CONFIG_MAPPING['llama'] is N.LlamaConfig and 'nothing' not in N.CONFIG_MAPPING and N.T5Config in [*N.MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING.keys()]
    assert N.AutoModelForCausalLM._model_mapping[N.LlamaConfig] is N.LlamaForCausalLM

def test_what_is_installed(python):
    from nbformers.utils import check_min_version, is_flash_attn_2_available, is_torch_available, is_vision_available, require_version
    assert is_torch_available() and is_vision_available() and not N.is_tf_available() and N.is_peft_available() == R.utils.is_peft_available()
    assert is_flash_attn_2_available() is False or torch.cuda.is_available()
    for n in N._registry.aliases:
        if n.endswith('_available'): assert getattr(N, n)() in (True, False)
    check_min_version('4.57.0')
    require_version('torch>=2')
    with pytest.raises(ImportError): check_min_version('99.0')
    with pytest.raises(ImportError, match='pip install'): require_version('no-such-package>=1', 'pip install it')
    assert python('from nbformers import is_torch_available, is_datasets_available; is_torch_available(); import sys; print("torch" in sys.modules)').strip() == 'False'

def test_activations_are_a_module():
    from nbformers.activations import ACT2FN, get_activation
    import nbformers.activations as module
    x = torch.randn(5)
    for n in R.activations.ACT2CLS:
        assert isinstance(ACT2FN[n], nn.Module)
    assert torch.equal(nn.Sequential(ACT2FN['gelu'])(x), get_activation('gelu')(x)) and module.ACT2FN is ACT2FN

def test_tags(tmp_path, monkeypatch):
    m = N.BertModel(N.BertConfig(**tiny))
    m.add_model_tags('a'); m.add_model_tags(['b', 'a'])
    assert m.model_tags == ['a', 'b']
    inner = nn.DataParallel(m)
    assert N.unwrap_model(inner) is m

# --- keywords

@both
def test_keywords(L, tmp_path):
    cfg = L.LlamaConfig(**LLAMA)
    cfg.save_pretrained(save_directory=tmp_path)
    for c in (L.AutoConfig, L.LlamaConfig): assert c.from_pretrained(pretrained_model_name_or_path=tmp_path).vocab_size == 50
    assert L.LlamaConfig.from_dict(config_dict=LLAMA).vocab_size == L.LlamaConfig.from_json_file(json_file=tmp_path/'config.json').vocab_size == 50
    cfg.update_from_string('vocab_size=60,attention_dropout=0.5,use_cache=false')
    assert (cfg.vocab_size, cfg.attention_dropout, cfg.use_cache) == (60, .5, False)
    m = L.LlamaForCausalLM(cfg)
    for how in (dict(attn_implementation='eager'), dict(attn_implementation={'': 'eager'})):
        m.set_attn_implementation('sdpa'); m.set_attn_implementation(**how)
        assert m.config._attn_implementation == 'eager'
    c = L.DynamicCache()
    k = torch.randn(2, 1, 5, 4)
    for i in range(2): c.update(key_states=k, value_states=k, layer_idx=i)
    c.reorder_cache(beam_idx=torch.tensor([1, 0])); c.batch_repeat_interleave(repeats=2); c.batch_select_indices(indices=torch.tensor([0, 2]))
    assert torch.equal(c.layers[0].keys, k.flip(0)) and c.get_seq_length(layer_idx=1) == 5 and c.is_sliding == [False, False] and c.is_initialized
    c.layers[0].keys,c.layers[0].values = c.layers[0].keys[:, :, :3],c.layers[0].values[:, :, :3]
    assert c.get_seq_length(0) == 3 and c.layers[0].keys.shape[2] == 3 and c.update(k[..., :1, :], k[..., :1, :], 0)[0].shape[2] == 4
    assert len([*L.EncoderDecoderCache(c, copy.deepcopy(c))]) == 2

@pytest.mark.parametrize('kw', [dict(experts_implementation='eager'), dict(offload_buffers=False), dict(adapter_kwargs={}), dict(kernel_config=None), dict(tp_size=None), dict(attn_implementation={'': 'eager'})])
def test_loading_keywords(kw, tmp_path):
    R.MixtralForCausalLM(R.MixtralConfig(**LLAMA, num_local_experts=2)).save_pretrained(tmp_path)
    a,b = (L.AutoModelForCausalLM.from_pretrained(tmp_path, **kw).eval() for L in (R, N))
    torch.testing.assert_close(a(ids).logits, b(ids).logits)
    assert a.config._attn_implementation == b.config._attn_implementation

def test_names_of_modules_in_a_file(tmp_path):
    for L in (R, N): L.MixtralForCausalLM(L.MixtralConfig(**LLAMA, num_local_experts=2)).save_pretrained(tmp_path/L.__name__, save_original_format=False)
    assert stored(tmp_path/'nbformers') == stored(tmp_path/'transformers')

# --- what runs

def test_the_attention_that_runs_is_said(tmp_path):
    vision = dict(hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32, image_size=16, patch_size=8, projection_dim=8)
    R.CLIPModel(R.CLIPConfig(text_config=dict(tiny, projection_dim=8), vision_config=vision, projection_dim=8)).save_pretrained(tmp_path)
    def look(m): return [(c._attn_implementation, str(c.dtype)) for c in (m.config, m.config.text_config, m.config.vision_config)]
    for kw in ({}, dict(attn_implementation='eager'), dict(dtype='bfloat16'), dict(attn_implementation={'': 'sdpa', 'vision_config': 'eager'})):
        a,b = (L.CLIPModel.from_pretrained(tmp_path, **kw) for L in (R, N))
        assert look(a) == look(b)
        for L,m in zip((R, N), (a, b)): m.save_pretrained(tmp_path/L.__name__)
        saved = [json.loads((tmp_path/n/'config.json').read_text()) for n in ('transformers', 'nbformers')]
        assert [s['vision_config'].get('dtype') for s in saved] == [str(b.dtype).split('.')[1]]*2
    for L in (R, N): assert L.BertModel(L.BertConfig(**tiny)).config._attn_implementation == 'sdpa'

def gradient(L, **kw):
    torch.manual_seed(0)
    m = L.LlamaForCausalLM(L.LlamaConfig(**LLAMA)).train()
    for n,p in m.named_parameters(): p.data.copy_(torch.linspace(-.3, .3, p.numel()).view_as(p) if p.dim() > 1 else torch.ones_like(p))
    m.get_input_embeddings().requires_grad_(False)
    if kw: m.gradient_checkpointing_enable(**kw)
    m(ids, labels=ids).loss.backward()
    return m.model.layers[0].mlp.up_proj.weight.grad

def test_recomputing_under_a_frozen_table():
    want = gradient(R)
    for kw in ({}, dict(gradient_checkpointing_kwargs=dict(use_reentrant=True)), dict(gradient_checkpointing_kwargs=dict(use_reentrant=False)), dict(every_n_layers=2)):
        torch.testing.assert_close(gradient(N, **kw), want)

@both
def test_hooks_on_the_table_come_off(L):
    m = L.LlamaForCausalLM(L.LlamaConfig(**LLAMA)).requires_grad_(False)
    m.disable_input_require_grads()
    m.enable_input_require_grads()
    assert m(ids).logits.requires_grad
    m.disable_input_require_grads()
    assert not m(ids).logits.requires_grad

def test_an_attention_function_of_ones_own(tmp_path):
    "The documented way: register a function that does something and hands on, then choose it by name."
    from transformers.integrations.sdpa_attention import sdpa_attention_forward as theirs
    R.LlamaForCausalLM(R.LlamaConfig(**LLAMA)).save_pretrained(tmp_path)
    answers = []
    for L,forward in ((R, theirs), (N, N.sdpa_attention_forward)):
        calls = []
        def mine(module, query, key, value, attention_mask, scaling=None, dropout=0., **kw):
            calls.append((tuple(query.shape), key.shape[1]*module.num_key_value_groups))
            out,w = forward(module, query, key, value, attention_mask, scaling=scaling, dropout=dropout, **kw)
            return out*.5, w
        L.AttentionInterface.register('halved', mine)
        m = L.LlamaForCausalLM.from_pretrained(tmp_path, attn_implementation='halved').eval()
        answers.append((m(ids).logits, calls, m.config._attn_implementation))
    torch.testing.assert_close(answers[0][0], answers[1][0])
    assert answers[0][1:] == answers[1][1:] and len(calls) == 2
    q,k = torch.randn(1, 4, 6, 8),torch.randn(1, 2, 6, 8)
    class Module(nn.Module): num_key_value_groups,is_causal = 2,False
    for n in ('sdpa', 'eager'):
        got,_ = N.ALL_ATTENTION_FUNCTIONS[n](Module(), q, k, k, None, scaling=.3)
        torch.testing.assert_close(got, theirs(Module(), q, k, k, None, scaling=.3)[0])
    del N.ALL_ATTENTION_FUNCTIONS['halved']

def test_tags_reach_the_card(monkeypatch):
    from huggingface_hub import ModelCard
    from nbformers.config import hub
    seen = []
    monkeypatch.setattr(hub, 'upload', lambda folder, repo, **kw: seen.append(ModelCard.load(f'{folder}/README.md').data.tags))
    monkeypatch.setattr(ModelCard, 'load', classmethod(lambda cls, at, _load=ModelCard.load.__func__, **kw: _load(cls, at) if str(at).endswith('.md') else ModelCard('---\ntags: [old]\nlicense: mit\n---\n# Mine')))
    m = N.BertModel(N.BertConfig(**tiny))
    m.add_model_tags(['a'])
    m.push_to_hub('me/tiny', tags='b')
    assert seen == [['old', 'a', 'b']]

@pytest.mark.parametrize('kinds', [('sliding_attention', 'full_attention'), ('full_attention', 'sliding_attention')])
def test_mistral_with_kinds_of_layers(kinds, tmp_path):
    "A file of Mistral that says which layers have a window: the reference reads it as another architecture, here it is the same class."
    R.LlamaForCausalLM(R.LlamaConfig(**LLAMA)).save_pretrained(tmp_path)
    d = json.loads((tmp_path/'config.json').read_text())
    (tmp_path/'config.json').write_text(json.dumps({**d, 'model_type': 'mistral', 'layer_types': kinds, 'sliding_window': 4, 'architectures': ['MistralForCausalLM']}))
    a,b = (L.AutoModelForCausalLM.from_pretrained(tmp_path).eval() for L in (R, N))
    torch.testing.assert_close(a(ids).logits, b(ids).logits)
    assert torch.equal(*(m.generate(ids, max_new_tokens=6, do_sample=False, pad_token_id=0) for m in (a, b)))

@both
@pytest.mark.parametrize('tie', [True, False])
def test_new_rows_start_as_the_model_does(L, tie):
    "T5's table starts with a deviation of one, others with `initializer_range`."
    for cls,config,std in ((L.T5ForConditionalGeneration, L.T5Config(vocab_size=50, d_model=16, d_kv=8, d_ff=32, num_layers=1, num_heads=2, tie_word_embeddings=tie), 1.),
                           (L.LlamaForCausalLM, L.LlamaConfig(**LLAMA, initializer_range=.3, tie_word_embeddings=tie), .3)):
        m = cls(config)
        m.resize_token_embeddings(4000, mean_resizing=False)
        for part in (m.get_input_embeddings(), m.get_output_embeddings()): assert abs(part.weight[50:].std().item()/std - 1) < .05
