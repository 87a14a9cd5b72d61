"What all models share, against the reference."
import inspect
import pytest, safetensors.torch, torch
import nbformers
from nbformers.models import heads
from nbformers.models.bert import BertConfig, BertForMaskedLM
from nbformers.models.llama import LlamaConfig, LlamaForCausalLM

tiny = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48, vocab_size=64, max_position_embeddings=40)

# --- losses

def reference_losses():
    from transformers.loss import loss_utils
    return loss_utils

@pytest.mark.parametrize('n', [None, 11, torch.tensor(7)])
def test_language_losses(n):
    ref = reference_losses()
    z,y = torch.randn(3, 8, 50),torch.randint(50, (3, 8))
    y[0,:4] = -100
    for ours,theirs in ((heads.causal_lm_loss, ref.ForCausalLMLoss), (heads.masked_lm_loss, ref.ForMaskedLMLoss)):
        torch.testing.assert_close(ours(z, y, num_items_in_batch=n), theirs(z, y, vocab_size=50, num_items_in_batch=n))
        torch.testing.assert_close(ours(z.bfloat16(), y), theirs(z.bfloat16(), y, vocab_size=50))

@pytest.mark.parametrize('labels,c', [(torch.tensor([0, 2, 1]), 3), (torch.rand(3, 3).round(), 3), (torch.randn(3), 1), (torch.randn(3, 1), 1)])
def test_classification_losses(labels, c):
    ref,z = reference_losses(),torch.randn(3, c)
    a,b = BertConfig(num_labels=c),BertConfig(num_labels=c)
    torch.testing.assert_close(heads.classification_loss(z, labels, a), ref.ForSequenceClassificationLoss(labels, z, b))
    assert a.problem_type == b.problem_type

def test_span_loss():
    ref,s,e = reference_losses(),torch.randn(4, 9),torch.randn(4, 9)
    a,b = torch.tensor([0, 3, 8, 12]),torch.tensor([2, 3, 9, 20])
    torch.testing.assert_close(heads.span_loss(s, e, a, b), ref.ForQuestionAnsweringLoss(s, e, a, b))
    torch.testing.assert_close(heads.span_loss(s, e, a[:,None], b[:,None]), heads.span_loss(s, e, a, b))

# --- vocabulary, counts, attributes

@pytest.mark.parametrize('n,multiple', [(70, None), (50, None), (65, 16), (None, 64)])
def test_resize_like_reference(n, multiple):
    import transformers
    for tie in (True, False):
        ours = LlamaForCausalLM(LlamaConfig(**tiny, tie_word_embeddings=tie))
        ref = transformers.LlamaForCausalLM(transformers.LlamaConfig(**tiny, tie_word_embeddings=tie))
        ref.load_state_dict(ours.state_dict())
        ours.resize_token_embeddings(n, pad_to_multiple_of=multiple); ref.resize_token_embeddings(n, pad_to_multiple_of=multiple)
        a,b = ours.state_dict(),ref.state_dict()
        for k in b: torch.testing.assert_close(a[k], b[k], atol=2e-4, rtol=0)   # the reference adds noise of 3e-5 of the rows' spread
        assert ours.config.vocab_size == ref.config.vocab_size and ours.num_parameters() == ref.num_parameters()

def test_resize_moves_a_tied_bias():
    m = BertForMaskedLM(BertConfig(**tiny))
    m.cls.predictions.bias.data.uniform_()
    old = m.cls.predictions.bias.detach().clone()
    m.resize_token_embeddings(70)
    assert m.cls.predictions.bias is m.cls.predictions.decoder.bias and len(m.cls.predictions.bias) == 70
    assert torch.equal(m.cls.predictions.bias[:64], old)
    assert m(torch.tensor([[69, 3]])).logits.shape[-1] == 70

@pytest.mark.parametrize('tie', [True, False])
@pytest.mark.parametrize('name,config', [
    ('BartForConditionalGeneration', dict(vocab_size=50, d_model=16, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=20, decoder_ffn_dim=20, max_position_embeddings=30)),
    ('BartForCausalLM', dict(vocab_size=50, d_model=16, decoder_layers=1, decoder_attention_heads=2, decoder_ffn_dim=20, max_position_embeddings=30)),
    ('MarianMTModel', dict(vocab_size=50, d_model=16, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=20, decoder_ffn_dim=20, max_position_embeddings=30, pad_token_id=1, decoder_start_token_id=1)),
    ('FSMTForConditionalGeneration', dict(src_vocab_size=50, tgt_vocab_size=50, langs=['en', 'de'], d_model=16, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=20, decoder_ffn_dim=20, max_position_embeddings=30)),
    ('T5GemmaForConditionalGeneration', {part: dict(vocab_size=50, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, num_key_value_heads=2, head_dim=8, intermediate_size=20) for part in ('encoder', 'decoder')} | dict(vocab_size=50)),
    ('T5ForConditionalGeneration', dict(vocab_size=50, d_model=16, d_kv=8, d_ff=20, num_layers=1, num_heads=2)),
    ('EsmForMaskedLM', dict(vocab_size=50, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=20, pad_token_id=1, mask_token_id=2)),
    ('DPRReader', dict(vocab_size=50, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=20))])
def test_resize_every_table(name, config, tie, tmp_path):
    "After a resize all of a model's tables know the new token, old answers stand, and the file can be read."
    cls = getattr(nbformers, name)
    m = cls(cls.config_class(**config, tie_word_embeddings=tie)).eval()
    x = dict(input_ids=torch.randint(3, 50, (1, 5)))
    if 'decoder_input_ids' in inspect.signature(m.forward).parameters: x['decoder_input_ids'] = x['input_ids'].flip(1)
    with torch.no_grad():
        old = m(**x)[0]
        m.resize_token_embeddings(57)
        torch.testing.assert_close(m(**x)[0][..., :old.shape[-1]], old)
        new = m(**{k: v.index_fill(1, torch.tensor([2]), 56) for k,v in x.items()})[0]
        m.save_pretrained(tmp_path)
        again = cls.from_pretrained(tmp_path).eval()
        torch.testing.assert_close(again(**{k: v.index_fill(1, torch.tensor([2]), 56) for k,v in x.items()})[0], new)
    assert m.config.get_text_config().vocab_size == 57 and len(again.get_input_embeddings().weight) == 57

@pytest.mark.parametrize('tie', [True, False])
def test_new_bias_rows(tie):
    import transformers
    ours,ref = BertForMaskedLM(BertConfig(**tiny, tie_word_embeddings=tie)),transformers.BertForMaskedLM(transformers.BertConfig(**tiny, tie_word_embeddings=tie))
    for m in (ours, ref): m.cls.predictions.bias.data.fill_(.5); m.cls.predictions.decoder.bias.data.fill_(.5)
    for mean in (True, False):
        for m in (ours, ref): m.resize_token_embeddings(m.config.vocab_size+4, mean_resizing=mean)
        torch.testing.assert_close(ours.cls.predictions.decoder.bias, ref.cls.predictions.decoder.bias)

@pytest.mark.parametrize('name,config', [
    ('GPT2LMHeadModel', dict(n_embd=64, n_layer=3, n_head=4, vocab_size=90)), ('OPTForCausalLM', dict(hidden_size=64, ffn_dim=90, num_hidden_layers=2, num_attention_heads=4, vocab_size=90)),
    ('ModernBertForSequenceClassification', dict(hidden_size=64, num_hidden_layers=3, num_attention_heads=4, intermediate_size=90, vocab_size=90, pad_token_id=0)),
    ('ModernBertForMaskedLM', dict(hidden_size=64, num_hidden_layers=3, num_attention_heads=4, intermediate_size=90, vocab_size=90, pad_token_id=0, tie_word_embeddings=False)),
    ('T5ForConditionalGeneration', dict(d_model=64, d_kv=16, d_ff=90, num_layers=2, num_heads=4, vocab_size=90)), ('BartForConditionalGeneration', dict(vocab_size=90, d_model=64, encoder_layers=1, decoder_layers=1)),
    ('GptOssForCausalLM', dict(hidden_size=64, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, intermediate_size=48, vocab_size=90, num_local_experts=4, pad_token_id=0)),
    ('DistilBertForMaskedLM', dict(dim=64, n_layers=2, n_heads=4, hidden_dim=90, vocab_size=90)), ('RoFormerModel', dict(hidden_size=64, num_hidden_layers=2, num_attention_heads=4, intermediate_size=90, vocab_size=90))])
def test_fresh_weights_like_reference(name, config):
    "Every parameter starts with the reference's mean and deviation, through the constructor and through `from_config`."
    import transformers
    cls,ref = getattr(nbformers, name),getattr(transformers, name)
    want = dict(ref._from_config(ref.config_class(**config)).named_parameters())
    for make in (cls, cls.from_config):
        for n,p in make(cls.config_class(**config)).named_parameters():
            p,q = p.detach().float(),want[n].detach().float()
            if p.numel() > 500: assert abs(p.std()-q.std()) <= 6*q.std()/p.numel()**.5 + 1e-8, f'{n}: deviation {p.std():.4f}, the reference {q.std():.4f}'
            assert (q.std() > 0) == (p.std() > 0) and (p.numel() < 60 and q.std() > 0 or abs(p.mean()-q.mean()) <= 9*q.std()/p.numel()**.5 + 1e-8), f'{n}: mean {p.mean():.4f}, the reference {q.mean():.4f}'

def test_saved_buffers_take_the_type(tmp_path):
    "A bias that is kept as a buffer does not turn half-precision logits into float32."
    cls = nbformers.BartForConditionalGeneration
    cls(cls.config_class(vocab_size=50, d_model=16, encoder_layers=1, decoder_layers=1)).save_pretrained(tmp_path)
    m = cls.from_pretrained(tmp_path, dtype=torch.bfloat16)
    assert m.final_logits_bias.dtype == m(torch.tensor([[5, 6, 2]])).logits.dtype == torch.bfloat16

def test_legacy_tuples_of_windowed_layers():
    m = nbformers.Qwen3ForCausalLM(nbformers.Qwen3Config(**tiny, num_key_value_heads=2, head_dim=8, use_sliding_window=True, sliding_window=4, max_window_layers=1)).eval()
    x = torch.randint(3, 60, (2, 12))
    with torch.no_grad():
        past = m(x[:, :7]).past_key_values.to_legacy_cache()
        assert [len(k[0, 0]) for k,_ in past] == [7, 3]
        torch.testing.assert_close(m(x[:, 7:], past_key_values=past).logits, m(x).logits[:, 7:])

def test_counts_like_reference():
    import transformers
    ours,ref = BertForMaskedLM(BertConfig(**tiny)),transformers.BertForMaskedLM(transformers.BertConfig(**tiny))
    for kw in ({}, dict(exclude_embeddings=True), dict(only_trainable=True)): assert ours.num_parameters(**kw) == ref.num_parameters(**kw)
    assert ours.get_memory_footprint(return_buffers=False) == ref.get_memory_footprint(return_buffers=False)
    assert dict(ours.named_modules()).keys() <= dict(ref.named_modules()).keys() | {''}

def test_reproducible_and_separate_configs():
    cfg = LlamaConfig(**tiny)
    def make(): torch.manual_seed(5); return LlamaForCausalLM.from_config(cfg)
    a,b = make(),make()
    assert all(torch.equal(x, y) for x,y in zip(a.parameters(), b.parameters()))
    a.resize_token_embeddings(80)
    assert (cfg.vocab_size, b.config.vocab_size) == (64, 64)

def test_switches_are_settled_once(monkeypatch):
    "A forward call looks its switches up once, and inspects no signature."
    import inspect
    m,n = LlamaForCausalLM(LlamaConfig(**tiny)).eval(),[]
    monkeypatch.setattr(inspect, 'signature', lambda *a: n.append('signature'))
    was = type(m.model).flags
    monkeypatch.setattr(type(m.model), 'flags', lambda *a, **k: (n.append('flags'), was(*a, **k))[1])
    m(torch.tensor([[1, 2, 3]]))
    assert n == ['flags']

def test_heads_compile():
    "The signature that a head shows does not stand in the compiler's way."
    m = LlamaForCausalLM(LlamaConfig(**tiny)).eval()
    x = torch.tensor([[1, 2, 3]])
    assert torch._dynamo.explain(m)(input_ids=x, use_cache=False).graph_break_count == 0
    with torch.no_grad(): torch.testing.assert_close(torch.compile(m, backend='eager')(input_ids=x, use_cache=False).logits, m(x).logits)

def test_a_head_with_a_prefix_of_its_own(tmp_path):
    "Heads for questions call Llama `transformer`: they read the files of those that call it `model` (the reference starts afresh)."
    lm = LlamaForCausalLM(LlamaConfig(**tiny))
    lm.save_pretrained(tmp_path)
    m,report = nbformers.AutoModelForQuestionAnswering.from_pretrained(tmp_path, output_loading_info=True)
    assert sorted(report['missing_keys']) == ['qa_outputs.bias', 'qa_outputs.weight']
    assert torch.equal(m.transformer.layers[1].mlp.up_proj.weight, lm.model.layers[1].mlp.up_proj.weight)
    m.save_pretrained(tmp_path/'again')
    assert torch.equal(type(m).from_pretrained(tmp_path/'again').qa_outputs.weight, m.qa_outputs.weight)

@pytest.mark.parametrize('name,dropped,config', [
    ('BartModel', ('encoder.embed_tokens.weight', 'decoder.embed_tokens.weight'), dict(vocab_size=50, d_model=16, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=20, decoder_ffn_dim=20)),
    ('BertForMaskedLM', ('cls.predictions.decoder.bias',), tiny), ('RobertaForMaskedLM', ('lm_head.decoder.bias',), tiny)])
def test_untied_files_of_version_4(name, dropped, config, tmp_path):
    "Where nothing is tied, version 4 still shared these and stored them once (the reference starts them afresh)."
    cls = getattr(nbformers, name)
    m = cls(cls.config_class(**config, tie_word_embeddings=False)).eval()
    state = m.state_dict()
    state[m.tied_weights[dropped[0]]].uniform_()
    for n in dropped: state[n].copy_(state[m.tied_weights[n]])
    m.save_pretrained(tmp_path)
    safetensors.torch.save_file({k: v for k,v in safetensors.torch.load_file(tmp_path/'model.safetensors').items() if k not in dropped}, tmp_path/'model.safetensors', metadata=dict(format='pt'))
    again,report = cls.from_pretrained(tmp_path, output_loading_info=True)
    assert not report['missing_keys']
    for n in dropped: assert torch.equal(again.state_dict()[n], state[n]) and again.get_parameter(n) is not again.get_parameter(m.tied_weights[n])

def test_a_missing_logits_matrix_is_told(tmp_path):
    m = LlamaForCausalLM(LlamaConfig(**tiny, tie_word_embeddings=False))
    m.model.save_pretrained(tmp_path)
    with pytest.warns(UserWarning, match='new, not trained yet: lm_head.weight'): again = LlamaForCausalLM.from_pretrained(tmp_path, tie_word_embeddings=False)
    assert not torch.equal(again.lm_head.weight, again.model.embed_tokens.weight)
